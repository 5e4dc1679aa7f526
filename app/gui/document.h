// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <filesystem>
#include <optional>

#include <QObject>

#include "core/values/model_card.h"
#include "core/values/session.h"

namespace ecdysis {

/// What is open: the model's card, its scan and the file that keeps it. Values and their change signals, nothing that
/// computes; belongs to the window's thread.
class Document : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    bool isOpen() const { return m_card.has_value(); }
    const ModelCard &card() const { return *m_card; } ///< Requires: isOpen()
    const Scan &scan() const { return m_scan; }       ///< no cells: none
    bool hasScan() const { return !m_scan.cells.empty(); }
    const std::filesystem::path &sessionFile() const { return m_sessionFile; }

    /// "Mamba · 24 layers · 129.1 M parameters · bf16 · Hugging Face layout"
    QString summary() const;
    /// The name people call it by: that of the model's folder.
    QString title() const;

    /// Replaces everything: a model has been opened, with a scan when it comes from a session.
    void open(ModelCard card, Scan scan, std::filesystem::path sessionFile);
    void close();
    /// Takes a scan as it grows. `cell`: the index of the one that has just been measured, -1 when all may have
    /// changed.
    void setScan(const Scan &scan, int cell);
    void setSessionFile(const std::filesystem::path &file);

signals:
    void opened();               ///< another model, or none
    void scanChanged();          ///< another scan, or another set of cells
    void cellMeasured(int cell); ///< index in scan().cells
    void sessionFileChanged();

private:
    std::optional<ModelCard> m_card;
    Scan m_scan;
    std::filesystem::path m_sessionFile;
};

/// Whether every asked cell is measured.
bool isFinished(const Scan &scan);

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include <QObject>

#include "core/values/model_card.h"
#include "core/values/session.h"
#include "widgets/effect.h"

namespace ecdysis {

/// What is open: the model's card, its scans, which of them is shown, and the file that keeps them. Values and their
/// change signals, nothing that computes; belongs to the window's thread.
class Document : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    bool isOpen() const { return m_card.has_value(); }
    const ModelCard &card() const { return *m_card; } ///< Requires: isOpen()
    const std::vector<Scan> &scans() const { return m_scans; }
    int shown() const { return m_shown; } ///< index in scans(), -1: none
    const Scan &scan() const;             ///< the shown one; no cells: none
    bool hasScan() const { return !scan().cells.empty(); }
    const std::filesystem::path &sessionFile() const { return m_sessionFile; }

    /// "Mamba · 24 layers · 129.1 M parameters · bf16 · Hugging Face layout"
    QString summary() const;
    /// The name people call it by: that of the model's folder.
    QString title() const;

    /// Replaces everything: a model has been opened, with the scans of its session, of which the last is shown.
    void open(ModelCard card, std::vector<Scan> scans, std::filesystem::path sessionFile);
    void close();
    /// Shows another scan.
    void showScan(int index);
    /// Takes a scan that begins or goes on, and shows it.
    void beginScan(const Scan &scan);
    /// Takes a scan as it grows, beside the others when it is none of them; returns its index. `cell`: the index of
    /// the one that has just been measured, -1 when all may have changed.
    int setScan(const Scan &scan, int cell);
    void setSessionFile(const std::filesystem::path &file);

    /// What the user has chosen to measure on; a scan of anything else is stale. An empty text: nothing yet.
    void choose(const std::filesystem::path &text, const WindowProtocol &protocol);
    Freshness freshness() const { return m_freshness; }

signals:
    void opened();               ///< another model, or none
    void scanChanged();          ///< another scan is shown, or another set of cells
    void shownChanged();         ///< another scan is shown
    void scansChanged();         ///< one came, or more of one is measured
    void cellMeasured(int cell); ///< index in scan().cells
    void freshnessChanged();
    void sessionFileChanged();

private:
    void updateFreshness();

    std::optional<ModelCard> m_card;
    std::vector<Scan> m_scans;
    int m_shown = -1;
    std::filesystem::path m_sessionFile;
    std::filesystem::path m_chosenText;
    WindowProtocol m_chosenProtocol;
    Freshness m_freshness = Freshness::Current;
};

/// Whether a scan was measured on this text, cut like this.
bool isMeasuredOn(const Scan &scan, const std::filesystem::path &text, const WindowProtocol &protocol);

/// Whether every asked cell is measured.
bool isFinished(const Scan &scan);

} // namespace ecdysis

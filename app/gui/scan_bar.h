// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <memory>

#include <QWidget>

#include "app/gui/context.h"
#include "core/engine.h"

namespace ecdysis {

/// The slim bar above the heatmap: what is measured on which text, what that costs, and the button that starts it.
class ScanBar : public QWidget
{
    Q_OBJECT

public:
    explicit ScanBar(const Context &context, QWidget *parent = nullptr);
    ~ScanBar() override;

    /// What the bar asks for at the moment.
    ScanRequest request() const;
    void setText(const QString &path);
    void setProtocol(const WindowProtocol &protocol);
    void setKinds(const QStringList &kinds);
    bool canStart() const;

public slots:
    void start();

private:
    struct Parts;
    void build();
    void connectParts();
    void takeDocument();
    void takeScan();
    void tellChoice();
    QString usualText() const;            ///< the one chosen last, or else the demo's
    WindowProtocol usualProtocol() const; ///< that of the last scan of a text of the user's
    void chooseText(int index);
    void fillTexts();
    void remember();
    void showCost();

    Context m_context;
    std::unique_ptr<Parts> m_parts;
};

} // namespace ecdysis

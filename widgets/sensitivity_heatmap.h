// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <memory>

#include <QImage>
#include <QWidget>

#include "core/values/model_card.h"
#include "core/values/session.h"
#include "widgets/effect.h"
#include "widgets/figure.h"
#include "widgets/theme.h"

namespace ecdysis {

/// Loss increase of every unit of a scan: a profile over the layers above the heatmap of layers × unit kinds.
/// Arrows move the selection, Enter and clicks pick; hovering shows a card.
class SensitivityHeatmap : public QWidget
{
    Q_OBJECT

public:
    explicit SensitivityHeatmap(QWidget *parent = nullptr);
    ~SensitivityHeatmap() override;

    void setTheme(const Theme &theme);
    void setScan(const ModelCard &card, const Scan &scan);
    /// One more cell of the scan that was set has arrived (index in `scan.cells`); it fades in.
    void updateCell(const Scan &scan, int cell);
    /// Stale cells are dimmed, with a dot.
    void setFreshness(Freshness freshness);
    /// No cell of this id: nothing is selected. Emits nothing.
    void setSelection(const QString &unitId);
    QString selection() const;

    /// One sentence: "Largest loss increase: block 8, +0.378 ± 0.012".
    QString summary() const;
    /// Draws the whole scan on paper, as it is when called; must not outlive the view.
    FigureDrawer figure(const FigureStyle &style);
    /// Only the cells, for a list of sessions.
    QImage thumbnail(QSize size) const;

    QSize minimumSizeHint() const override;
    QSize sizeHint() const override;

signals:
    void unitPicked(const QString &unitId);

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

} // namespace ecdysis

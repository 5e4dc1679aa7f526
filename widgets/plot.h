// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <functional>
#include <memory>
#include <optional>

#include <QImage>
#include <QRectF>
#include <QStringList>
#include <QWidget>

#include "widgets/figure.h"
#include "widgets/plot_series.h"
#include "widgets/theme.h"

namespace ecdysis {

struct PlotAxis
{
    QString label; ///< in words, with the unit
    double from = 0;
    double to = 1;

    bool operator==(const PlotAxis &) const = default;
};

/// Paints a part of the figure that its owner draws: where, and in the theme of the medium (print is light). Only on
/// the screen is the painter's device a QPixmap.
using PanelPainter = std::function<void(QPainter &, const PlotScale &, const Theme &)>;

/// A chart in the house style over whole x values: no frame, light horizontal grid, ticks outside, direct labels.
/// Below it stand a band of named rows that shares the x axis and a foot, both painted by the owner.
/// Drag zooms, Shift and drag pans, double click resets; hovering and clicks are told to the owner.
class Plot : public QWidget
{
    Q_OBJECT

public:
    explicit Plot(QWidget *parent = nullptr);
    ~Plot() override;

    void setTheme(const Theme &theme);
    /// What double click returns to; shown at once unless the user has zoomed. Points beyond the y axis are drawn at
    /// its end as arrows with their value.
    void setAxes(const PlotAxis &x, const PlotAxis &y);
    void setSeries(const QList<PlotSeries> &series);
    /// In the band's scale y counts rows from the bottom: row i of n spans n-1-i to n-i.
    void setBand(const QStringList &rows, double height, PanelPainter paint);
    /// In the foot's scale only the area means something.
    void setFoot(double height, PanelPainter paint);
    /// A column that is picked out, none by default.
    void setMarked(std::optional<double> x);

    /// Draws again before the event loop waits.
    void refresh();
    /// The same for the band alone, at a fraction of the cost: nothing else may have changed.
    void refreshBand();

    /// In this widget's coordinates.
    PlotScale chartScale() const;
    PlotScale bandScale() const;

    /// The whole figure (not the zoomed part) in print style, as a FigureDrawer does it.
    bool draw(QPaintDevice &device, double scale, const FigureStyle &style);

signals:
    void hovered(QPointF position);
    void left();
    void clicked(QPointF position);
    void resized();

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

} // namespace ecdysis

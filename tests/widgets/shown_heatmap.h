// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <memory>

#include <QTest>

#include "tests/support/sample_scan.h"
#include "widgets/plot.h"
#include "widgets/sensitivity_heatmap.h"

/// \file
/// What the tests of the heatmap share: a view on the screen, places in it, its figure.

/// A view of a scan that is on the screen.
inline std::unique_ptr<ecdysis::SensitivityHeatmap> shown(const ecdysis::Scan &scan,
                                                          const ecdysis::ModelCard &card = sample::card())
{
    auto view = std::make_unique<ecdysis::SensitivityHeatmap>();
    view->resize(880, 520);
    view->setScan(card, scan);
    view->show();
    if (!QTest::qWaitForWindowExposed(view.get()))
        qFatal("no window");
    QTest::qWait(20);
    return view;
}

/// In the coordinates of the plot's own drawing widget.
inline QPoint centerOf(const ecdysis::SensitivityHeatmap &view, int rows, int row, int layer)
{
    const ecdysis::PlotScale band = view.findChild<ecdysis::Plot *>()->bandScale();
    return QPointF(band.px(layer), band.py(rows - row - 0.5)).toPoint();
}

/// The figure as text, in SVG.
inline QByteArray drawn(ecdysis::SensitivityHeatmap &view)
{
    return ecdysis::figureBytes(QStringLiteral("svg"), view.accessibleName(), {}, view.figure({}));
}

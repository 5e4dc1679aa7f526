// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <utility>

#include <QPoint>

#include "widgets/heatmap_painting.h"

namespace ecdysis {

/// Ends of the loss axis: everything with its error and 0, but not stretched by a few giants beyond the colours.
std::pair<double, double> lossRange(const HeatPicture &picture, const ColorRange &colors);

/// In the band the cell under the pointer, in the chart that of the nearest line at its layer; -1 for none.
int cellUnder(const HeatPicture &picture, const PlotScale &band, const PlotScale &chart, QPointF pointer);

/// The gap of the band under the pointer; -1 for none.
int gapUnder(const HeatPicture &picture, const PlotScale &band, QPointF pointer);

/// The nearest cell from one in a direction of the keys, over gaps; -1 for none.
int nextCell(const HeatPicture &picture, int from, QPoint direction);

} // namespace ecdysis

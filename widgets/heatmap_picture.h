// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <string>
#include <vector>

#include <QList>

#include "core/values/model_card.h"
#include "core/values/session.h"
#include "widgets/heatmap_painting.h"

namespace ecdysis {

/// The squares of a scan, all as they are now: whole parts of these kinds, for which a layer has one place each. Where
/// it has no cell, mostly because the model has no such part there, is a gap.
HeatPicture pictureOf(const ModelCard &card, const Scan &scan, const std::vector<std::string> &kinds,
                      Freshness freshness);

/// What the colours span.
ColorRange colorRangeOf(const HeatPicture &picture);

/// The effects as lines over the layers, one for each kind.
QList<PlotSeries> profileOf(const HeatPicture &picture, const std::vector<std::string> &kinds);

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <string>
#include <utility>

#include <QList>
#include <QString>

#include "core/values/model_card.h"
#include "widgets/heatmap_painting.h"

namespace ecdysis {

/// One sentence about all cells of a scan: "Largest loss increase: block 8, +0.378 ± 0.012".
QString summaryOf(const Scan &scan, const HeatPicture &picture);

/// The figures of one cell, each with its name.
QList<std::pair<QString, QString>> figuresOf(const ModelCard &card, const Cell &cell, const Effect &effect);

/// Why a part has no cell: its layer has none, it cannot go alone, or nobody asked.
QString whyNoCell(const ModelCard &card, const std::string &unit);

/// What is to be minded about a cell; empty: nothing.
QString remarkOn(const Effect &effect, Freshness freshness);

} // namespace ecdysis

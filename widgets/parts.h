// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <string>
#include <vector>

#include "core/values/model_card.h"
#include "core/values/session.h"

namespace ecdysis {

/// Whether a unit is a part of a layer that can go by itself: what a scan of the window measures.
bool goesAlone(const Unit &unit);

/// Whether a cell tells of the removal of a whole part, rather than of entries of a width or of a weight.
bool isWholePart(const Cell &cell);

/// The kinds of the parts that go alone, in the card's order.
std::vector<std::string> partKinds(const ModelCard &card);

/// The kinds of the whole parts of a scan, in the card's order; those the card does not know come last.
std::vector<std::string> partKinds(const ModelCard &card, const Scan &scan);

/// The unit of this id that the card lists, or null.
const Unit *findUnit(const ModelCard &card, const std::string &id);

} // namespace ecdysis

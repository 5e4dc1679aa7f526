// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <string>

#include "core/values/stability.h"

namespace ecdysis::cli {

/// How alike searches on several draws are, for people: a table of units for each stage, and the agreement.
std::string stabilityText(const Stability &stability);

} // namespace ecdysis::cli

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <string>
#include <vector>

namespace ecdysis::cli {

/// A line of comma-separated values (RFC 4180, but for its line ends), ended; fields are quoted where they must be.
std::string csvLine(const std::vector<std::string> &fields);

/// A number with all its digits; nothing for one that is not finite.
std::string csvNumber(double value);

} // namespace ecdysis::cli

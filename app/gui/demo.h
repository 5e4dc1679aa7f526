// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <filesystem>

#include "core/values/calibration.h"

namespace ecdysis {

/// The folder of the small trained model that comes along, with `model/` and `text.txt`; empty when it is not
/// installed.
std::filesystem::path demoFolder();

/// How its text is cut: whole, into short windows.
WindowProtocol demoProtocol();

} // namespace ecdysis

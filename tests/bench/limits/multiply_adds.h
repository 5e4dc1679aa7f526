// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <cstdint>

/// Multiplies and adds `rounds` times on every thread with all that the processor's registers hold, touching no
/// memory: no kernel computes faster. Returns the number of multiply-adds, each lane counted.
std::int64_t multiplyAdds(std::int64_t rounds);

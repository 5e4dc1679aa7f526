// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/exception.h"
#include "core/values/run.h"

namespace ecdysis {

/// Throws Exception{Cancelled} once the stop of a run is requested.
inline void throwIfStopped(const Run &run)
{
    if (run.stopRequested())
        throw Exception(ErrorCode::Cancelled, "stopped");
}

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/kernels/cuda/stream.h"

namespace ecdysis::kernels::cuda {

/// Throws std::runtime_error with the driver's words where the launch before it was refused. `kernel` names it.
void throwIfRefused(const char *kernel);

} // namespace ecdysis::kernels::cuda

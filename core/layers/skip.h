// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/architectures/network.h"

/// \file
/// What a state space computes once parts of it are gone: without "recurrence" its skip alone, y = D · x; without
/// "ssm", the whole of it, y = x.
namespace ecdysis::layers {

/// Whether a state space of this A_log still has its recurrence.
inline bool hasRecurrence(const at::Tensor &logA, const architectures::Removed &removed)
{
    return logA.defined() && !removed.contains("ssm") && !removed.contains("recurrence");
}

/// y of a state space without its recurrence. x (rows, channel); D, of any shape, one for each channel or for as many
/// consecutive channels each; undefined: cut away with the rest. Records gradients.
at::Tensor withoutRecurrence(const at::Tensor &x, const at::Tensor &D, const architectures::Removed &removed);

} // namespace ecdysis::layers

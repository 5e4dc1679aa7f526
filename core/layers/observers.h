// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <ATen/core/Tensor.h>

#include "core/layers/selective_scan.h"
#include "core/layers/state_duality.h"

namespace ecdysis::layers {

/// Told, where they are not empty, what layers are given while a network computes whole sequences: for statistics.
struct Observers
{
    /// x (rows, in), float32 or rounded to bfloat16, before each product with `weight` or with some rows of it.
    std::function<void(const std::string &weight, const at::Tensor &x)> linear;
    /// The operands of each recurrence of Mamba; `logA` names its A_log, `head` is the index in it where that is of
    /// several heads with a recurrence each (Zamba), else 0.
    std::function<void(const std::string &logA, std::int64_t head, const SelectiveScan &scan, Sequence sequence)> scan;
    /// The operands of each recurrence of Mamba-2.
    std::function<void(const std::string &logA, const StateDuality &ssd, Sequence sequence)> duality;
};

} // namespace ecdysis::layers

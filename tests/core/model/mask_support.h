// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <vector>

#include <ATen/ATen.h>

#include "core/pruning/masks.h"

/// \file
/// What the tests of weight masks share.

/// One value for each element, few different ones, so that most are ties.
inline at::Tensor coarse(const at::Tensor &weight)
{
    return weight.to(at::kFloat).abs().mul(64).round().contiguous();
}

/// false where an element is gone, in row-major order.
inline std::vector<bool> stays(const ecdysis::pruning::Mask &mask)
{
    std::vector<bool> result;
    for (std::int64_t i = 0; i < ecdysis::pruning::elements(mask); ++i)
        result.push_back((mask.bits[static_cast<std::size_t>(i / 8)] >> (i % 8) & 1) != 0);
    return result;
}

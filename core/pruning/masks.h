// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/architectures/blueprint.h"
#include "core/architectures/network.h"
#include "core/values/plan.h"

/// \file
/// Which weights stay. A file of masks is safetensors: for each masked parameter, under its name, U8 (bytes) whose bit
/// i % 8 of byte i / 8, the lowest first, is 1 where element i in row-major order stays; bits beyond the last element
/// are 0. Its metadata are `format` "ecdysis-masks-1" and `shapes`, a JSON object of the parameters' shapes by name.
namespace ecdysis::pruning {

/// Which elements of a parameter stay, packed as in the file.
struct Mask
{
    std::vector<std::int64_t> shape;
    std::vector<std::uint8_t> bits;

    bool operator==(const Mask &) const = default;
};

/// By name of the parameter, as in the blueprint.
using Masks = std::map<std::string, Mask>;

/// A mask of which everything stays.
Mask wholeMask(const std::vector<std::int64_t> &shape);

/// Takes element `index` out.
void remove(Mask &mask, std::int64_t index);

std::int64_t elements(const Mask &mask);
std::int64_t removed(const Mask &mask);

/// Writes the file atomically. Throws Exception{WriteFailed}.
CompanionFile writeMasks(const std::filesystem::path &file, const Masks &masks);

/// Reads a file, its hash and every length checked. Throws what requireUnchanged() does, BadFormat, and Mismatch for
/// masks that do not fit the blueprint's parameters.
Masks readMasks(const CompanionFile &file, const architectures::Blueprint &blueprint);

/// The tensor of a parameter with zeros where its mask has them. Records gradients.
at::Tensor masked(const at::Tensor &tensor, const Mask &mask);

/// The weights with zeros where masks have them; others are shared with the original. Records gradients.
architectures::Weights masked(const architectures::Weights &weights, const Masks &masks);

} // namespace ecdysis::pruning

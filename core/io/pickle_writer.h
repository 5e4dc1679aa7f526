// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/io/pickle.h"

namespace ecdysis::io {

/// The pickle (protocol 2) that torch.save makes of a dict of tensors, in their order; aliases are pairs (name, tensor
/// that it names again) and come after them. Byte for byte as Python writes it for up to 1,000 of them.
std::string pickled(std::span<const PickledTensor> tensors,
                    std::span<const std::pair<std::string, std::string>> aliases);

} // namespace ecdysis::io

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/architectures/network.h"
#include "core/torch.h"

namespace ecdysis::architectures {

at::Tensor Weights::orNone(const std::string &name) const
{
    const auto found = m_tensors.find(name);
    return found == m_tensors.end() ? at::Tensor() : found->second;
}

layers::Linear Weights::linear(const std::string &path) const
{
    return {.weight = orNone(path + ".weight"), .bias = orNone(path + ".bias"), .compute = compute};
}

} // namespace ecdysis::architectures

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/skip.h"

#include "core/torch.h"

namespace ecdysis::layers {

at::Tensor withoutRecurrence(const at::Tensor &x, const at::Tensor &D, const architectures::Removed &removed)
{
    if (!D.defined() || removed.contains("ssm"))
        return x;
    const std::int64_t channels = x.size(1) / D.numel();
    return (x.unflatten(1, {D.numel(), channels}) * D.reshape({-1, 1})).flatten(1);
}

} // namespace ecdysis::layers

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/sequence.h"

#include "core/torch.h"

namespace ecdysis::layers {

bool recordsGradient(std::initializer_list<at::Tensor> tensors)
{
    if (!at::GradMode::is_enabled())
        return false;
    for (const at::Tensor &tensor : tensors)
        if (tensor.defined() && tensor.requires_grad())
            return true;
    return false;
}

const std::int64_t *lengthsOf(const Piece &piece)
{
    return piece.lengths.defined() ? piece.lengths.data_ptr<std::int64_t>() : nullptr;
}

float *floats(const at::Tensor &tensor)
{
    if (!tensor.defined())
        return nullptr;
    TORCH_INTERNAL_ASSERT(tensor.stride(-1) == 1 || tensor.size(-1) == 1);
    return tensor.data_ptr<float>();
}

} // namespace ecdysis::layers

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/kernels/cuda/launch.h"

#include <stdexcept>
#include <string>

#include <cuda_runtime.h>

namespace ecdysis::kernels::cuda {

void throwIfRefused(const char *kernel)
{
    const cudaError_t status = cudaGetLastError();
    if (status != cudaSuccess)
        throw std::runtime_error(std::string("the GPU refused ") + kernel + ": " + cudaGetErrorString(status));
}

} // namespace ecdysis::kernels::cuda

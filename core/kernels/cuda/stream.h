// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

struct CUstream_st;

namespace ecdysis::kernels::cuda {

/// The queue of a GPU that a kernel is put into: cudaStream_t without CUDA's headers.
using Stream = CUstream_st *;

} // namespace ecdysis::kernels::cuda

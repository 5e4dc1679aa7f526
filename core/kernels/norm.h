// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

namespace ecdysis::kernels {

/// RMSNorm of rows: y = weight · x / sqrt(mean(x²) + epsilon), float32 (Zhang & Sennrich, arXiv 1910.07467).
/// x and y: (rows, columns), contiguous.
void rmsNorm(const float *x, const float *weight, float epsilon, std::int64_t rows, std::int64_t columns, float *y);

/// Gated RMSNorm of Mamba-2: u = x · silu(gate), then RMSNorm over each group of `group` consecutive columns. `gate`
/// has a row stride; `group` divides `columns`; x and y contiguous.
void gatedRmsNorm(const float *x, const float *gate, std::int64_t gateStride, const float *weight, float epsilon,
                  std::int64_t rows, std::int64_t columns, std::int64_t group, float *y);

/// y = x · silu(gate), rows as above: what an absent SSM or norm leaves of a mixer.
void gate(const float *x, const float *gate, std::int64_t gateStride, std::int64_t rows, std::int64_t columns,
          float *y);

/// Negative log-likelihood of one class per row: log Σ exp(logits) - logits[target], computed without overflow.
/// logits: (rows, classes), contiguous; losses: (rows).
void crossEntropy(const float *logits, const std::int64_t *targets, std::int64_t rows, std::int64_t classes,
                  double *losses);

} // namespace ecdysis::kernels

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <ATen/core/Tensor.h>

namespace ecdysis::pruning {

/// What a linear map y = x Wᵀ has to fit, as sums over rows: the normal equations of least squares. Everything is
/// accumulated and solved in double.
class LinearFit
{
public:
    /// Adds rows: x (rows, in) and what is wanted for them, (rows, out).
    void add(const at::Tensor &x, const at::Tensor &wanted);

    /// The same with a bias taken from what is wanted; `bias` (out).
    LinearFit without(const at::Tensor &bias) const;

    /// The same about the means of both: what is left to fit where a bias takes care of them.
    LinearFit centred() const;

    /// The W (out, in), double, that minimises Σ‖x Wᵀ − wanted‖² + ridge · m · ‖W − start‖², m being the mean over
    /// inputs of Σx². Throws Exception{InvalidArgument}: a ridge below 0, or too small for inputs that depend on one
    /// another.
    at::Tensor weight(const at::Tensor &start, double ridge) const;

    /// The mean of wanted − x Wᵀ, (out), double: the bias that minimises the sum of squares for this W.
    at::Tensor meanDifference(const at::Tensor &weight) const;

    /// Σ‖x Wᵀ + bias − wanted‖² / Σ‖wanted‖²; `bias` (out).
    double error(const at::Tensor &weight, const at::Tensor &bias) const;

private:
    double m_rows = 0;
    at::Tensor m_xx; ///< (in, in)
    at::Tensor m_xy; ///< (in, out)
    at::Tensor m_x;  ///< (in)
    at::Tensor m_y;  ///< (out)
    double m_yy = 0;
};

} // namespace ecdysis::pruning

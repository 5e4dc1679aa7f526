// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/linear_fit.h"

#include <fmt/format.h>

#include "core/exception.h"
#include "core/torch.h"

namespace ecdysis::pruning {

void LinearFit::add(const at::Tensor &x, const at::Tensor &wanted)
{
    const at::Tensor rows = x.to(at::kDouble), y = wanted.to(at::kDouble);
    if (!m_xx.defined()) {
        m_xx = at::zeros({rows.size(1), rows.size(1)}, rows.options());
        m_xy = at::zeros({rows.size(1), y.size(1)}, rows.options());
        m_x = at::zeros({rows.size(1)}, rows.options());
        m_y = at::zeros({y.size(1)}, rows.options());
    }
    m_rows += static_cast<double>(rows.size(0));
    m_xx.addmm_(rows.t(), rows);
    m_xy.addmm_(rows.t(), y);
    m_x.add_(rows.sum(0));
    m_y.add_(y.sum(0));
    m_yy += y.square().sum().item<double>();
}

LinearFit LinearFit::without(const at::Tensor &bias) const
{
    const at::Tensor b = bias.to(at::kDouble);
    LinearFit fit = *this;
    fit.m_xy = m_xy - at::outer(m_x, b);
    fit.m_y = m_y - m_rows * b;
    fit.m_yy = m_yy + (m_rows * b.square() - 2 * b * m_y).sum().item<double>();
    return fit;
}

LinearFit LinearFit::centred() const
{
    LinearFit fit;
    fit.m_rows = m_rows;
    fit.m_xx = m_xx - at::outer(m_x, m_x) / m_rows;
    fit.m_xy = m_xy - at::outer(m_x, m_y) / m_rows;
    fit.m_x = at::zeros_like(m_x);
    fit.m_y = at::zeros_like(m_y);
    fit.m_yy = m_yy - m_y.square().sum().item<double>() / m_rows;
    return fit;
}

at::Tensor LinearFit::weight(const at::Tensor &start, double ridge) const
{
    if (!(ridge >= 0))
        throw Exception(ErrorCode::InvalidArgument, fmt::format("expected a ridge from 0 upwards, found {}", ridge));
    const at::Tensor from = start.to(at::kDouble);
    at::Tensor matrix = m_xx.clone();
    matrix.diagonal().add_(ridge * m_xx.diagonal().mean());
    const auto [factor, info] = at::linalg_cholesky_ex(matrix);
    if (info.item<int>() != 0)
        throw Exception(
            ErrorCode::InvalidArgument,
            fmt::format("expected a larger ridge: with {} the {} inputs depend on one another", ridge, m_xx.size(0)));
    return from + at::cholesky_solve(m_xy - at::mm(m_xx, from.t()), factor).t();
}

at::Tensor LinearFit::meanDifference(const at::Tensor &weight) const
{
    return (m_y - at::mv(weight.to(at::kDouble), m_x)) / m_rows;
}

double LinearFit::error(const at::Tensor &weight, const at::Tensor &bias) const
{
    // ‖XWᵀ + 1bᵀ − Y‖², multiplied out.
    const at::Tensor w = weight.to(at::kDouble), b = bias.to(at::kDouble);
    const double squares = (at::mm(w, m_xx) * w).sum().item<double>() - 2 * (w * m_xy.t()).sum().item<double>() +
                           2 * at::dot(b, at::mv(w, m_x) - m_y).item<double>() +
                           m_rows * b.square().sum().item<double>() + m_yy;
    return squares / m_yy;
}

} // namespace ecdysis::pruning

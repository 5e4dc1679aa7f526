// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/evaluation/export_check.h"

#include <cmath>

#include <fmt/format.h>

#include "core/evaluation/perplexity.h"
#include "core/exception.h"

namespace ecdysis::evaluation {

namespace {

/// Largest relative error of a number that is rounded to the type.
double rounding(DType type)
{
    switch (type) {
    case DType::BF16:
        return std::ldexp(1.0, -9);
    case DType::F16:
        return std::ldexp(1.0, -11);
    default:
        return std::ldexp(1.0, -24);
    }
}

double tolerance(DType before, DType after)
{
    constexpr double ofSums = 1e-4;
    constexpr double natsPerRounding = 10;
    return ofSums + (after == before ? 0 : natsPerRounding * rounding(after));
}

} // namespace

ExportCheck checkExport(const Model::State &parent, const Plan &plan, const Model::State &written,
                        const data::Windows &windows, const Run &run)
{
    ExportCheck check;
    check.before = evaluate(parent, windows, plan, run).nll.value;
    check.after = evaluate(written, windows, {}, run).nll.value;
    check.difference = check.after - check.before;
    check.tolerance = tolerance(parent.card().dtype, written.card().dtype);
    if (!(std::abs(check.difference) <= check.tolerance))
        throw Exception(
            ErrorCode::Mismatch,
            fmt::format("expected a loss of {:.6f} as of the plan on its parent (within {:.1e}), found {:.6f}",
                        check.before, check.tolerance, check.after),
            written.card().folder.string());
    return check;
}

} // namespace ecdysis::evaluation

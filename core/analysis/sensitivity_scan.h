// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/data/windows.h"
#include "core/model.h"
#include "core/values/session.h"

namespace ecdysis::analysis {

/// The cells of removing each unit of the given kinds that can go alone, not measured, in the card's order.
/// Throws Exception{InvalidArgument} for a kind of which the model has no unit, and for no kind at all.
std::vector<Cell> cellsToMeasure(const ModelCard &card, const std::vector<std::string> &kinds);

/// Hears of a scan that has grown by the dense losses (-1) or by the cell of that index.
using ScanStep = std::function<void(const Scan &scan, int cell)>;

/// Measures what `scan` lacks: dense losses, and the losses of those cells whose kind is in `kinds`. One dense pass
/// keeps the residual streams (`prefixBytes` at most); a cell of layer i starts from the stream entering i, last layers
/// first, all cells of a layer together. Each loss has the bits that evaluation::evaluate() gives for that removal
/// alone. Adds the time to `scan.seconds`. Progress counts FLOPs, steps are cells. Throws Exception{Cancelled}; what
/// `step` has heard of stays valid.
void measure(const Model::State &model, const data::Windows &windows, const std::vector<std::string> &kinds,
             std::int64_t prefixBytes, Scan &scan, const ScanStep &step, const Run &run);

} // namespace ecdysis::analysis

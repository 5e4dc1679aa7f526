// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <string>

#include <ATen/core/Tensor.h>

#include "core/model.h"
#include "core/values/export.h"
#include "core/values/plan.h"

/// \file
/// Writing a cut model as a folder that loads like any other: surgery on the stored tensors, a config of what is left,
/// and a manifest (core/pruning/manifest.h) where no config can say it.
namespace ecdysis::pruning {

/// The tensor of a parameter, by its name in the blueprint of the parent, in the shape that the plan leaves of it; of
/// any floating type, on any device. Asked for once each, in the order of the blueprint.
using TensorSource = std::function<at::Tensor(const std::string &parameter)>;

/// The parent's tensors as they are stored, bit for bit, without what the plan takes. Keeps a copy of what it needs.
TensorSource storedTensors(const ModelFiles &files, const Plan &plan);

/// Writes the parent's stored tensors without what the plan takes. A plan that takes nothing from files that hold
/// nothing dead is InvalidArgument; other errors as of writeModel().
ExportReport writeCut(const ModelFiles &files, const Plan &plan, const ExportRequest &request, const Run &run);

/// Writes the parent without what the plan takes, its tensors taken from `tensors`, one at a time; they are stored in
/// the type that the request asks for, else in that of the parent's. An empty plan writes the whole model. The folder
/// appears whole or not at all.
/// Errors: Mismatch (the plan), InvalidArgument (the request; a folder that is not empty), Unsupported (a layout),
/// WriteFailed, Cancelled.
ExportReport writeModel(const ModelFiles &files, const Plan &plan, const TensorSource &tensors,
                        const ExportRequest &request, const Run &run);

} // namespace ecdysis::pruning

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <string>
#include <vector>

#include <QString>

#include "core/values/dtype.h"
#include "core/values/tensor_info.h"

namespace ecdysis {

/// Kind of a unit for people: "Block", "SSM heads"; an unknown one by its id with blanks.
QString kindTitle(const std::string &kind);

/// Type of a layer for people: "Mamba-2", "Attention"; an unknown one like an unknown kind.
QString layerTypeTitle(const std::string &type);

/// "Block 8", "SSM of block 11".
QString unitTitle(const std::string &kind, int layer);

/// The same by the unit's id, with the entries of a width: "SSM heads 0–3 of block 11", "Expert 2 of block 5"; a weight
/// by its name, what is no id as it is.
QString unitTitle(const std::string &id);

/// Several by their ids, joined by commas.
QString unitTitles(const std::vector<std::string> &ids);

/// A part inside a sentence: "block 8", "SSM of block 11".
QString unitPhrase(const std::string &kind, int layer);

/// Type that is computed in, for people: "float32", "bfloat16".
QString dtypeText(DType dtype);

/// "CPU: Intel(R) Xeon(R) …".
QString deviceText(const std::string &device, const std::string &title);

/// "CPU · float32 · 2 threads", "CUDA · bfloat16"; 0 threads: all processors.
QString computeText(const std::string &device, DType dtype, int threads);

/// "1536 × 16".
QString shapeText(const TensorInfo &tensor);

} // namespace ecdysis

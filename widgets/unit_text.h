// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <string>

#include <QString>

#include "core/values/dtype.h"
#include "core/values/tensor_info.h"

namespace ecdysis {

/// Kind of a unit for people: "Block", "SSM"; an unknown one by its id with blanks.
QString kindTitle(const std::string &kind);

/// "Block 8", "SSM of block 11".
QString unitTitle(const std::string &kind, int layer);

/// The same inside a sentence: "block 8", "SSM of block 11".
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

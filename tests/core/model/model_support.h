// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <ATen/ATen.h>

#include "core/exception.h"
#include "core/io/safetensors.h"
#include "core/model.h"
#include "tests/support/support.h"

/// \file
/// What the tests of models share: reading stored tensors, comparing, catching.

/// Every tensor of a safetensors file, copied.
inline std::map<std::string, at::Tensor> readTensors(const std::filesystem::path &path)
{
    using namespace ecdysis;
    const auto file = valueOrThrow(io::SafetensorsFile::open(path));
    std::map<std::string, at::Tensor> tensors;
    for (const TensorInfo &info : file.tensors()) {
        const auto data = valueOrThrow(file.read(info.name));
        const auto type = info.dtype == DType::I64 ? at::kLong : info.dtype == DType::BF16 ? at::kBFloat16 : at::kFloat;
        tensors[info.name] = at::from_blob(const_cast<std::byte *>(data.bytes.data()), info.shape, type).clone();
    }
    return tensors;
}

/// Largest difference, relative to the largest expected magnitude.
inline double relativeError(const at::Tensor &found, const at::Tensor &expected)
{
    const double scale = expected.to(at::kDouble).abs().max().item<double>();
    const double difference = (found.to(at::kDouble) - expected.to(at::kDouble)).abs().max().item<double>();
    return scale > 0 ? difference / scale : difference;
}

/// The error that `work` throws; code Internal and an empty message if it throws none.
template <typename Work> ecdysis::Error errorOf(const Work &work)
{
    try {
        work();
    } catch (const ecdysis::Exception &exception) {
        return exception.error();
    }
    return {};
}

inline std::shared_ptr<const ecdysis::Model::State> loaded(const std::string &name,
                                                           const ecdysis::ComputeOptions &options = {})
{
    return ecdysis::loadModel(testData(name), options, {});
}

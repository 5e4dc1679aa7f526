// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/evaluation/tensor_file.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/exception.h"
#include "core/io/safetensors.h"

namespace ecdysis::evaluation {

at::Tensor readIds(const std::filesystem::path &file)
{
    const auto opened = valueOrThrow(io::SafetensorsFile::open(file));
    const auto info = std::ranges::find(opened.tensors(), "input_ids", &TensorInfo::name);
    const std::string where = fmt::format("{}: input_ids", file.string());
    if (info == opened.tensors().end())
        throw Exception(ErrorCode::Mismatch, "a tensor of this name expected, none found", where);
    if (info->dtype != DType::I64 || info->shape.size() != 2 || info->elements() == 0)
        throw Exception(
            ErrorCode::Mismatch,
            fmt::format("I64 (batch, time) expected, {} ({}) found", name(info->dtype), fmt::join(info->shape, ", ")),
            where);
    const auto bytes = valueOrThrow(opened.read("input_ids"));
    return at::from_blob(const_cast<std::byte *>(bytes.bytes.data()), info->shape, at::kLong).clone();
}

void writeTensors(const std::filesystem::path &file, const std::map<std::string, at::Tensor> &tensors)
{
    std::vector<at::Tensor> contiguous;
    std::vector<io::TensorView> views;
    for (const auto &[name, tensor] : tensors) {
        contiguous.push_back(tensor.detach().to(at::kCPU, at::kFloat).contiguous());
        const auto *data = reinterpret_cast<const std::byte *>(contiguous.back().data_ptr<float>());
        views.push_back({name, DType::F32, contiguous.back().sizes().vec(), {data, contiguous.back().nbytes()}});
    }
    valueOrThrow(io::writeSafetensors(file, views));
}

} // namespace ecdysis::evaluation

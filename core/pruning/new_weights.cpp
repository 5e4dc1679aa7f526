// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/new_weights.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/exception.h"
#include "core/io/safetensors.h"
#include "core/pruning/added_biases.h"
#include "core/pruning/companion_file.h"
#include "core/torch.h"
#include "core/weights.h"

namespace ecdysis::pruning {

using architectures::Blueprint;
using architectures::Parameter;
using architectures::Weights;

namespace {

constexpr const char *format = "ecdysis-weights-1";

/// The shape that a tensor of this name has to have; none where the model has no place for it.
std::vector<std::int64_t> shapeOf(const std::string &name, const Blueprint &blueprint, const std::string &where)
{
    const auto parameter = std::ranges::find(blueprint.parameters, name, &Parameter::name);
    if (parameter != blueprint.parameters.end() && parameter->tiedTo.empty())
        return parameter->shape;
    if (const Parameter *matrix = matrixWithout(name, blueprint))
        return {matrix->shape.front()};
    throw Exception(ErrorCode::Mismatch, "the weights of this model expected, it has no place for these", where);
}

at::Tensor readTensor(const io::SafetensorsFile &file, const TensorInfo &info, const Blueprint &blueprint,
                      const std::string &where)
{
    const std::vector<std::int64_t> shape = shapeOf(info.name, blueprint, where);
    if (info.shape != shape || !isFloating(info.dtype))
        throw Exception(ErrorCode::Mismatch,
                        fmt::format("floating numbers of shape ({}) expected, {} ({}) found", fmt::join(shape, ", "),
                                    name(info.dtype), fmt::join(info.shape, ", ")),
                        where);
    const io::TensorBytes read = valueOrThrow(file.read(info.name));
    auto *bytes = const_cast<std::byte *>(read.bytes.data());
    return at::from_blob(bytes, info.shape, at::TensorOptions(torchType(info.dtype))).clone();
}

io::SafetensorsFile openNewWeights(const std::string &path)
{
    auto file = valueOrThrow(io::SafetensorsFile::open(path));
    const auto found = file.metadata().find("format");
    if (found == file.metadata().end() || found->second != format)
        throw Exception(ErrorCode::BadFormat,
                        fmt::format("weights of format {} expected, {} found", format,
                                    found == file.metadata().end() ? "none" : found->second),
                        path);
    return file;
}

/// What a parameter is computed in; biases that the blueprint does not have are float32.
at::ScalarType typeOf(const std::string &name, const Weights &weights, const Blueprint &blueprint)
{
    const auto parameter = std::ranges::find(blueprint.parameters, name, &Parameter::name);
    const bool product =
        parameter != blueprint.parameters.end() && parameter->precision == architectures::Precision::Compute;
    return product ? weights.compute : at::kFloat;
}

} // namespace

CompanionFile writeNewWeights(const std::filesystem::path &file, const NewWeights &weights)
{
    std::vector<io::TensorView> views;
    std::vector<at::Tensor> kept;
    for (const auto &[name, weight] : weights) {
        kept.push_back(weight.to(at::kCPU).contiguous());
        views.push_back({name,
                         dtypeOf(weight.scalar_type()),
                         weight.sizes().vec(),
                         {static_cast<const std::byte *>(kept.back().data_ptr()), kept.back().nbytes()}});
    }
    valueOrThrow(io::writeSafetensors(file, views, {{"format", format}}));
    return {file.string(), hashOf(file)};
}

NewWeights newWeightsOf(const Plan &plan, const Blueprint &blueprint)
{
    NewWeights weights;
    if (!plan.weights)
        return weights;
    requireUnchanged(*plan.weights, "weights");
    const std::string &path = plan.weights->file;
    const io::SafetensorsFile file = openNewWeights(path);
    for (const TensorInfo &info : file.tensors())
        weights[info.name] = readTensor(file, info, blueprint, fmt::format("{}: {}", path, info.name));
    return weights;
}

std::vector<TensorInfo> addedBiases(const Plan &plan, const Blueprint &blueprint)
{
    if (!plan.weights)
        return {};
    std::vector<TensorInfo> biases = openNewWeights(plan.weights->file).tensors();
    std::erase_if(biases, [&](const TensorInfo &info) { return !matrixWithout(info.name, blueprint); });
    return biases;
}

Blueprint blueprintUnder(const Plan &plan, const Blueprint &blueprint)
{
    std::set<std::string> names;
    for (const TensorInfo &bias : addedBiases(plan, blueprint))
        names.insert(bias.name);
    return withBiases(blueprint, names);
}

Weights withNew(const Weights &weights, const NewWeights &changed, const Blueprint &blueprint)
{
    Weights result = weights;
    for (const auto &[name, weight] : changed) {
        const at::Tensor &like = weights.contains(name) ? weights.at(name) : weights.at(weightOf(name));
        result[name] = weight.to(like.device()).to(typeOf(name, weights, blueprint));
    }
    return result;
}

} // namespace ecdysis::pruning

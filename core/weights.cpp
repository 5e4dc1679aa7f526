// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/exception.h"
#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis {

using architectures::Blueprint;
using architectures::Parameter;
using architectures::Precision;

namespace {

constexpr std::size_t mostWarnings = 8;

std::string described(const std::vector<std::int64_t> &shape)
{
    return fmt::format("({})", fmt::join(shape, ", "));
}

std::string place(const std::string &folder, const std::string &file, const std::string &tensor)
{
    return fmt::format("{}{}{}: {}", folder, file.empty() ? "" : "/", file, tensor);
}

const TensorInfo *findStored(const Parameter &parameter, const io::Checkpoint &checkpoint)
{
    const TensorInfo *found = checkpoint.find(parameter.name);
    for (auto other = parameter.otherNames.begin(); !found && other != parameter.otherNames.end(); ++other)
        found = checkpoint.find(*other);
    return found;
}

void check(const Parameter &parameter, const TensorInfo &stored, const std::string &folder)
{
    if (stored.shape != parameter.shape)
        throw Exception(ErrorCode::Mismatch,
                        fmt::format("expected shape {}, found {}", described(parameter.shape), described(stored.shape)),
                        place(folder, stored.file, stored.name));
    if (!isFloating(stored.dtype))
        throw Exception(ErrorCode::Mismatch, fmt::format("expected a floating type, found {}", name(stored.dtype)),
                        place(folder, stored.file, stored.name));
}

bool isAlias(const io::Checkpoint &checkpoint, const std::string &one, const std::string &other)
{
    for (const auto &[alias, first] : checkpoint.aliases())
        if ((alias == one && first == other) || (alias == other && first == one))
            return true;
    return false;
}

void warnOfUnused(const io::Checkpoint &checkpoint, const std::map<std::string, std::string> &storedNames,
                  const std::string &folder, std::vector<std::string> &warnings)
{
    std::set<std::string> used;
    for (const auto &[parameter, stored] : storedNames)
        used.insert(stored);
    std::size_t count = 0;
    for (const TensorInfo &info : checkpoint.tensors())
        if (!used.contains(info.name) && ++count <= mostWarnings)
            warnings.push_back(fmt::format("{}: the architecture has no such tensor; it is ignored",
                                           place(folder, info.file, info.name)));
    if (count > mostWarnings)
        warnings.push_back(fmt::format("{}: {} more tensors that the architecture does not have are ignored", folder,
                                       count - mostWarnings));
}

/// The stored bytes as a tensor that keeps them alive. They are never written to.
at::Tensor mapped(const TensorInfo &info, const io::TensorBytes &data)
{
    auto *bytes = const_cast<std::byte *>(data.bytes.data());
    return at::from_blob(
        bytes, info.shape, [keepAlive = data.keepAlive](void *) {}, at::TensorOptions(torchType(info.dtype)));
}

at::ScalarType typeOf(const Parameter &parameter, DType compute)
{
    return parameter.precision == Precision::Compute ? torchType(compute) : at::kFloat;
}

/// Whether products convert this weight themselves. Embedding and head are used by rows, a few at a time.
bool mayStayAsStored(const Parameter &parameter, DType stored, DType compute)
{
    return parameter.precision == Precision::Compute && !parameter.layers.empty() && compute == DType::F32 &&
           (stored == DType::BF16 || stored == DType::F16);
}

} // namespace

std::map<std::string, std::string> takeCensus(const Blueprint &blueprint, const io::Checkpoint &checkpoint,
                                              const std::string &folder, std::vector<std::string> &warnings)
{
    std::map<std::string, std::string> names;
    for (const Parameter &parameter : blueprint.parameters) {
        const TensorInfo *stored = findStored(parameter, checkpoint);
        if (!stored && parameter.tiedTo.empty())
            throw Exception(
                ErrorCode::Mismatch,
                fmt::format("expected a tensor of shape {}, found none of this name", described(parameter.shape)),
                place(folder, "", parameter.name));
        if (!stored)
            continue;
        check(parameter, *stored, folder);
        if (!parameter.tiedTo.empty() && !isAlias(checkpoint, stored->name, names.at(parameter.tiedTo)))
            warnings.push_back(fmt::format("{}: stored although the config ties it; {} is used in its stead",
                                           place(folder, stored->file, stored->name), names.at(parameter.tiedTo)));
        names[parameter.name] = stored->name;
    }
    warnOfUnused(checkpoint, names, folder, warnings);
    return names;
}

at::ScalarType torchType(DType type)
{
    switch (type) {
    case DType::F64:
        return at::kDouble;
    case DType::F16:
        return at::kHalf;
    case DType::BF16:
        return at::kBFloat16;
    default:
        return at::kFloat;
    }
}

DType dtypeOf(at::ScalarType type)
{
    for (const DType dtype : {DType::F64, DType::F16, DType::BF16})
        if (torchType(dtype) == type)
            return dtype;
    return DType::F32;
}

at::Tensor storedTensor(const io::Checkpoint &checkpoint, const std::string &stored, const Run &run)
{
    return mapped(*checkpoint.find(stored), valueOrThrow(checkpoint.read(stored, run.stop)));
}

std::int64_t weightBytes(const Blueprint &blueprint, DType compute)
{
    std::int64_t bytes = 0;
    for (const Parameter &parameter : blueprint.parameters)
        if (parameter.tiedTo.empty())
            bytes += c10::multiply_integers(parameter.shape) *
                     static_cast<std::int64_t>(c10::elementSize(typeOf(parameter, compute)));
    return bytes;
}

architectures::Weights loadWeights(const Blueprint &blueprint, const std::map<std::string, std::string> &storedNames,
                                   const io::Checkpoint &checkpoint, DType compute, c10::Device device,
                                   std::int64_t memory, const Run &run)
{
    const bool convertsNow = !device.is_cpu() || weightBytes(blueprint, compute) <= memory;
    double total = 0;
    for (const auto &[parameter, stored] : storedNames)
        total += static_cast<double>(checkpoint.find(stored)->bytes());
    ProgressMeter meter(run, "load", total);
    architectures::Weights weights;
    weights.compute = torchType(compute);
    for (const Parameter &parameter : blueprint.parameters) {
        if (!parameter.tiedTo.empty())
            continue;
        throwIfStopped(run);
        const TensorInfo &info = *checkpoint.find(storedNames.at(parameter.name));
        const at::Tensor tensor = storedTensor(checkpoint, info.name, run);
        at::Tensor &weight = weights[parameter.name];
        weight = convertsNow || !mayStayAsStored(parameter, info.dtype, compute)
                     ? tensor.to(device, typeOf(parameter, compute))
                     : tensor;
        if (parameter.precision == Precision::Ssm && blueprint.ssmRounded)
            weight = weight.to(torchType(compute)).to(weight.scalar_type());
        meter.advance(static_cast<double>(info.bytes()));
    }
    return weights;
}

} // namespace ecdysis

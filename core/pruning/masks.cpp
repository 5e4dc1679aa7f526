// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/masks.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/exception.h"
#include "core/io/safetensors.h"
#include "core/pruning/companion_file.h"
#include "core/torch.h"

namespace ecdysis::pruning {

using architectures::Blueprint;
using architectures::Parameter;
using architectures::Weights;

namespace {

constexpr const char *format = "ecdysis-masks-1";

std::size_t bytesFor(std::int64_t elements)
{
    return static_cast<std::size_t>((elements + 7) / 8);
}

/// The 1s of the last byte that stand for elements.
std::uint8_t lastByte(std::int64_t elements)
{
    return static_cast<std::uint8_t>(elements % 8 == 0 ? 0xFF : (1U << (elements % 8)) - 1);
}

nlohmann::json shapesOf(const io::SafetensorsFile &file, const std::string &where)
{
    const auto &metadata = file.metadata();
    const auto found = metadata.find("format");
    if (found == metadata.end() || found->second != format || !metadata.contains("shapes"))
        throw Exception(ErrorCode::BadFormat,
                        fmt::format("masks of format {} expected, {} found", format,
                                    found == metadata.end() ? "none" : found->second),
                        where);
    const auto shapes = nlohmann::json::parse(metadata.at("shapes"), nullptr, false);
    if (!shapes.is_object())
        throw Exception(ErrorCode::BadFormat, "a JSON object of shapes expected in the metadata", where);
    return shapes;
}

/// One mask of the file, which has to be that of a parameter.
Mask readMask(const io::SafetensorsFile &file, const TensorInfo &info, const nlohmann::json &shapes,
              const Blueprint &blueprint, const std::string &where)
{
    const auto parameter = std::ranges::find(blueprint.parameters, info.name, &Parameter::name);
    if (parameter == blueprint.parameters.end() || !parameter->tiedTo.empty())
        throw Exception(ErrorCode::Mismatch, "the mask of a parameter of this model expected, it has none of this name",
                        where);
    if (!shapes.contains(info.name) || shapes[info.name] != nlohmann::json(parameter->shape))
        throw Exception(ErrorCode::Mismatch,
                        fmt::format("the mask of a parameter of shape ({}) expected, one of {} found",
                                    fmt::join(parameter->shape, ", "),
                                    shapes.contains(info.name) ? shapes[info.name].dump() : "no shape"),
                        where);
    Mask mask = wholeMask(parameter->shape);
    if (info.dtype != DType::U8 || info.shape != std::vector{static_cast<std::int64_t>(mask.bits.size())})
        throw Exception(ErrorCode::BadFormat,
                        fmt::format("U8 ({}) expected, {} ({}) found", mask.bits.size(), name(info.dtype),
                                    fmt::join(info.shape, ", ")),
                        where);
    const auto bytes = valueOrThrow(file.bytes(info.name));
    std::ranges::transform(bytes, mask.bits.begin(), [](std::byte byte) { return static_cast<std::uint8_t>(byte); });
    if (!mask.bits.empty() && (mask.bits.back() & ~lastByte(elements(mask))) != 0)
        throw Exception(ErrorCode::BadFormat, "zeros beyond the last element expected, others found", where);
    return mask;
}

/// true where the element stays.
at::Tensor unpacked(const Mask &mask)
{
    const at::Tensor stays = at::empty(mask.shape, at::kBool);
    bool *out = stays.data_ptr<bool>();
    at::parallel_for(0, stays.numel(), 1 << 16, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t i = from; i < to; ++i)
            out[i] = (mask.bits[static_cast<std::size_t>(i / 8)] >> (i % 8) & 1) != 0;
    });
    return stays;
}

} // namespace

Mask wholeMask(const std::vector<std::int64_t> &shape)
{
    Mask mask{.shape = shape, .bits = {}};
    mask.bits.assign(bytesFor(elements(mask)), 0xFF);
    if (!mask.bits.empty())
        mask.bits.back() = lastByte(elements(mask));
    return mask;
}

void remove(Mask &mask, std::int64_t index)
{
    mask.bits[static_cast<std::size_t>(index / 8)] &= static_cast<std::uint8_t>(~(1U << (index % 8)));
}

std::int64_t elements(const Mask &mask)
{
    return std::accumulate(mask.shape.begin(), mask.shape.end(), std::int64_t{1}, std::multiplies<>());
}

std::int64_t removed(const Mask &mask)
{
    std::int64_t kept = 0;
    for (const std::uint8_t byte : mask.bits)
        kept += std::popcount(byte);
    return elements(mask) - kept;
}

CompanionFile writeMasks(const std::filesystem::path &file, const Masks &masks)
{
    std::vector<io::TensorView> views;
    auto shapes = nlohmann::json::object();
    for (const auto &[name, mask] : masks) {
        views.push_back(
            {name, DType::U8, {static_cast<std::int64_t>(mask.bits.size())}, std::as_bytes(std::span(mask.bits))});
        shapes[name] = mask.shape;
    }
    valueOrThrow(io::writeSafetensors(file, views, {{"format", format}, {"shapes", shapes.dump()}}));
    return {file.string(), hashOf(file)};
}

Masks readMasks(const CompanionFile &file, const Blueprint &blueprint)
{
    requireUnchanged(file, "masks");
    const auto opened = valueOrThrow(io::SafetensorsFile::open(file.file));
    const nlohmann::json shapes = shapesOf(opened, file.file);
    Masks masks;
    for (const TensorInfo &info : opened.tensors())
        masks[info.name] = readMask(opened, info, shapes, blueprint, fmt::format("{}: {}", file.file, info.name));
    return masks;
}

at::Tensor masked(const at::Tensor &tensor, const Mask &mask)
{
    return tensor.masked_fill(unpacked(mask).logical_not_().to(tensor.device()), 0);
}

Weights masked(const Weights &weights, const Masks &masks)
{
    Weights result = weights;
    for (const auto &[name, mask] : masks)
        result[name] = masked(weights.at(name), mask);
    return result;
}

} // namespace ecdysis::pruning

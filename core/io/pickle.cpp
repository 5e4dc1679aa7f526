// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/pickle.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <utf8proc.h>

#include "core/exception.h"
#include "core/io/pickle_machine.h"
#include "core/io/tensor_bytes.h"

namespace ecdysis::io {

namespace {

using pickle::Dict;
using pickle::Value;

bool isUtf8(std::string_view text)
{
    const auto *next = reinterpret_cast<const utf8proc_uint8_t *>(text.data());
    auto left = static_cast<utf8proc_ssize_t>(text.size());
    while (left > 0) {
        utf8proc_int32_t codepoint = 0;
        const auto length = utf8proc_iterate(next, left, &codepoint);
        if (length <= 0)
            return false;
        next += length;
        left -= length;
    }
    return true;
}

/// The dict that holds the tensors: the outermost, or the only one of those that trainers put it in.
const Dict &stateDict(const Value &value, const std::string &where)
{
    const auto *const *outermost = std::get_if<Dict *>(&value);
    if (!outermost)
        throw Exception(ErrorCode::BadFormat, fmt::format("expected a dict of tensors, found {}", kind(value)), where);
    const Dict *inner = nullptr;
    for (const auto &[name, entry] : (*outermost)->entries) {
        if (std::holds_alternative<const pickle::Tensor *>(entry))
            return **outermost;
        const auto *const *dict = std::get_if<Dict *>(&entry);
        if (!dict || (name != "state_dict" && name != "model"))
            continue;
        if (inner)
            throw Exception(ErrorCode::BadFormat, "expected one of 'state_dict' and 'model', found both", where);
        inner = *dict;
    }
    return inner ? *inner : **outermost;
}

/// One past the last element of the storage that the view reads; none if that needs more than 63 bits.
std::optional<std::int64_t> viewEnd(const pickle::Tensor &tensor)
{
    std::int64_t last = tensor.offset;
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
        std::int64_t reach = 0;
        if (tensor.shape[i] == 0)
            return tensor.offset;
        if (__builtin_mul_overflow(tensor.shape[i] - 1, tensor.strides[i], &reach) ||
            __builtin_add_overflow(last, reach, &last))
            return std::nullopt;
    }
    std::int64_t end = 0;
    return __builtin_add_overflow(last, std::int64_t{1}, &end) ? std::nullopt : std::optional(end);
}

void checkView(const pickle::Tensor &tensor, const std::string &where)
{
    const auto negative = [](std::int64_t number) { return number < 0; };
    const auto refuse = [&](const std::string &message) { throw Exception(ErrorCode::BadFormat, message, where); };
    if (tensor.storage.elements < 0 || tensor.offset < 0)
        refuse(fmt::format("expected a size and an offset of at least 0, found {} and {}", tensor.storage.elements,
                           tensor.offset));
    if (tensor.shape.size() != tensor.strides.size())
        refuse(fmt::format("expected as many strides as sizes, found {} and {}", tensor.strides.size(),
                           tensor.shape.size()));
    if (std::any_of(tensor.shape.begin(), tensor.shape.end(), negative))
        refuse(fmt::format("expected sizes of at least 0, found [{}]", fmt::join(tensor.shape, ", ")));
    if (std::any_of(tensor.strides.begin(), tensor.strides.end(), negative))
        refuse(fmt::format("expected strides of at least 0, found [{}]", fmt::join(tensor.strides, ", ")));
    const auto end = viewEnd(tensor);
    if (!end || *end > tensor.storage.elements)
        refuse(
            fmt::format("expected a view inside the {} elements of storage '{}', found shape [{}], strides [{}] at {}",
                        tensor.storage.elements, tensor.storage.key, fmt::join(tensor.shape, ", "),
                        fmt::join(tensor.strides, ", "), tensor.offset));
    const auto elements = checkedElements(tensor.shape, tensor.storage.dtype);
    if (!elements || *elements > tensor.storage.elements)
        throw Exception(ErrorCode::Unsupported,
                        fmt::format("expected a view that shows no element twice, found shape [{}] of {} elements",
                                    fmt::join(tensor.shape, ", "), tensor.storage.elements),
                        where);
}

PickledTensor checkedTensor(std::string_view name, const Value &value, const std::string &where)
{
    if (!isUtf8(name))
        throw Exception(ErrorCode::BadFormat, "expected names in UTF-8, found other bytes", where);
    const std::string place = fmt::format("{}: {}", where, name);
    const auto *const *tensor = std::get_if<const pickle::Tensor *>(&value);
    if (!tensor)
        throw Exception(ErrorCode::BadFormat, fmt::format("expected a tensor, found {}", kind(value)), place);
    const auto &storage = (*tensor)->storage;
    if (!isUtf8(storage.key) || storage.key.find('\0') != std::string_view::npos)
        throw Exception(ErrorCode::BadFormat, "expected the key of a storage as text, found other bytes", place);
    checkView(**tensor, place);
    return {std::string(name), std::string(storage.key), storage.dtype,     storage.elements,
            (*tensor)->offset, (*tensor)->shape,         (*tensor)->strides};
}

/// Every storage is described alike by all tensors that share it.
void checkStorages(const std::vector<PickledTensor> &tensors, const std::string &where)
{
    std::map<std::string_view, const PickledTensor *> first;
    for (const auto &tensor : tensors) {
        const auto *other = first.try_emplace(tensor.storage, &tensor).first->second;
        if (other->dtype != tensor.dtype || other->storageElements != tensor.storageElements)
            throw Exception(ErrorCode::BadFormat,
                            fmt::format("expected storage '{}' as {} elements of {} as in '{}', found {} of {}",
                                        tensor.storage, other->storageElements, name(other->dtype), other->name,
                                        tensor.storageElements, name(tensor.dtype)),
                            where + ": " + tensor.name);
    }
}

/// Data-parallel training puts this in front of all names.
void dropCommonPrefix(std::vector<PickledTensor> &tensors)
{
    constexpr std::string_view prefix = "module.";
    if (std::all_of(tensors.begin(), tensors.end(),
                    [&](const auto &tensor) { return tensor.name.starts_with(prefix); }))
        for (auto &tensor : tensors)
            tensor.name.erase(0, prefix.size());
}

} // namespace

Result<std::vector<PickledTensor>> readPickledTensors(std::span<const std::byte> bytes, const std::string &where,
                                                      const PickleLimits &limits)
{
    try {
        pickle::Machine machine(bytes, where, limits);
        std::vector<PickledTensor> tensors;
        for (const auto &[name, value] : stateDict(machine.run(), where).entries)
            tensors.push_back(checkedTensor(name, value, where));
        if (tensors.empty())
            return failure(ErrorCode::BadFormat, "expected a dict of tensors, found an empty one", where);
        checkStorages(tensors, where);
        dropCommonPrefix(tensors);
        std::sort(tensors.begin(), tensors.end(), [](const auto &a, const auto &b) { return a.name < b.name; });
        return tensors;
    } catch (const Exception &exception) {
        return tl::unexpected(exception.error());
    }
}

} // namespace ecdysis::io

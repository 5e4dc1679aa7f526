// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/io/atomic_file.h"

namespace ecdysis::io {

static_assert(std::endian::native == std::endian::little,
              "the format is little-endian and is used as it lies in memory");

namespace {

constexpr std::size_t headerAlignment = 8;

TensorBytes alignedCopy(std::span<const std::byte> bytes)
{
    // new aligns for every element type there is.
    std::shared_ptr<std::byte[]> buffer(new std::byte[bytes.size()]);
    std::memcpy(buffer.get(), bytes.data(), bytes.size());
    return {{buffer.get(), bytes.size()}, buffer};
}

bool writtenBefore(const PendingTensor *a, const PendingTensor *b)
{
    return byteSize(a->dtype) != byteSize(b->dtype) ? byteSize(a->dtype) > byteSize(b->dtype) : a->name < b->name;
}

Result<void> checkTensor(const PendingTensor &tensor, const std::string &where)
{
    const std::string place = where + ": " + tensor.name;
    if (tensor.name == "__metadata__")
        return failure(ErrorCode::InvalidArgument, "expected the name of a tensor, found the reserved '__metadata__'",
                       place);
    if (!checkedElements(tensor.shape, tensor.dtype))
        return failure(ErrorCode::InvalidArgument,
                       fmt::format("expected a shape, found [{}]", fmt::join(tensor.shape, ", ")), place);
    return {};
}

Result<void> checkBytes(const PendingTensor &tensor, std::size_t bytes, const std::string &where)
{
    if (static_cast<std::size_t>(tensor.size()) == bytes)
        return {};
    return failure(ErrorCode::InvalidArgument,
                   fmt::format("expected bytes for shape [{}] of {}, found {}", fmt::join(tensor.shape, ", "),
                               name(tensor.dtype), bytes),
                   where + ": " + tensor.name);
}

Result<std::vector<const PendingTensor *>> inWritingOrder(std::span<const PendingTensor> tensors,
                                                          const std::string &where)
{
    std::vector<const PendingTensor *> order;
    std::vector<std::string_view> names;
    for (const auto &tensor : tensors) {
        if (auto valid = checkTensor(tensor, where); !valid)
            return tl::unexpected(valid.error());
        order.push_back(&tensor);
        names.push_back(tensor.name);
    }
    std::sort(names.begin(), names.end());
    if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end())
        return failure(ErrorCode::InvalidArgument, "expected every name once, found this one twice",
                       fmt::format("{}: {}", where, *twice));
    std::sort(order.begin(), order.end(), writtenBefore);
    return order;
}

Result<std::string> headerText(const std::vector<const PendingTensor *> &order,
                               const std::map<std::string, std::string> &metadata, const std::string &where)
{
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!metadata.empty())
        header["__metadata__"] = metadata;
    std::uint64_t position = 0;
    for (const auto *tensor : order) {
        const std::uint64_t end = position + static_cast<std::uint64_t>(tensor->size());
        // Not operator[]: it searches all the entries before.
        header.get_ref<nlohmann::ordered_json::object_t &>().emplace_back(
            tensor->name, nlohmann::ordered_json{{"dtype", name(tensor->dtype)},
                                                 {"shape", tensor->shape},
                                                 {"data_offsets", {position, end}}});
        position = end;
    }
    try {
        std::string text = header.dump();
        text.resize((text.size() + headerAlignment - 1) / headerAlignment * headerAlignment, ' ');
        return text;
    } catch (const nlohmann::json::exception &) {
        return failure(ErrorCode::InvalidArgument, "expected names and metadata in UTF-8, found other bytes", where);
    }
}

} // namespace

SafetensorsFile::SafetensorsFile(MappedFile file, std::string where, SafetensorsHeader header)
    : m_file(std::move(file)), m_where(std::move(where)), m_metadata(std::move(header.metadata))
{
    std::sort(header.entries.begin(), header.entries.end(),
              [](const auto &a, const auto &b) { return a.info.name < b.info.name; });
    for (auto &entry : header.entries) {
        m_tensors.push_back(std::move(entry.info));
        m_begins.push_back(header.dataOffset + entry.begin);
    }
}

Result<SafetensorsFile> SafetensorsFile::open(const std::filesystem::path &path)
{
    auto file = MappedFile::open(path);
    if (!file)
        return tl::unexpected(file.error());
    auto header = parseSafetensorsHeader(file->bytes(), path.string());
    if (!header)
        return tl::unexpected(header.error());
    return SafetensorsFile(std::move(*file), path.string(), std::move(*header));
}

Result<std::size_t> SafetensorsFile::indexOf(std::string_view name) const
{
    const auto found = std::lower_bound(m_tensors.begin(), m_tensors.end(), name,
                                        [](const TensorInfo &info, std::string_view key) { return info.name < key; });
    if (found == m_tensors.end() || found->name != name)
        return failure(ErrorCode::NotFound, "expected a tensor of this name, found none",
                       fmt::format("{}: {}", m_where, name));
    return static_cast<std::size_t>(found - m_tensors.begin());
}

Result<std::span<const std::byte>> SafetensorsFile::bytes(std::string_view name) const
{
    const auto index = indexOf(name);
    if (!index)
        return tl::unexpected(index.error());
    return m_file.bytes().subspan(m_begins[*index], static_cast<std::size_t>(m_tensors[*index].bytes()));
}

Result<TensorBytes> SafetensorsFile::read(std::string_view name) const
{
    const auto index = indexOf(name);
    if (!index)
        return tl::unexpected(index.error());
    const auto data = m_file.bytes().subspan(m_begins[*index], static_cast<std::size_t>(m_tensors[*index].bytes()));
    if (reinterpret_cast<std::uintptr_t>(data.data()) % byteSize(m_tensors[*index].dtype) != 0)
        return alignedCopy(data);
    return TensorBytes{data, m_file.keepAlive()};
}

Result<void> writeSafetensors(const std::filesystem::path &file, std::span<const TensorView> tensors,
                              const std::map<std::string, std::string> &metadata)
{
    std::vector<PendingTensor> pending;
    for (const TensorView &view : tensors) {
        pending.push_back({view.name, view.dtype, view.shape, [&view] { return TensorBytes{view.bytes, {}}; }});
        if (auto fits = checkBytes(pending.back(), view.bytes.size(), file.string()); !fits)
            return fits;
    }
    return writeSafetensors(file, pending, metadata);
}

Result<void> writeSafetensors(const std::filesystem::path &file, std::span<const PendingTensor> tensors,
                              const std::map<std::string, std::string> &metadata)
{
    const auto order = inWritingOrder(tensors, file.string());
    if (!order)
        return tl::unexpected(order.error());
    const auto text = headerText(*order, metadata, file.string());
    if (!text)
        return tl::unexpected(text.error());
    return writeAtomically(file, [&](std::ostream &stream) -> Result<void> {
        const auto length = static_cast<std::uint64_t>(text->size());
        stream.write(reinterpret_cast<const char *>(&length), sizeof(length));
        stream.write(text->data(), static_cast<std::streamsize>(text->size()));
        for (const auto *tensor : *order) {
            const auto data = tensor->bytes();
            if (!data)
                return tl::unexpected(data.error());
            if (auto fits = checkBytes(*tensor, data->bytes.size(), file.string()); !fits)
                return fits;
            stream.write(reinterpret_cast<const char *>(data->bytes.data()),
                         static_cast<std::streamsize>(data->bytes.size()));
        }
        return {};
    });
}

} // namespace ecdysis::io

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/torch_zip.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include "core/io/mapped_file.h"
#include "core/io/pickle.h"
#include "core/io/zip_archive.h"

namespace ecdysis::io {

struct TorchFile::Contents
{
    std::string where;
    std::string folder; ///< of the archive's entries, with its slash
    ZipArchive archive;
    std::vector<PickledTensor> views; ///< beside tensors
    std::vector<TensorInfo> tensors;
    std::vector<std::pair<std::string, std::string>> aliases;
};

namespace {

constexpr std::uint64_t longestPickle = std::uint64_t{256} << 20;

/// Files of torch before 1.6 are a pickle that begins with this number, or a tar archive.
Result<void> checkKind(const std::filesystem::path &path)
{
    const auto file = MappedFile::open(path);
    if (!file)
        return tl::unexpected(file.error());
    const auto startsWith = [&](auto... values) {
        const std::array expected{static_cast<std::byte>(values)...};
        return file->bytes().size() >= expected.size() &&
               std::equal(expected.begin(), expected.end(), file->bytes().begin());
    };
    if (startsWith(0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19))
        return failure(ErrorCode::Unsupported,
                       "expected a file of torch.save 1.6 or later (a zip archive), found the older form",
                       path.string());
    if (!startsWith('P', 'K', 3, 4))
        return failure(ErrorCode::BadFormat, "expected a zip archive of torch.save, found something else",
                       path.string());
    return {};
}

/// The one top folder that holds data.pkl, with its slash.
Result<std::string> findFolder(const ZipArchive &archive, const std::string &where)
{
    constexpr std::string_view pickleName = "/data.pkl";
    std::optional<std::string> folder;
    for (const auto &[name, size] : archive.sizes()) {
        if (!name.ends_with(pickleName) || name.find('/') != name.size() - pickleName.size())
            continue;
        if (folder)
            return failure(ErrorCode::BadFormat, "expected one data.pkl, found several", where);
        folder = name.substr(0, name.size() - pickleName.size() + 1);
    }
    if (!folder)
        return failure(ErrorCode::BadFormat, "expected an entry data.pkl in the top folder, found none", where);
    return *folder;
}

Result<void> checkByteOrder(const ZipArchive &archive, const std::string &folder, const std::string &where)
{
    const std::string name = folder + "byteorder";
    if (!archive.sizes().contains(name))
        return {};
    const auto record = archive.read(name);
    if (!record)
        return tl::unexpected(record.error());
    const std::string order(reinterpret_cast<const char *>(record->data.get()),
                            std::min<std::size_t>(record->size, 16));
    if (order != "little")
        return failure(ErrorCode::Unsupported, fmt::format("expected byte order 'little', found '{}'", order),
                       where + ": " + name);
    return {};
}

Result<std::vector<PickledTensor>> readViews(const ZipArchive &archive, const std::string &folder,
                                             const std::string &where)
{
    const std::string name = folder + "data.pkl";
    if (archive.sizes().at(name) > longestPickle)
        return failure(
            ErrorCode::BadFormat,
            fmt::format("expected a pickle of at most {} bytes, found {}", longestPickle, archive.sizes().at(name)),
            where + ": " + name);
    const auto record = archive.read(name);
    if (!record)
        return tl::unexpected(record.error());
    return readPickledTensors(record->bytes(), where + ": " + name);
}

std::string recordName(const std::string &folder, const PickledTensor &view)
{
    return folder + "data/" + view.storage;
}

/// Every storage has its record, of just its size.
Result<void> checkRecords(const ZipArchive &archive, const std::string &folder, const std::vector<PickledTensor> &views,
                          const std::string &where)
{
    for (const auto &view : views) {
        const std::string place = where + ": " + view.name;
        const auto record = archive.sizes().find(recordName(folder, view));
        if (record == archive.sizes().end())
            return failure(ErrorCode::BadFormat,
                           fmt::format("expected the entry '{}', found none", recordName(folder, view)), place);
        const auto bytes = checkedElements({view.storageElements}, view.dtype);
        if (!bytes || static_cast<std::uint64_t>(*bytes) * byteSize(view.dtype) != record->second)
            return failure(ErrorCode::BadFormat,
                           fmt::format("expected {} elements of {} in the entry '{}', found {} bytes",
                                       view.storageElements, name(view.dtype), record->first, record->second),
                           place);
    }
    return {};
}

std::vector<std::pair<std::string, std::string>> findAliases(const std::vector<PickledTensor> &views)
{
    using View = std::tuple<std::string_view, std::int64_t, std::vector<std::int64_t>, std::vector<std::int64_t>>;
    std::map<View, std::string> first;
    std::vector<std::pair<std::string, std::string>> aliases;
    for (const auto &view : views) {
        const auto [entry, isFirst] =
            first.try_emplace({view.storage, view.offset, view.shape, view.strides}, view.name);
        if (!isFirst)
            aliases.emplace_back(view.name, entry->second);
    }
    return aliases;
}

bool isContiguous(const PickledTensor &view)
{
    std::int64_t expected = 1;
    for (std::size_t i = view.shape.size(); i-- > 0;) {
        if (view.shape[i] != 1 && view.strides[i] != expected)
            return false;
        expected *= view.shape[i];
    }
    return true;
}

/// Copies the elements of a view in row-major order. Requires: it has some.
TensorBytes gather(const PickledTensor &view, const RecordBytes &record, std::size_t bytes)
{
    const std::size_t itemSize = byteSize(view.dtype);
    const std::shared_ptr<std::byte[]> buffer(new std::byte[bytes]);
    std::vector<std::int64_t> index(view.shape.size(), 0);
    std::int64_t source = view.offset;
    for (std::size_t target = 0; target < bytes; target += itemSize) {
        std::memcpy(buffer.get() + target, record.data.get() + static_cast<std::size_t>(source) * itemSize, itemSize);
        for (std::size_t i = index.size(); i-- > 0;) {
            source += view.strides[i];
            if (++index[i] < view.shape[i])
                break;
            source -= view.strides[i] * view.shape[i];
            index[i] = 0;
        }
    }
    return {{buffer.get(), bytes}, buffer};
}

} // namespace

Result<TorchFile> TorchFile::open(const std::filesystem::path &path)
{
    const std::string where = path.string();
    if (auto known = checkKind(path); !known)
        return tl::unexpected(known.error());
    auto archive = ZipArchive::open(path);
    if (!archive)
        return tl::unexpected(archive.error());
    const auto folder = findFolder(*archive, where);
    if (!folder)
        return tl::unexpected(folder.error());
    if (auto little = checkByteOrder(*archive, *folder, where); !little)
        return tl::unexpected(little.error());
    auto views = readViews(*archive, *folder, where);
    if (!views)
        return tl::unexpected(views.error());
    if (auto matched = checkRecords(*archive, *folder, *views, where); !matched)
        return tl::unexpected(matched.error());
    std::vector<TensorInfo> tensors;
    for (const auto &view : *views)
        tensors.push_back({view.name, view.dtype, view.shape, path.filename().string()});
    auto aliases = findAliases(*views);
    return TorchFile(std::make_shared<const Contents>(
        Contents{where, *folder, std::move(*archive), std::move(*views), std::move(tensors), std::move(aliases)}));
}

const std::vector<TensorInfo> &TorchFile::tensors() const
{
    return m_contents->tensors;
}

const std::vector<std::pair<std::string, std::string>> &TorchFile::aliases() const
{
    return m_contents->aliases;
}

Result<TensorBytes> TorchFile::read(std::string_view name, const std::stop_token &stop) const
{
    const auto &views = m_contents->views;
    const auto view =
        std::lower_bound(views.begin(), views.end(), name,
                         [](const PickledTensor &tensor, std::string_view key) { return tensor.name < key; });
    if (view == views.end() || view->name != name)
        return failure(ErrorCode::NotFound, "expected a tensor of this name, found none",
                       fmt::format("{}: {}", m_contents->where, name));
    const auto record = m_contents->archive.read(recordName(m_contents->folder, *view), stop);
    if (!record)
        return tl::unexpected(record.error());
    const auto elements = static_cast<std::size_t>(*checkedElements(view->shape, view->dtype));
    const std::size_t bytes = elements * byteSize(view->dtype);
    if (elements > 0 && !isContiguous(*view))
        return gather(*view, *record, bytes);
    return TensorBytes{record->bytes().subspan(static_cast<std::size_t>(view->offset) * byteSize(view->dtype), bytes),
                       record->data};
}

} // namespace ecdysis::io

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/checkpoint.h"

#include <algorithm>
#include <set>
#include <variant>

#include <fmt/format.h>

#include "core/io/safetensors.h"
#include "core/io/sha256.h"
#include "core/io/torch_zip.h"
#include "core/io/weight_shards.h"

namespace ecdysis::io {

namespace fs = std::filesystem;

namespace {

using WeightFile = std::variant<SafetensorsFile, TorchFile>;

const std::vector<TensorInfo> &tensorsOf(const WeightFile &file)
{
    return std::visit([](const auto &held) -> const std::vector<TensorInfo> & { return held.tensors(); }, file);
}

Result<TensorBytes> readFrom(const WeightFile &file, std::string_view name, const std::stop_token &stop)
{
    if (const auto *torch = std::get_if<TorchFile>(&file))
        return torch->read(name, stop);
    return std::get<SafetensorsFile>(file).read(name);
}

template <typename File> Result<WeightFile> openAs(const fs::path &path)
{
    auto file = File::open(path);
    if (!file)
        return tl::unexpected(file.error());
    return WeightFile(std::move(*file));
}

/// A container a model folder may have: how one file is called, how the index of several, how either is opened.
struct Container
{
    const char *single;
    const char *index;
    Result<WeightFile> (*open)(const fs::path &);
};

/// In the order in which transformers looks, then what it does not know.
constexpr Container containers[] = {
    {"model.safetensors", "model.safetensors.index.json", &openAs<SafetensorsFile>},
    {"pytorch_model.bin", "pytorch_model.bin.index.json", &openAs<TorchFile>},
    {"consolidated.safetensors", "consolidated.safetensors.index.json", &openAs<SafetensorsFile>}, // Mistral's own
};

/// Every tensor of the shard is mapped, and to it. Counts those it has, so that missing ones show.
Result<void> checkShard(const WeightFile &file, const std::string &name, const ShardMap &map, const fs::path &index)
{
    std::size_t expected = 0;
    for (const auto &[tensor, shard] : map)
        expected += shard == name ? 1 : 0;
    const auto &tensors = tensorsOf(file);
    for (const auto &info : tensors) {
        const auto mapped = map.find(info.name);
        if (mapped == map.end() || mapped->second != name)
            return failure(ErrorCode::Mismatch,
                           fmt::format("expected this tensor where {} says ({}), found it in {}",
                                       index.filename().string(), mapped == map.end() ? "nowhere" : mapped->second,
                                       name),
                           fmt::format("{}: {}", (index.parent_path() / name).string(), info.name));
    }
    if (tensors.size() == expected)
        return {};
    for (const auto &[tensor, shard] : map)
        if (shard == name && std::none_of(tensors.begin(), tensors.end(), [&expectedName = tensor](const auto &info) {
                return info.name == expectedName;
            }))
            return failure(ErrorCode::Mismatch,
                           fmt::format("expected this tensor as {} says, found none", index.filename().string()),
                           fmt::format("{}: {}", (index.parent_path() / name).string(), tensor));
    return {};
}

Result<std::vector<WeightFile>> openShards(const fs::path &index, const Container &container)
{
    const auto map = readShardIndex(index);
    if (!map)
        return tl::unexpected(map.error());
    std::set<std::string> names;
    for (const auto &[tensor, name] : *map)
        names.insert(name);
    std::vector<WeightFile> files;
    for (const auto &name : names) {
        auto file = container.open(index.parent_path() / name);
        if (!file)
            return tl::unexpected(file.error());
        if (auto agrees = checkShard(*file, name, *map, index); !agrees)
            return tl::unexpected(agrees.error());
        files.push_back(std::move(*file));
    }
    return files;
}

Result<std::vector<WeightFile>> openFiles(const fs::path &folder)
{
    std::error_code ignored; // what cannot be looked at is not there; opening says why
    for (const auto &container : containers) {
        if (fs::exists(folder / container.single, ignored)) {
            auto file = container.open(folder / container.single);
            if (!file)
                return tl::unexpected(file.error());
            return std::vector<WeightFile>{std::move(*file)};
        }
        if (fs::exists(folder / container.index, ignored))
            return openShards(folder / container.index, container);
    }
    return failure(ErrorCode::NotFound,
                   "expected model.safetensors or pytorch_model.bin, or the index of their shards, found none",
                   folder.string());
}

} // namespace

struct Checkpoint::Contents
{
    std::vector<WeightFile> files;
    std::vector<TensorInfo> tensors;
    std::vector<std::size_t> fileOf; ///< beside tensors
    std::vector<std::pair<std::string, std::string>> aliases;
};

Result<Checkpoint> Checkpoint::open(const fs::path &folder)
{
    auto files = openFiles(folder);
    if (!files)
        return tl::unexpected(files.error());
    Contents contents;
    contents.files = std::move(*files);
    std::vector<std::pair<const TensorInfo *, std::size_t>> order;
    for (std::size_t i = 0; i < contents.files.size(); ++i) {
        for (const auto &info : tensorsOf(contents.files[i]))
            order.emplace_back(&info, i);
        if (const auto *torch = std::get_if<TorchFile>(&contents.files[i]))
            contents.aliases.insert(contents.aliases.end(), torch->aliases().begin(), torch->aliases().end());
    }
    std::sort(order.begin(), order.end(), [](const auto &a, const auto &b) { return a.first->name < b.first->name; });
    for (const auto &[info, file] : order) {
        contents.tensors.push_back(*info);
        contents.fileOf.push_back(file);
    }
    std::sort(contents.aliases.begin(), contents.aliases.end());
    return Checkpoint(std::make_shared<const Contents>(std::move(contents)));
}

const std::vector<TensorInfo> &Checkpoint::tensors() const
{
    return m_contents->tensors;
}

const TensorInfo *Checkpoint::find(std::string_view name) const
{
    const auto &tensors = m_contents->tensors;
    const auto found = std::lower_bound(tensors.begin(), tensors.end(), name,
                                        [](const TensorInfo &info, std::string_view key) { return info.name < key; });
    return found == tensors.end() || found->name != name ? nullptr : &*found;
}

const std::vector<std::pair<std::string, std::string>> &Checkpoint::aliases() const
{
    return m_contents->aliases;
}

Result<TensorBytes> Checkpoint::read(std::string_view name, const std::stop_token &stop) const
{
    const auto *info = find(name);
    if (!info)
        return failure(ErrorCode::NotFound, "expected a tensor of this name, found none", std::string(name));
    const auto index = static_cast<std::size_t>(info - m_contents->tensors.data());
    return readFrom(m_contents->files[m_contents->fileOf[index]], name, stop);
}

namespace {

/// Type and shape go in before the bytes, lengths before texts, so that no two models are fed alike.
void describe(const TensorInfo &info, Sha256 &digest)
{
    const auto addText = [&](std::string_view text) {
        digest.update(static_cast<std::uint64_t>(text.size()));
        digest.update(text);
    };
    addText(info.name);
    addText(name(info.dtype));
    digest.update(static_cast<std::uint64_t>(info.shape.size()));
    for (const auto size : info.shape)
        digest.update(static_cast<std::uint64_t>(size));
}

} // namespace

Result<std::string> Checkpoint::fingerprint(const Run &run) const
{
    constexpr std::size_t chunk = std::size_t{16} << 20;
    double total = 0;
    for (const auto &info : tensors())
        total += static_cast<double>(info.bytes());
    ProgressMeter meter(run, "fingerprint", total);
    Sha256 digest;
    for (const auto &info : tensors()) {
        const auto data = read(info.name, run.stop);
        if (!data)
            return tl::unexpected(data.error());
        describe(info, digest);
        for (std::size_t at = 0; at < data->bytes.size(); at += chunk) {
            if (run.stopRequested())
                return failure(ErrorCode::Cancelled, "stopped while computing the fingerprint", info.name);
            const auto part = data->bytes.subspan(at, std::min(chunk, data->bytes.size() - at));
            digest.update(part);
            meter.advance(static_cast<double>(part.size()));
        }
    }
    return digest.finish();
}

} // namespace ecdysis::io

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/weight_writer.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/io/atomic_file.h"
#include "core/io/safetensors.h"
#include "core/io/torch_writer.h"

namespace ecdysis::io {

namespace {

using Aliases = std::vector<std::pair<std::string, std::string>>;
using Shard = std::span<const PendingTensor>;

struct Container
{
    const char *name;
    const char *stem;
    const char *extension;
    Result<void> (*write)(const std::filesystem::path &, Shard, const Aliases &);
};

Result<void> writeShardOfSafetensors(const std::filesystem::path &file, Shard tensors, const Aliases &)
{
    return writeSafetensors(file, tensors);
}

Result<void> writeShardOfTorch(const std::filesystem::path &file, Shard tensors, const Aliases &aliases)
{
    return writeTorchFile(file, tensors, aliases);
}

constexpr Container containers[] = {{"safetensors", "model", "safetensors", &writeShardOfSafetensors},
                                    {"bin", "pytorch_model", "bin", &writeShardOfTorch}};

/// Runs of tensors, each as long as fits.
std::vector<Shard> shardsOf(const std::vector<PendingTensor> &tensors, std::int64_t most)
{
    std::vector<Shard> shards;
    std::size_t first = 0;
    std::int64_t bytes = 0;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        if (i > first && bytes + tensors[i].size() > most) {
            shards.emplace_back(&tensors[first], i - first);
            first = i;
            bytes = 0;
        }
        bytes += tensors[i].size();
    }
    shards.emplace_back(tensors.data() + first, tensors.size() - first);
    return shards;
}

/// The aliases of tensors that a shard holds.
Aliases within(Shard shard, const Aliases &aliases)
{
    Aliases result;
    for (const auto &alias : aliases)
        if (std::ranges::find(shard, alias.second, &PendingTensor::name) != shard.end())
            result.push_back(alias);
    return result;
}

} // namespace

Result<void> writeWeights(const std::filesystem::path &folder, const WeightFiles &weights)
{
    const auto *container = std::ranges::find(containers, weights.container, &Container::name);
    if (container == std::end(containers))
        return failure(ErrorCode::InvalidArgument,
                       fmt::format("expected a container safetensors or bin, found {}", weights.container),
                       folder.string());
    const std::vector<Shard> shards = shardsOf(weights.tensors, weights.shardBytes);
    if (shards.size() == 1)
        return container->write(folder / fmt::format("{}.{}", container->stem, container->extension), shards[0],
                                weights.aliases);
    nlohmann::json map;
    std::int64_t total = 0;
    for (std::size_t i = 0; i < shards.size(); ++i) {
        const std::string file =
            fmt::format("{}-{:05}-of-{:05}.{}", container->stem, i + 1, shards.size(), container->extension);
        const Aliases aliases = within(shards[i], weights.aliases);
        if (auto written = container->write(folder / file, shards[i], aliases); !written)
            return written;
        for (const PendingTensor &tensor : shards[i]) {
            map[tensor.name] = file;
            total += tensor.size();
        }
        for (const auto &alias : aliases)
            map[alias.first] = file;
    }
    const nlohmann::json index{{"metadata", {{"total_size", total}}}, {"weight_map", std::move(map)}};
    return writeAtomically(folder / fmt::format("{}.{}.index.json", container->stem, container->extension),
                           [&](std::ostream &stream) -> Result<void> {
                               stream << index.dump(2) << "\n";
                               return {};
                           });
}

} // namespace ecdysis::io

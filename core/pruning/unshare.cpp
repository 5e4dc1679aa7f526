// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/unshare.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/exception.h"
#include "core/io/atomic_file.h"
#include "core/io/atomic_folder.h"
#include "core/io/weight_writer.h"
#include "core/pruning/model_companions.h"
#include "core/stop.h"
#include "core/torch.h"
#include "core/weights.h"

namespace ecdysis::pruning {

namespace fs = std::filesystem;

using architectures::Blueprint;
using architectures::Parameter;

namespace {

/// How many sets of weights layers take in turn: a config that has this key can give each layer its own.
constexpr const char *setsKey = "num_mem_blocks";
/// In the names of low-rank adapters, behind what they are added to.
constexpr std::string_view adapterMark = "_adapter_list.";

std::vector<int> hybridLayers(const Blueprint &blueprint)
{
    std::vector<int> layers;
    for (int layer = 0; layer < blueprint.layers(); ++layer)
        if (blueprint.layerTypes[static_cast<std::size_t>(layer)] == "hybrid")
            layers.push_back(layer);
    return layers;
}

void check(const ModelFiles &files)
{
    const std::string folder = files.card.folder.string();
    const auto isShared = [](const Parameter &parameter) { return parameter.layers.size() > 1; };
    if (!files.config.has(setsKey) || std::ranges::none_of(files.blueprint.parameters, isShared))
        throw Exception(ErrorCode::InvalidArgument,
                        fmt::format("expected layers that share weights, and a config with \"{}\", found a {} without",
                                    setsKey, files.architecture->title),
                        folder);
    if (!files.gone.empty() || !files.bypassed.empty())
        throw Exception(ErrorCode::Unsupported,
                        fmt::format("expected a whole model, to be cut afterwards, found one without {}",
                                    (files.gone.empty() ? files.bypassed : files.gone).front().id),
                        folder);
}

/// As many sets of weights as there are layers that use them. What adapters add is merged; loaders want those of MLPs
/// all the same, which have rank 1 and are zero.
io::Config unsharedConfig(const ModelFiles &files)
{
    return files.config.with(setsKey, hybridLayers(files.blueprint).size())
        .with("use_shared_attention_adapter", false)
        .with("adapter_rank", 1);
}

/// The name of what is added to a projection: "…gate_up_proj" has "…gate_up_proj_adapter_list", "…q_proj"
/// "…linear_q_adapter_list".
std::string adapterOf(const std::string &weight, std::size_t ordinal, int matrix)
{
    std::string path = weight.substr(0, weight.rfind('.'));
    for (const char *projection : {"q", "k", "v"})
        if (const std::string ending = fmt::format(".{}_proj", projection); path.ends_with(ending))
            path = fmt::format("{}.linear_{}", path.substr(0, path.size() - ending.size()), projection);
    return fmt::format("{}{}{}.{}.weight", path, adapterMark, ordinal, matrix);
}

/// Writes one model; its members are what the steps share.
class UnsharedWriter
{
public:
    UnsharedWriter(const ModelFiles &files, const Run &run)
        : m_files(files), m_run(run), m_config(unsharedConfig(files)),
          m_blueprint(architectures::blueprintOf(*files.architecture, m_config)), m_hybrid(hybridLayers(m_blueprint))
    {
        for (const Parameter &parameter : files.blueprint.parameters) {
            m_parents[parameter.name] = parameter.name;
            for (const std::string &other : parameter.otherNames)
                m_parents[other] = parameter.name;
        }
    }

    ExportReport write(const fs::path &target, std::int64_t shardBytes) const
    {
        ExportReport report;
        io::writeFolderAtomically(target, [&](const fs::path &folder) {
            writeConfig(folder);
            valueOrThrow(io::writeWeights(folder, weights(shardBytes)));
            copyCompanions(m_files.card.folder, folder);
            const ModelCard card = openModelFiles(folder).card;
            report = {.files = {},
                      .parameters = card.parameters,
                      .bytes = card.bytes,
                      .layout = card.layout,
                      .loaders = {"transformers"},
                      .reasons = {}};
            for (const auto &entry : fs::directory_iterator(folder))
                report.files.push_back(entry.path().filename().string());
        });
        std::ranges::sort(report.files);
        return report;
    }

private:
    void writeConfig(const fs::path &folder) const
    {
        nlohmann::json config = m_config.json();
        config.erase("ecdysis");
        valueOrThrow(io::writeAtomically(folder / "config.json", [&](std::ostream &stream) -> Result<void> {
            stream << io::configText(config);
            return {};
        }));
    }

    io::WeightFiles weights(std::int64_t shardBytes) const
    {
        io::WeightFiles weights{.container = "safetensors", .shardBytes = shardBytes, .tensors = {}, .aliases = {}};
        for (const Parameter &parameter : m_blueprint.parameters)
            if (parameter.tiedTo.empty())
                weights.tensors.push_back({.name = parameter.name,
                                           .dtype = m_files.checkpoint.find(storedName(parameter.name))->dtype,
                                           .shape = parameter.shape,
                                           .bytes = [this, &parameter]() -> Result<io::TensorBytes> {
                                               throwIfStopped(m_run);
                                               return bytesOf(made(parameter));
                                           }});
        return weights;
    }

    /// Where the parent has a tensor, whose name may be that of another layer that shares it.
    const std::string &storedName(const std::string &name) const { return m_files.storedNames.at(m_parents.at(name)); }

    at::Tensor stored(const std::string &name) const
    {
        return storedTensor(m_files.checkpoint, storedName(name), m_run);
    }

    /// In float32 where something is added, rounded once.
    at::Tensor made(const Parameter &parameter) const
    {
        const at::Tensor base = stored(parameter.name);
        if (parameter.name.find(adapterMark) != std::string::npos)
            return at::zeros(parameter.shape, base.options());
        const auto layer = std::ranges::find(m_hybrid, parameter.layer());
        const auto ordinal = static_cast<std::size_t>(layer - m_hybrid.begin());
        const std::string up = adapterOf(parameter.name, ordinal, 1);
        if (layer == m_hybrid.end() || !m_parents.contains(up))
            return base;
        const at::Tensor down = stored(adapterOf(parameter.name, ordinal, 0));
        return (base.to(at::kFloat) + at::mm(stored(up).to(at::kFloat), down.to(at::kFloat))).to(base.scalar_type());
    }

    const ModelFiles &m_files;
    const Run &m_run;
    const io::Config m_config;
    const Blueprint m_blueprint;
    const std::vector<int> m_hybrid;
    std::map<std::string, std::string> m_parents; ///< the parent's parameters by all names that they have
};

} // namespace

ExportReport writeUnshared(const ModelFiles &files, const fs::path &folder, std::int64_t shardBytes, const Run &run)
{
    check(files);
    const at::NoGradGuard noGradients;
    return UnsharedWriter(files, run).write(folder, shardBytes);
}

} // namespace ecdysis::pruning

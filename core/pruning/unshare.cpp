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

void check(const ModelFiles &files)
{
    const std::string folder = files.card.folder.string();
    const auto isShared = [](const Parameter &parameter) { return parameter.layers.size() > 1; };
    if (!files.architecture->unshared || std::ranges::none_of(files.blueprint.parameters, isShared))
        throw Exception(ErrorCode::InvalidArgument,
                        fmt::format("expected layers that share weights, and an architecture whose configs can give "
                                    "each its own, found a {} without",
                                    files.architecture->title),
                        folder);
    if (!files.gone.empty() || !files.bypassed.empty())
        throw Exception(ErrorCode::Unsupported,
                        fmt::format("expected a whole model, to be cut afterwards, found one without {}",
                                    (files.gone.empty() ? files.bypassed : files.gone).front().id),
                        folder);
}

/// Writes one model; its members are what the steps share.
class UnsharedWriter
{
public:
    UnsharedWriter(const ModelFiles &files, const Run &run)
        : m_files(files), m_run(run), m_config(files.architecture->unshared(files.config)),
          m_blueprint(architectures::blueprintOf(*files.architecture, m_config))
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

    /// The factors that a layer adds the product of to a weight of the parent, the one applied first in front; none or
    /// two.
    std::vector<std::string> adapters(const std::string &weight, int layer) const
    {
        std::vector<std::string> names;
        for (const Parameter &parameter : m_files.blueprint.parameters)
            if (parameter.adapts == weight && std::ranges::count(parameter.layers, layer) > 0)
                names.push_back(parameter.name);
        return names;
    }

    /// In float32 where something is added, rounded once.
    at::Tensor made(const Parameter &parameter) const
    {
        const at::Tensor base = stored(parameter.name);
        if (!parameter.adapts.empty())
            return at::zeros(parameter.shape, base.options());
        const auto factors = adapters(m_parents.at(parameter.name), parameter.layer());
        if (factors.empty())
            return base;
        const at::Tensor down = stored(factors.front()).to(at::kFloat), up = stored(factors.back()).to(at::kFloat);
        return (base.to(at::kFloat) + at::mm(up, down)).to(base.scalar_type());
    }

    const ModelFiles &m_files;
    const Run &m_run;
    const io::Config m_config;
    const Blueprint m_blueprint;
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

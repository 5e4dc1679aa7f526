// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/export.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "core/exception.h"
#include "core/io/atomic_file.h"
#include "core/io/atomic_folder.h"
#include "core/io/weight_writer.h"
#include "core/pruning/added_biases.h"
#include "core/pruning/cut_blueprint.h"
#include "core/pruning/cut_weights.h"
#include "core/pruning/entry_order.h"
#include "core/pruning/inventory.h"
#include "core/pruning/manifest.h"
#include "core/pruning/masks.h"
#include "core/pruning/model_companions.h"
#include "core/pruning/new_weights.h"
#include "core/pruning/shedder_config.h"
#include "core/pruning/written_form.h"
#include "core/stop.h"
#include "core/torch.h"
#include "core/weights.h"

namespace ecdysis::pruning {

namespace fs = std::filesystem;

using architectures::Blueprint;
using architectures::Parameter;

namespace {

/// The units of a plan, and those that go with the files as they are: parts that are only marked as gone, and blocks
/// of which nothing is left.
std::vector<Unit> unitsOf(const ModelFiles &files, const Plan &plan)
{
    const Inventory inventory(files.blueprint);
    std::vector<Unit> units = files.bypassed;
    std::ranges::copy(inventory.units(plan, "plan"), std::back_inserter(units));
    inventory.check(units, "plan");
    return settled(files.blueprint, units);
}

/// All that is gone of the model that the config describes.
std::vector<Unit> allGone(const ModelFiles &files, std::span<const Unit> units)
{
    std::vector<Unit> all = files.gone;
    const Blueprint whole = architectures::blueprintOf(*files.architecture, files.config);
    std::ranges::copy(inTermsOfWhole(whole, files.gone, units), std::back_inserter(all));
    return all;
}

/// Parameters of state spaces never lose digits: they are few, and rounding them changes decays over long ranges.
at::ScalarType typeOf(const Parameter &parameter, DType stored, const ExportRequest &request)
{
    const DType asked = request.dtype.value_or(stored);
    const bool keeps = parameter.precision == architectures::Precision::Ssm && byteSize(asked) <= byteSize(stored);
    return torchType(keeps ? stored : asked);
}

void check(const ExportRequest &request)
{
    const auto refuse = [](const std::string &message) { throw Exception(ErrorCode::InvalidArgument, message); };
    if (!request.layout.empty() && request.layout != "hf" && request.layout != "original")
        refuse(fmt::format("expected the layout hf or original, found {}", request.layout));
    if (!request.container.empty() && request.container != "safetensors" && request.container != "bin")
        refuse(fmt::format("expected the container safetensors or bin, found {}", request.container));
    if (request.dtype && *request.dtype != DType::F32 && *request.dtype != DType::BF16 && *request.dtype != DType::F16)
        refuse(fmt::format("expected weights of F32, BF16 or F16, found {}", name(*request.dtype)));
    if (request.shardBytes < 1)
        refuse(fmt::format("expected a size of files, found {}", request.shardBytes));
}

const char *nameInConfigs(DType type)
{
    switch (type) {
    case DType::BF16:
        return "bfloat16";
    case DType::F16:
        return "float16";
    default:
        return "float32";
    }
}

/// Writes one model; its members are what the steps share.
class Writer
{
public:
    Writer(const ModelFiles &files, const Plan &plan, const TensorSource &tensors, const ExportRequest &request,
           const Run &run)
        : m_files(files), m_plan(plan), m_tensors(tensors), m_request(request), m_run(run),
          m_units(unitsOf(files, plan)), m_blueprint(blueprintUnder(plan, files.blueprint)),
          m_form(writtenForm(*files.architecture, files.config, allGone(files, m_units), request.layout)),
          m_biases(biasesOf(m_blueprint)), m_writtenBlueprint(withBiases(m_form.blueprint, m_biases)),
          m_meter(run, "export", static_cast<double>(files.card.bytes))
    {
        for (const Parameter &parameter : m_writtenBlueprint.parameters)
            m_written[parameter.name] = &parameter;
    }

    ExportReport write()
    {
        ExportReport report;
        io::writeFolderAtomically(m_request.folder, [&](const fs::path &folder) {
            writeConfig(folder);
            valueOrThrow(io::writeWeights(folder, weights()));
            if (!m_form.rest.empty() || !m_biases.empty())
                writeText(folder / manifestName, manifestText(manifest()));
            if (m_request.intelConfig)
                writeText(folder / shedderConfigName, shedderConfig(m_plan, m_files.card).dump(2) + "\n");
            copyCompanions(m_files.card.folder, folder);
            report = check(folder);
        });
        return report;
    }

private:
    io::WeightFiles weights()
    {
        io::WeightFiles weights{
            .container = container(), .shardBytes = m_request.shardBytes, .tensors = {}, .aliases = {}};
        const Inventory inventory(m_blueprint);
        const Cut cut = inventory.cut(m_units);
        for (const Parameter &parameter : m_blueprint.parameters) {
            if (cut.tensors.contains(parameter.name))
                continue;
            const Parameter &written = *m_written.at(writtenName(parameter.name));
            if (!written.tiedTo.empty()) {
                // The software of the original layout wants the head in the file, as another name of the embedding.
                if (m_form.blueprint.layout == "original" && weights.container == "bin")
                    weights.aliases.emplace_back(written.name, m_spelled.at(written.tiedTo));
                continue;
            }
            weights.tensors.push_back(pending(parameter, written));
            m_spelled[written.name] = weights.tensors.back().name;
        }
        return weights;
    }

    /// Biases that no config promises, in the names that are written.
    std::set<std::string> biasesOf(const Blueprint &blueprint) const
    {
        std::set<std::string> biases;
        for (const Parameter &parameter : blueprint.parameters)
            if (const auto matrix = m_form.names.find(weightOf(parameter.name));
                matrix != m_form.names.end() && matrixWithout(biasOf(matrix->second), m_form.blueprint))
                biases.insert(biasOf(matrix->second));
        return biases;
    }

    std::string writtenName(const std::string &parameter) const
    {
        const auto known = m_form.names.find(parameter);
        return known != m_form.names.end() ? known->second : biasOf(m_form.names.at(weightOf(parameter)));
    }

    /// The stored tensor whose type a parameter has: its own, or, of an added bias, the matrix's.
    const TensorInfo &storedLike(const std::string &parameter) const
    {
        const auto own = m_files.storedNames.find(parameter);
        return *m_files.checkpoint.find(own != m_files.storedNames.end() ? own->second
                                                                         : m_files.storedNames.at(weightOf(parameter)));
    }

    std::string container() const
    {
        if (!m_request.container.empty())
            return m_request.container;
        return m_form.blueprint.layout == "original" ? "bin" : "safetensors";
    }

    io::PendingTensor pending(const Parameter &parameter, const Parameter &written)
    {
        const TensorInfo &stored = storedLike(parameter.name);
        const at::ScalarType type = typeOf(parameter, stored.dtype, m_request);
        return {.name = spelling(parameter, written, stored.name),
                .dtype = dtypeOf(type),
                .shape = written.shape,
                .bytes = [this, name = parameter.name, type, bytes = stored.bytes()]() -> Result<io::TensorBytes> {
                    throwIfStopped(m_run);
                    io::TensorBytes result = bytesOf(m_tensors(name).to(type));
                    m_meter.advance(static_cast<double>(bytes));
                    return result;
                }};
    }

    /// Some names have further spellings: the file keeps the one that its parent has.
    std::string spelling(const Parameter &parameter, const Parameter &written, const std::string &stored) const
    {
        const auto other = std::ranges::find(parameter.otherNames, stored);
        if (m_form.blueprint.layout != m_files.blueprint.layout || other == parameter.otherNames.end() ||
            parameter.otherNames.size() != written.otherNames.size())
            return written.name;
        return written.otherNames[static_cast<std::size_t>(other - parameter.otherNames.begin())];
    }

    void writeConfig(const fs::path &folder) const
    {
        nlohmann::json config = m_form.config.json();
        config.erase("ecdysis");
        if (m_request.dtype)
            for (const char *key : {"dtype", "torch_dtype"})
                if (config.contains(key))
                    config[key] = nameInConfigs(*m_request.dtype);
        writeText(folder / fs::path(m_files.config.where()).filename(), io::configText(config));
    }

    static void writeText(const fs::path &file, const std::string &text)
    {
        valueOrThrow(io::writeAtomically(file, [&](std::ostream &stream) -> Result<void> {
            stream << text;
            return {};
        }));
    }

    Manifest manifest() const
    {
        Manifest manifest{.removed = {},
                          .tensors = {},
                          .biases = {m_biases.begin(), m_biases.end()},
                          .layers = {},
                          .reasons = reasons(),
                          .parent = {.fingerprint = valueOrThrow(m_files.checkpoint.fingerprint(m_run)),
                                     .architecture = m_files.card.architecture,
                                     .layers = m_files.card.layers,
                                     .parameters = m_files.card.parameters},
                          .plan = m_plan};
        for (const Unit &unit : m_form.rest)
            manifest.removed.push_back(unit.id);
        const Blueprint whole = architectures::blueprintOf(*m_files.architecture, m_form.config);
        for (const Parameter &parameter : whole.parameters)
            if (const auto left = m_written.find(parameter.name);
                left != m_written.end() && left->second->shape != parameter.shape)
                manifest.tensors[m_spelled.at(parameter.name)] = {parameter.shape, left->second->shape};
        for (int parent : m_form.layers)
            manifest.layers.push_back({.parent = parent, .removed = {}, .widths = {}});
        for (const Unit &unit : m_form.rest)
            if (unit.isPart())
                manifest.layers[static_cast<std::size_t>(unit.layer)].removed.push_back(unit.kind);
        for (const architectures::Axis &axis : m_form.blueprint.axes)
            manifest.layers[static_cast<std::size_t>(axis.layer)].widths[axis.kind] = axis.size;
        return manifest;
    }

    std::vector<std::string> reasons() const
    {
        std::vector<std::string> reasons = m_form.reasons;
        for (const std::string &bias : m_biases)
            reasons.push_back(
                fmt::format("{}: no stock loader of {} has this bias", bias, m_files.architecture->title));
        return reasons;
    }

    /// Opens what was written as anyone would, and compares counts.
    ExportReport check(const fs::path &folder) const
    {
        const ModelFiles written = openModelFiles(folder);
        std::int64_t expected = m_files.card.parameters;
        const Inventory inventory(m_blueprint);
        const Cut cut = inventory.cut(m_units);
        for (const Parameter &parameter : m_blueprint.parameters) {
            const auto partial = cut.partial.find(parameter.name);
            if (!parameter.tiedTo.empty())
                continue;
            if (!m_files.storedNames.contains(parameter.name))
                expected += c10::multiply_integers(parameter.shape);
            if (cut.tensors.contains(parameter.name))
                expected -= c10::multiply_integers(parameter.shape);
            else if (partial != cut.partial.end())
                expected -= elementsLost(parameter.shape, partial->second);
        }
        if (written.card.parameters != expected)
            throw Exception(
                ErrorCode::Internal,
                fmt::format("expected {} parameters to be written, found {}", expected, written.card.parameters),
                m_request.folder.string());
        ExportReport report{.files = {},
                            .parameters = written.card.parameters,
                            .bytes = written.card.bytes,
                            .layout = written.card.layout,
                            .loaders = m_biases.empty() ? m_form.loaders : std::vector<std::string>(),
                            .reasons = reasons()};
        for (const auto &entry : fs::directory_iterator(folder))
            report.files.push_back(entry.path().filename().string());
        std::ranges::sort(report.files);
        return report;
    }

    const ModelFiles &m_files;
    const Plan &m_plan;
    const TensorSource &m_tensors;
    const ExportRequest &m_request;
    const Run &m_run;
    const std::vector<Unit> m_units;
    const Blueprint m_blueprint; ///< of the parent, with the biases that the plan adds
    const WrittenForm m_form;
    const std::set<std::string> m_biases; ///< that no config promises, in the names that are written
    const Blueprint m_writtenBlueprint;   ///< m_form's, with them
    std::map<std::string, const Parameter *> m_written;
    std::map<std::string, std::string> m_spelled; ///< names in the file by those of the blueprint
    ProgressMeter m_meter;
};

} // namespace

TensorSource storedTensors(const ModelFiles &files, const Plan &plan)
{
    const Blueprint blueprint = blueprintUnder(plan, files.blueprint);
    const Cut cut = Inventory(blueprint).cut(unitsOf(files, countedAsStored(files.blueprint, plan)));
    const Masks masks = plan.masks ? readMasks(*plan.masks, files.blueprint) : Masks{};
    return [checkpoint = files.checkpoint, names = files.storedNames, cut, masks,
            changed = newWeightsOf(plan, files.blueprint)](const std::string &parameter) {
        const auto own = changed.find(parameter);
        at::Tensor stored = own != changed.end() ? own->second : storedTensor(checkpoint, names.at(parameter), {});
        if (const auto mask = masks.find(parameter); mask != masks.end())
            stored = masked(stored, mask->second);
        if (cut.zeroed.contains(parameter))
            stored = at::zeros_like(stored);
        const auto partial = cut.partial.find(parameter);
        return partial == cut.partial.end() ? stored : withoutIndices(stored, partial->second);
    };
}

ExportReport writeCut(const ModelFiles &files, const Plan &plan, const ExportRequest &request, const Run &run)
{
    if (unitsOf(files, countedAsStored(files.blueprint, plan)).empty() && !plan.masks && !plan.weights)
        throw Exception(ErrorCode::InvalidArgument,
                        "expected a plan that takes something from the model, found one without effect",
                        files.card.folder.string());
    return writeModel(files, plan, storedTensors(files, plan), request, run);
}

ExportReport writeModel(const ModelFiles &files, const Plan &plan, const TensorSource &tensors,
                        const ExportRequest &request, const Run &run)
{
    check(request);
    const at::NoGradGuard noGradients;
    const Plan stored = countedAsStored(files.blueprint, plan);
    return Writer(files, stored, tensors, request, run).write();
}

} // namespace ecdysis::pruning

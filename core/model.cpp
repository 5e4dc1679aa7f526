// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/model.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include <dlfcn.h>
#include <sched.h>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <torch/version.h>

#include "core/card.h"
#include "core/device.h"
#include "core/exception.h"
#include "core/huge_pages.h"
#include "core/layers/reduced_network.h"
#include "core/machine.h"
#include "core/pruning/added_biases.h"
#include "core/pruning/cut_blueprint.h"
#include "core/pruning/inventory.h"
#include "core/pruning/manifest.h"
#include "core/pruning/missing_parts.h"
#include "core/pruning/narrowed_widths.h"
#include "core/torch.h"
#include "core/weights.h"

namespace ecdysis {

namespace {

/// Processors this process may use.
int availableThreads()
{
#if defined(__linux__)
    cpu_set_t processors;
    if (sched_getaffinity(0, sizeof processors, &processors) == 0)
        return std::max(1, CPU_COUNT(&processors));
#endif
    return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

ComputeOptions resolved(ComputeOptions options)
{
    if (options.dtype != DType::F32 && options.dtype != DType::BF16)
        throw Exception(ErrorCode::InvalidArgument,
                        fmt::format("expected a compute type of F32 or BF16, found {}", name(options.dtype)));
    if (options.threads < 0)
        throw Exception(ErrorCode::InvalidArgument,
                        fmt::format("expected a number of threads, found {}", options.threads));
    if (options.threads == 0)
        options.threads = availableThreads();
    return options;
}

/// config.json, or the params.json that Mistral's own checkpoints have in its stead.
Result<io::Config> readConfig(const std::filesystem::path &folder)
{
    std::error_code ignored;
    if (!std::filesystem::exists(folder / "config.json", ignored) &&
        std::filesystem::exists(folder / "params.json", ignored))
        return io::Config::read(folder / "params.json");
    return io::Config::read(folder / "config.json");
}

/// The config with keys of our own, which architectures read beside those of the file.
io::Config withOwnKeys(const io::Config &config, const std::map<std::string, std::string> &keys)
{
    if (keys.empty())
        return config;
    nlohmann::json object = config.object("ecdysis").json();
    for (const auto &[name, value] : keys)
        object[name] = value;
    return config.with("ecdysis", std::move(object));
}

/// What the tensors tell that no config does.
std::map<std::string, std::string> storedForm(const io::Checkpoint &checkpoint)
{
    const bool stacked = std::ranges::any_of(
        checkpoint.tensors(), [](const TensorInfo &tensor) { return tensor.name.ends_with(".experts.down_proj"); });
    return stacked ? std::map<std::string, std::string>{{"experts", "stacked"}} : std::map<std::string, std::string>{};
}

void checkConventions(const std::map<std::string, std::string> &asked, const architectures::Blueprint &blueprint,
                      const architectures::Architecture &architecture)
{
    for (const auto &[name, value] : asked)
        if (std::ranges::find(blueprint.conventions, name, &Convention::name) == blueprint.conventions.end())
            throw Exception(ErrorCode::InvalidArgument,
                            fmt::format("expected a convention that this {} model leaves open, found {}",
                                        architecture.title, name));
}

/// What a manifest says is gone, checked against the model of the config.
std::vector<Unit> unitsOf(const pruning::Manifest &manifest, const architectures::Blueprint &blueprint,
                          const std::string &where)
{
    const pruning::Inventory inventory(blueprint);
    std::vector<Unit> units;
    for (const std::string &id : manifest.removed)
        units.push_back(inventory.unit(id, where));
    inventory.check(units, where);
    return units;
}

/// What a manifest says was added, checked likewise.
std::set<std::string> biasesOf(const pruning::Manifest &manifest, const architectures::Blueprint &blueprint,
                               const std::string &where)
{
    for (const std::string &bias : manifest.biases)
        if (!pruning::matrixWithout(bias, blueprint))
            throw Exception(ErrorCode::Mismatch,
                            fmt::format("expected the bias of a projection that has none, found {}", bias), where);
    return {manifest.biases.begin(), manifest.biases.end()};
}

/// Takes parts out of a blueprint whose tensors the checkpoint leaves out, with a warning each: what has no tensor is
/// added to `gone`, what has some that are of no use is returned.
std::vector<Unit> leaveOutMissing(architectures::Blueprint &blueprint, std::vector<Unit> &gone,
                                  const io::Checkpoint &checkpoint, const std::string &folder)
{
    const pruning::MissingParts missing = pruning::missingParts(blueprint, checkpoint);
    for (const Unit &unit : missing.gone)
        blueprint.warnings.push_back(
            fmt::format("{}: {} is taken to be removed: none of its tensors is there", folder, unit.id));
    for (const Unit &unit : missing.marked)
        blueprint.warnings.push_back(fmt::format(
            "{}: {} is taken to be removed, as Mamba-Shedder marks it: D and dt_bias are not there", folder, unit.id));
    if (!missing.gone.empty())
        blueprint = pruning::blueprintWithout(blueprint, missing.gone);
    gone.insert(gone.end(), missing.gone.begin(), missing.gone.end());
    std::erase_if(blueprint.parameters, [&](const architectures::Parameter &parameter) {
        return std::ranges::count(missing.tensors, parameter.name) > 0;
    });
    return missing.marked;
}

/// Makes widths smaller whose tensors the checkpoint has cut, with a warning each; adds them to `gone`.
void narrow(architectures::Blueprint &blueprint, std::vector<Unit> &gone, const io::Checkpoint &checkpoint,
            const std::string &folder)
{
    const std::vector<Unit> narrowed = pruning::narrowedWidths(blueprint, checkpoint);
    if (narrowed.empty())
        return;
    blueprint = pruning::blueprintWithout(blueprint, narrowed);
    for (const Unit &unit : narrowed)
        blueprint.warnings.push_back(
            fmt::format("{}: {} is taken to be removed: its tensors are narrower by that", folder, unit.id));
    gone.insert(gone.end(), narrowed.begin(), narrowed.end());
}

bool hasTokenizer(const std::filesystem::path &folder)
{
    return std::filesystem::exists(folder / "tokenizer.json") || std::filesystem::exists(folder / "tokenizer.model");
}

} // namespace

ModelFiles openModelFiles(const std::filesystem::path &folder, const std::map<std::string, std::string> &conventions)
{
    io::Config config = withOwnKeys(valueOrThrow(readConfig(folder)), conventions);
    const architectures::Architecture &architecture = architectures::recognise(config);
    architectures::Blueprint blueprint = architectures::blueprintOf(architecture, config);
    checkConventions(conventions, blueprint, architecture);
    io::Checkpoint checkpoint = valueOrThrow(io::Checkpoint::open(folder));
    std::vector<Unit> gone;
    std::set<std::string> biases;
    if (const auto form = storedForm(checkpoint); !form.empty()) {
        config = withOwnKeys(config, form);
        blueprint = architectures::blueprintOf(architecture, config);
    }
    if (const auto manifest = pruning::readManifest(folder)) {
        gone = unitsOf(*manifest, blueprint, (folder / pruning::manifestName).string());
        biases = biasesOf(*manifest, blueprint, (folder / pruning::manifestName).string());
        blueprint = pruning::blueprintWithout(pruning::withBiases(std::move(blueprint), biases), gone);
    } else {
        narrow(blueprint, gone, checkpoint, folder.string());
    }
    std::vector<Unit> bypassed = leaveOutMissing(blueprint, gone, checkpoint, folder.string());
    auto names = takeCensus(blueprint, checkpoint, folder.string(), blueprint.warnings);
    ModelCard card = makeCard(architecture, blueprint, names, checkpoint);
    card.folder = folder;
    card.hasTokenizer = hasTokenizer(folder);
    std::erase_if(card.units,
                  [&](const Unit &unit) { return std::ranges::find(bypassed, unit.id, &Unit::id) != bypassed.end(); });
    return {.config = std::move(config),
            .checkpoint = std::move(checkpoint),
            .architecture = &architecture,
            .blueprint = std::move(blueprint),
            .storedNames = std::move(names),
            .card = std::move(card),
            .gone = std::move(gone),
            .biases = std::move(biases),
            .bypassed = std::move(bypassed)};
}

std::shared_ptr<const architectures::Network> buildNetwork(const ModelFiles &files,
                                                           const architectures::Weights &weights)
{
    auto network = files.architecture->build(files.config, weights);
    std::vector<architectures::Removed> gone(static_cast<std::size_t>(network->layers()));
    bool any = false;
    for (const std::vector<Unit> &units : {files.gone, files.bypassed})
        for (const Unit &unit : units)
            if (unit.isPart())
                any = gone[static_cast<std::size_t>(unit.layer)].insert(unit.kind).second || any;
    if (!any)
        return network;
    return std::make_shared<const layers::ReducedNetwork>(std::move(network), std::move(gone));
}

ModelCard readCard(const std::filesystem::path &folder)
{
    return openModelFiles(folder).card;
}

std::shared_ptr<const Model::State> loadModel(const std::filesystem::path &folder, const ComputeOptions &options,
                                              const Run &run)
{
    const ComputeOptions used = resolved(options);
    const c10::Device device = deviceNamed(used.device);
    useThreads(used);
    useHugePages();
    const at::NoGradGuard noGradients;
    ModelFiles files = openModelFiles(folder, used.conventions);
    requireMemory(device, weightBytes(files.blueprint, used.dtype), "the weights", folder.string());
    architectures::Weights weights = loadWeights(files.blueprint, files.storedNames, files.checkpoint, used.dtype,
                                                 device, physicalMemory() / 4, run);
    auto network = buildNetwork(files, weights);
    return std::make_shared<const Model::State>(std::move(files), used, std::move(weights), std::move(network));
}

void useThreads(const ComputeOptions &options)
{
    const int threads = options.threads > 0 ? options.threads : availableThreads();
    at::set_num_threads(threads);
    // OpenBLAS may have threads of its own, which LibTorch does not set; other libraries follow OpenMP.
    using SetThreads = void (*)(int);
    if (const auto set = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads")))
        set(threads);
}

Provenance provenance(const Model::State &model, const Run &run)
{
    const std::lock_guard lock(model.fingerprintMutex);
    if (model.fingerprint.empty())
        model.fingerprint = valueOrThrow(model.files.checkpoint.fingerprint(run));
    std::vector<std::pair<std::string, std::string>> versions{{"ecdysis", ECDYSIS_VERSION},
                                                              {"libtorch", TORCH_VERSION}};
    if (const c10::Device device = model.network->head().weight.device(); device.is_cuda())
        versions.insert(versions.begin() + 1, {"gpu", deviceTitle(device)});
    // Another reading is another computation: its cells stand apart.
    for (const Convention &convention : model.card().conventions)
        versions.emplace_back(convention.name, convention.value);
    return {.modelFingerprint = model.fingerprint,
            .dtype = model.options.dtype,
            .device = model.options.device,
            .threads = model.options.threads,
            .seed = model.options.seed,
            .versions = std::move(versions),
            .created =
                fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                            fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())))};
}

} // namespace ecdysis

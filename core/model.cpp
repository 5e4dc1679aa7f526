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
#include "core/machine.h"
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
    if (const auto form = storedForm(checkpoint); !form.empty()) {
        config = withOwnKeys(config, form);
        blueprint = architectures::blueprintOf(architecture, config);
    }
    auto names = takeCensus(blueprint, checkpoint, folder.string(), blueprint.warnings);
    ModelCard card = makeCard(architecture, blueprint, names, checkpoint);
    card.folder = folder;
    card.hasTokenizer = hasTokenizer(folder);
    return {.config = std::move(config),
            .checkpoint = std::move(checkpoint),
            .architecture = &architecture,
            .blueprint = std::move(blueprint),
            .storedNames = std::move(names),
            .card = std::move(card)};
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
    auto network = files.architecture->build(files.config, weights);
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

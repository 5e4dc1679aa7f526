// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/engine.h"

#include <fmt/format.h>

#include "core/analysis/ranking.h"
#include "core/analysis/scan_cost.h"
#include "core/analysis/scan_record.h"
#include "core/analysis/search_record.h"
#include "core/analysis/sensitivity_scan.h"
#include "core/data/windows.h"
#include "core/device.h"
#include "core/evaluation/choice_accuracy.h"
#include "core/evaluation/export_check.h"
#include "core/evaluation/gradients.h"
#include "core/evaluation/latency.h"
#include "core/evaluation/outputs.h"
#include "core/evaluation/perplexity.h"
#include "core/evaluation/position_losses.h"
#include "core/evaluation/recall.h"
#include "core/evaluation/tensor_file.h"
#include "core/guard.h"
#include "core/io/atomic_file.h"
#include "core/io/session_file.h"
#include "core/io/text_file.h"
#include "core/io/tokenizer.h"
#include "core/machine.h"
#include "core/model.h"
#include "core/pruning/export.h"
#include "core/pruning/greedy_search.h"
#include "core/pruning/plan_json.h"
#include "core/pruning/prune.h"
#include "core/pruning/repair.h"
#include "core/pruning/search_settings.h"
#include "core/pruning/shedder_config.h"
#include "core/pruning/stability.h"
#include "core/pruning/unshare.h"
#include "core/scores/score.h"
#include "core/tuning/recovery.h"

namespace ecdysis {

std::vector<ComputeDevice> devices()
{
    std::vector<ComputeDevice> found;
    for (const std::string name : {"cpu", "cuda"})
        if (auto title = guard([&] { return deviceTitle(deviceNamed(name)); }))
            found.push_back({name, std::move(*title)});
    return found;
}

const ModelCard &Model::card() const
{
    return m_state->card();
}

const ComputeOptions &Model::options() const
{
    return m_state->options;
}

Result<ModelCard> inspect(const std::filesystem::path &folder)
{
    return guard([&] { return readCard(folder); });
}

Result<Model> load(const std::filesystem::path &folder, const ComputeOptions &options, const Run &run)
{
    return guard([&] {
        useThreads(options);
        return Model(loadModel(folder, options, run));
    });
}

Result<std::vector<std::int64_t>> tokenize(const std::filesystem::path &source, const std::filesystem::path &text,
                                           const Run &run)
{
    return guard([&] {
        const auto tokenizer = valueOrThrow(io::Tokenizer::open(source));
        auto ids = tokenizer.encode(io::readText(text), true, run);
        if (!ids && ids.error().where.empty())
            ids.error().where = text.string();
        return valueOrThrow(std::move(ids));
    });
}

Result<Evaluation> evaluate(const Model &model, const std::filesystem::path &text, const WindowProtocol &protocol,
                            const Plan &plan, const Run &run)
{
    return guard([&] {
        useThreads(model.options());
        const auto windows = data::readWindows(model.card().folder, text, protocol, run);
        return evaluation::evaluate(model.state(), windows, plan, run);
    });
}

Result<PositionProfile> evaluateByPosition(const Model &model, const std::filesystem::path &text,
                                           const WindowProtocol &protocol, const Plan &plan, const Run &run)
{
    return guard([&] {
        useThreads(model.options());
        const auto windows = data::readWindows(model.card().folder, text, protocol, run);
        return evaluation::evaluateByPosition(model.state(), windows, plan, run);
    });
}

Result<RecallReport> evaluateRecall(const Model &model, const RecallRequest &request, const Plan &plan, const Run &run)
{
    return guard([&] { return evaluation::evaluateRecall(model.state(), request, plan, run); });
}

Result<TaskEvaluation> evaluateTasks(const Model &model, const TaskRequest &request, const Plan &plan, const Run &run)
{
    return guard([&] { return evaluation::evaluateTasks(model.state(), request, plan, run); });
}

Result<Scan> scan(const Model &model, const ScanRequest &request, const ScanListener &listener, const Run &run)
{
    return guard([&] {
        useThreads(model.options());
        const auto cells = analysis::cellsToMeasure(model.card(), request.kinds);
        const auto windows = data::readWindows(model.card().folder, request.text, request.protocol, run);
        const Scan fresh{windows.calibration, provenance(model.state(), run), {}, cells, 0};
        analysis::ScanRecord record(request.session, model.card(), fresh);
        const auto tell = [&](const Scan &scan, int cell) {
            if (listener)
                listener(scan, cell);
        };
        Scan scan = record.scan();
        tell(scan, -1);
        const auto step = [&](const Scan &grown, int cell) {
            record.save(grown);
            tell(grown, cell);
        };
        analysis::measure(model.state(), windows, request.kinds, request.prefixBytes, scan, step, run);
        return scan;
    });
}

double evaluationsEquivalent(const ModelCard &card, const std::vector<Cell> &cells)
{
    const analysis::ScanCost cost(card);
    double flops = cost.evaluation();
    for (const Cell &cell : cells)
        if (cell.losses.empty())
            flops += cost.cell(cell);
    return flops / cost.evaluation();
}

Result<Search> search(const Model &model, const SearchRequest &request, const SearchListener &listener, const Run &run)
{
    return guard([&] {
        useThreads(model.options());
        pruning::checkSettings(model.state().files, request.settings);
        Search fresh{.settings = request.settings, .provenance = provenance(model.state(), run)};
        const auto material = pruning::readMaterial(model.card(), request.settings, run);
        fresh.calibrations = material.calibrations();
        if (material.tasks)
            fresh.tasksFingerprint = material.tasks->fingerprint;
        Search search = analysis::openSearch(request.session, model.card(), fresh);
        const auto grown = [&](const Search &now) {
            analysis::saveSearch(request.session, model.card(), now);
            if (listener)
                listener(now);
        };
        pruning::search(model.state(), material, request.prefixBytes, search, grown, run);
        return search;
    });
}

Result<Stability> stability(const Model &model, const StabilityRequest &request, const StabilityListener &listener,
                            const Run &run)
{
    return guard([&] {
        pruning::checkDraws(request.search.settings, request.draws);
        std::vector<Search> searches;
        for (int draw = 0; draw < request.draws; ++draw) {
            SearchRequest asked = request.search;
            asked.settings = pruning::settingsOfDraw(asked.settings, draw);
            const auto heard = [&](const Search &search) {
                if (listener)
                    listener(draw, search);
            };
            searches.push_back(valueOrThrow(search(model, asked, heard, pruning::runOfDraw(run, draw, request.draws))));
        }
        return pruning::stabilityOf(model.state().files, searches);
    });
}

Result<double> writeLogits(const Model &model, const std::filesystem::path &ids, const std::filesystem::path &out,
                           bool hidden, const Plan &plan, const Run &run)
{
    return guard([&] {
        useThreads(model.options());
        const auto outputs = evaluation::outputs(model.state(), evaluation::readIds(ids), plan, run);
        std::map<std::string, at::Tensor> tensors{{"logits", outputs.logits}};
        for (std::size_t i = 0; hidden && i < outputs.hidden.size(); ++i)
            tensors.emplace(fmt::format("hidden.{}", i), outputs.hidden[i]);
        evaluation::writeTensors(out, tensors);
        return outputs.loss;
    });
}

Result<double> writeGradients(const Model &model, const std::filesystem::path &ids, const std::filesystem::path &out,
                              const Run &run)
{
    return guard([&] {
        useThreads(model.options());
        const auto gradients = evaluation::gradients(model.state(), evaluation::readIds(ids), run);
        std::map<std::string, at::Tensor> tensors;
        for (const auto &[name, gradient] : gradients.parameters)
            tensors.emplace("grad." + name, gradient);
        evaluation::writeTensors(out, tensors);
        return gradients.loss;
    });
}

Result<BenchReport> bench(const Model &model, const BenchRequest &request, const Plan &plan, const Run &run)
{
    return guard([&] {
        useThreads(model.options());
        return evaluation::measureLatency(model.state(), request, plan, run);
    });
}

Result<PruneReport> prune(const Model &model, const PruneRequest &request, const Run &run)
{
    return guard([&] {
        useThreads(model.options());
        return pruning::prune(model.state(), request, run);
    });
}

Result<RepairReport> repair(const Model &model, const Plan &plan, const RepairRequest &request, const Run &run)
{
    return guard([&] {
        useThreads(model.options());
        return pruning::repair(model.state(), plan, request, run);
    });
}

Result<Ranking> rank(const Model &model, const RankRequest &request, const Run &run)
{
    return guard([&] {
        useThreads(model.options());
        return analysis::rank(model.state(), request, run);
    });
}

std::vector<ScoreInfo> knownScores()
{
    return scores::descriptions();
}

Result<LatencyComparison> benchAgainstDense(const Model &model, const BenchRequest &request, const Plan &plan,
                                            const Run &run)
{
    return guard([&] { return evaluation::compareLatency(model.state(), request, plan, run); });
}

Result<StateMemory> stateMemory(const Model &model, int batch, int context, const Plan &plan, const Run &run)
{
    return guard([&] { return evaluation::stateMemory(model.state(), batch, context, plan, run); });
}

Result<Tuning> tune(const Model &model, const TuneRequest &request, const Plan &plan, const TuneListener &listener,
                    const Run &run)
{
    return guard([&] {
        useThreads(model.options());
        return tuning::recover(model.state(), request, plan, listener, run);
    });
}

Result<Session> readSession(const std::filesystem::path &file)
{
    return guard([&] { return valueOrThrow(io::readSession(file)); });
}

Result<void> writeSession(const std::filesystem::path &file, const Session &session)
{
    return guard([&] { valueOrThrow(io::writeSession(file, session)); });
}

Result<void> writePlan(const std::filesystem::path &file, const Plan &plan)
{
    return guard([&] { pruning::writePlan(file, plan); });
}

Result<void> writeText(const std::filesystem::path &file, const std::string &text)
{
    return guard([&] {
        valueOrThrow(io::writeAtomically(file, [&](std::ostream &stream) -> Result<void> {
            stream << text;
            return {};
        }));
    });
}

Result<Plan> parsePlan(const std::string &json, const ModelCard &card, const std::string &where)
{
    return guard([&] { return pruning::parsePlan(json, card, where); });
}

Result<std::string> intelConfig(const Plan &plan, const ModelCard &card)
{
    return guard([&] { return pruning::shedderConfig(plan, card).dump(2) + "\n"; });
}

Result<ExportReport> exportModel(const std::filesystem::path &model, const Plan &plan, const ExportRequest &request,
                                 const Run &run)
{
    return guard([&] {
        const ModelFiles files = openModelFiles(model);
        return pruning::writeCut(files, plan, request, run);
    });
}

Result<ExportReport> unshare(const std::filesystem::path &model, const std::filesystem::path &out,
                             std::int64_t shardBytes, const Run &run)
{
    return guard([&] { return pruning::writeUnshared(openModelFiles(model), out, shardBytes, run); });
}

Result<ExportCheck> checkExport(const Model &parent, const Plan &plan, const std::filesystem::path &written,
                                const std::filesystem::path &text, const WindowProtocol &protocol, const Run &run)
{
    return guard([&] {
        useThreads(parent.options());
        const auto windows = data::readWindows(parent.card().folder, text, protocol, run);
        return evaluation::checkExport(parent.state(), plan, *loadModel(written, parent.options(), run), windows, run);
    });
}

std::vector<std::string> machineWarnings()
{
    return warningsAboutMachine();
}

} // namespace ecdysis

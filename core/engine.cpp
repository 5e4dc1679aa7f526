// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/engine.h"

#include <fmt/format.h>

#include "core/analysis/scan_cost.h"
#include "core/analysis/scan_record.h"
#include "core/analysis/sensitivity_scan.h"
#include "core/data/windows.h"
#include "core/device.h"
#include "core/evaluation/gradients.h"
#include "core/evaluation/latency.h"
#include "core/evaluation/outputs.h"
#include "core/evaluation/perplexity.h"
#include "core/evaluation/tensor_file.h"
#include "core/guard.h"
#include "core/io/session_file.h"
#include "core/io/text_file.h"
#include "core/io/tokenizer.h"
#include "core/machine.h"
#include "core/model.h"
#include "core/pruning/plan_json.h"
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

Result<Plan> parsePlan(const std::string &json, const ModelCard &card, const std::string &where)
{
    return guard([&] { return pruning::parsePlan(json, card, where); });
}

std::vector<std::string> machineWarnings()
{
    return warningsAboutMachine();
}

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/analysis/sensitivity_scan.h"

#include <algorithm>
#include <map>

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/analysis/prefix_store.h"
#include "core/analysis/scan_cost.h"
#include "core/analysis/trials.h"
#include "core/evaluation/perplexity.h"
#include "core/exception.h"

namespace ecdysis::analysis {

namespace {

/// Indices of the cells to measure by layer, last layer first: the cheapest come first.
using Work = std::map<int, std::vector<std::size_t>, std::greater<>>;

Work workOf(const Scan &scan, const std::vector<std::string> &kinds)
{
    Work work;
    for (std::size_t i = 0; i < scan.cells.size(); ++i)
        if (scan.cells[i].losses.empty() && std::ranges::count(kinds, scan.cells[i].kind) > 0)
            work[scan.cells[i].layer].push_back(i);
    return work;
}

std::size_t cellCount(const Work &work)
{
    std::size_t count = 0;
    for (const auto &[layer, cells] : work)
        count += cells.size();
    return count;
}

/// What a cell removes, by its id.
Unit parseUnit(const Cell &cell)
{
    if (cell.kind == "weight")
        return {.id = cell.unit, .kind = cell.kind, .layer = cell.layer};
    return parseUnitId(cell.unit).value();
}

/// One sitting of a scan.
class Sitting
{
public:
    Sitting(const Model::State &model, const data::Windows &windows, Work work, std::int64_t prefixBytes, Scan &scan,
            const ScanStep &step, const Run &run);

    void measure();

private:
    void densePass();
    void measureLayer(int layer, const std::vector<std::size_t> &cells);
    /// The losses of each cell of a layer.
    std::vector<std::vector<double>> lossesOf(int layer, const std::vector<std::size_t> &cells);
    /// Mean loss of each window of a batch.
    std::vector<double> windowLosses(const architectures::Network &network, const at::Tensor &residual,
                                     std::size_t batch);
    void keep(const std::function<void()> &results, int cell);
    double totalWork() const;
    /// FLOPs per token that a batch took.
    void worked(double flops, std::size_t batch);

    const Model::State &m_model;
    const pruning::AppliedPlan m_dense;
    const data::Windows &m_windows;
    const std::vector<at::Tensor> m_batches;
    const ScanCost m_cost;
    const Work m_work;
    const bool m_denseKnown;
    Scan &m_scan;
    const ScanStep &m_step;
    const Run &m_run;
    const Run::Clock::time_point m_start;
    const double m_secondsBefore;
    PrefixStore m_prefixes;
    ProgressMeter m_meter;
};

/// Streams entering this many layers are needed.
int layersNeeded(const Work &work)
{
    return work.empty() ? 0 : work.begin()->first + 1;
}

Sitting::Sitting(const Model::State &model, const data::Windows &windows, Work work, std::int64_t prefixBytes,
                 Scan &scan, const ScanStep &step, const Run &run)
    : m_model(model), m_dense(pruning::apply(model, {})), m_windows(windows), m_batches(data::batches(windows)),
      m_cost(model.card()), m_work(std::move(work)), m_denseKnown(!scan.denseLosses.empty()), m_scan(scan),
      m_step(step), m_run(run), m_start(run.now()), m_secondsBefore(scan.seconds),
      m_prefixes(m_dense, m_batches, layersNeeded(m_work),
                 m_dense.network->head().weight.size(1) * std::int64_t{sizeof(float)}, prefixBytes,
                 [this](int layer, std::size_t batch) { worked(m_cost.layer(layer), batch); }),
      m_meter(run, "scan", totalWork(), static_cast<int>(cellCount(m_work)))
{
}

double Sitting::totalWork() const
{
    const int needed = layersNeeded(m_work);
    double flops = m_denseKnown ? m_cost.layers(0, std::max(0, needed - 1)) : m_cost.evaluation();
    for (const auto &[layer, cells] : m_work) {
        flops += m_cost.layers(layer - m_prefixes.recomputed(layer), layer);
        for (const std::size_t cell : cells)
            flops += m_cost.cell(m_scan.cells[cell]);
    }
    return flops * static_cast<double>(m_windows.ids.numel());
}

void Sitting::worked(double flops, std::size_t batch)
{
    m_meter.advance(flops * static_cast<double>(m_batches[batch].numel()));
}

void Sitting::measure()
{
    densePass();
    for (const auto &[layer, cells] : m_work) {
        m_prefixes.release(layer + 1);
        measureLayer(layer, cells);
    }
}

void Sitting::densePass()
{
    const architectures::Network &network = *m_dense.network;
    const int layers = m_denseKnown ? std::max(0, layersNeeded(m_work) - 1) : network.layers();
    const architectures::Removed nothing;
    std::vector<double> losses;
    for (std::size_t batch = 0; batch < m_batches.size(); ++batch) {
        architectures::Stream stream = network.embed(m_batches[batch]);
        for (int layer = 0; layer < layers; ++layer) {
            stream = network.layer(layer, stream, {&nothing, 1}, m_run).front();
            m_prefixes.offer(layer + 1, batch, stream);
            worked(m_cost.layer(layer), batch);
        }
        if (!m_denseKnown)
            std::ranges::copy(windowLosses(network, network.atTokens(stream.residual), batch),
                              std::back_inserter(losses));
    }
    if (!m_denseKnown)
        keep([&] { m_scan.denseLosses = std::move(losses); }, -1);
}

void Sitting::measureLayer(int layer, const std::vector<std::size_t> &cells)
{
    std::vector<std::size_t> parts;
    std::vector<std::size_t> others;
    for (const std::size_t cell : cells)
        (parseUnit(m_scan.cells[cell]).isPart() ? parts : others).push_back(cell);
    const auto finished = [&](std::size_t cell, std::vector<double> losses) {
        m_meter.finishStep();
        keep([&] { m_scan.cells[cell].losses = std::move(losses); }, static_cast<int>(cell));
    };
    std::vector<std::vector<double>> losses = lossesOf(layer, parts);
    for (std::size_t i = 0; i < parts.size(); ++i)
        finished(parts[i], std::move(losses[i]));
    for (const std::size_t cell : others) // each has a network of its own
        finished(cell, std::move(lossesOf(layer, {cell}).front()));
    m_meter.advance(0);
}

std::vector<std::vector<double>> Sitting::lossesOf(int layer, const std::vector<std::size_t> &cells)
{
    std::vector<pruning::AppliedPlan> trials;
    for (const std::size_t cell : cells)
        trials.push_back(pruning::apply(m_model, {{{m_scan.cells[cell].unit, ""}}, {}}, m_dense));
    std::vector<std::vector<double>> losses(cells.size());
    for (std::size_t batch = 0; batch < m_batches.size() && !cells.empty(); ++batch) {
        const TrialListener listener{
            .passed =
                [&](std::size_t trial, int passed) {
                    worked(passed == layer ? m_cost.reducedLayer(m_scan.cells[cells[trial]]) : m_cost.layer(passed),
                           batch);
                },
            .finished =
                [&](std::size_t trial, const architectures::Network &network, const at::Tensor &residual) {
                    std::ranges::copy(windowLosses(network, residual, batch), std::back_inserter(losses[trial]));
                }};
        runTrials(m_prefixes.at(layer, batch, m_run), layer, trials, listener, m_run);
    }
    return losses;
}

std::vector<double> Sitting::windowLosses(const architectures::Network &network, const at::Tensor &residual,
                                          std::size_t batch)
{
    auto losses = evaluation::windowLosses(network, residual, m_batches[batch], m_windows.calibration.protocol, m_run);
    worked(m_cost.head(), batch);
    return losses;
}

void Sitting::keep(const std::function<void()> &results, int cell)
{
    results();
    m_scan.seconds = m_secondsBefore + std::chrono::duration<double>(m_run.now() - m_start).count();
    m_step(m_scan, cell);
}

} // namespace

std::vector<Cell> cellsToMeasure(const ModelCard &card, const std::vector<std::string> &kinds)
{
    if (kinds.empty())
        throw Exception(ErrorCode::InvalidArgument, "at least one kind of unit expected, none found");
    std::vector<std::string> known;
    for (const Unit &unit : card.units)
        if (std::ranges::count(known, unit.kind) == 0)
            known.push_back(unit.kind);
    for (const std::string &kind : kinds)
        if (std::ranges::count(known, kind) == 0)
            throw Exception(ErrorCode::InvalidArgument,
                            fmt::format("a kind of unit that this model has expected ({}), \"{}\" found",
                                        fmt::join(known, ", "), kind));
    std::vector<Cell> cells;
    for (const Unit &unit : card.units)
        if (std::ranges::count(kinds, unit.kind) > 0 && unit.needs.empty())
            cells.push_back({.unit = unit.id, .kind = unit.kind, .layer = unit.layer, .losses = {}});
    return cells;
}

void measure(const Model::State &model, const data::Windows &windows, const std::vector<std::string> &kinds,
             std::int64_t prefixBytes, Scan &scan, const ScanStep &step, const Run &run)
{
    Work work = workOf(scan, kinds);
    if (work.empty() && !scan.denseLosses.empty())
        return;
    evaluation::checkIds(windows.ids, *model.network, windows.calibration.text);
    const at::NoGradGuard noGradients;
    Sitting(model, windows, std::move(work), prefixBytes, scan, step, run).measure();
}

} // namespace ecdysis::analysis

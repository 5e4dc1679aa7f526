// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

// What an exact search costs beside brute force, one evaluation from the embedding on for each candidate of each step,
// in the same process: for blocks, for SSMs and for both. By FLOPs, and by measured seconds. The model has random
// weights, written to FOLDER first unless it is there; their losses mean nothing, so that races are not measured.
//   bench_search FOLDER                              mamba-130m's shape, 1 step, 4 windows of 512
//   bench_search FOLDER LAYERS CHANNELS STEPS WINDOWS LENGTH [f32|bf16 [SAMPLE]]
// Of the candidates of a step brute force evaluates SAMPLE (default 6; 0: all), evenly spaced over the layers, and is
// extrapolated from them.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/engine.h"
#include "tests/support/random_mamba.h"

using namespace ecdysis;

namespace {

template <typename T> T checked(Result<T> result)
{
    if (!result) {
        fmt::print(stderr, "{}: {}\n", result.error().where, result.error().message);
        std::exit(1);
    }
    return std::move(*result);
}

struct Setting
{
    std::filesystem::path folder;
    RandomMamba shape;
    int steps = 1;
    WindowProtocol protocol{.window = 512, .maxWindows = 4};
    std::size_t sample = 6;

    std::string text() const { return (folder / "search.txt").string(); }
};

/// A text of as many tokens as the windows take.
void writeText(const Setting &setting)
{
    std::ofstream text(setting.text());
    for (std::int64_t i = 0; i < std::int64_t{setting.protocol.window} * setting.protocol.maxWindows; ++i)
        text << static_cast<char>('a' + i * i % 26);
}

double mean(const std::vector<double> &values)
{
    double sum = 0;
    for (const double value : values)
        sum += value;
    return sum / static_cast<double>(values.size());
}

/// Seconds of an evaluation, mean over the sample of a step's candidates; their losses must be those of the search.
double evaluationSeconds(const Model &model, const Setting &setting, const Plan &plan, const SearchStep &step)
{
    const std::size_t count = step.candidates.size();
    const std::size_t sample = setting.sample == 0 ? count : std::min(setting.sample, count);
    std::vector<double> seconds;
    for (std::size_t i = 0; i < sample; ++i) {
        // One further every other time: kinds take turns within a layer.
        const std::size_t index =
            std::min(count - 1, (2 * i + 1) * count / (2 * sample) + (sample < count ? i % 2 : 0));
        const Candidate &candidate = step.candidates[index];
        Plan without = plan;
        without.removals.push_back({candidate.unit, {}});
        const Evaluation evaluation = checked(evaluate(model, setting.text(), setting.protocol, without, {}));
        if (evaluation.losses != candidate.losses) {
            fmt::print(stderr, "{}: the losses of a separate evaluation expected, others found\n", candidate.unit);
            std::exit(1);
        }
        seconds.push_back(evaluation.seconds);
    }
    return mean(seconds);
}

void report(const Model &model, const Setting &setting, const std::vector<std::string> &targets)
{
    const SearchStage stage{
        .targets = targets, .steps = setting.steps, .text = setting.text(), .protocol = setting.protocol};
    const Search found = checked(search(model, {.settings = {.stages = {stage}}, .session = {}}, {}, {}));
    // The search's seconds hold its start, which brute force has to evaluate, too.
    double seconds = checked(evaluate(model, setting.text(), setting.protocol, {}, {})).seconds;
    double evaluations = 0, force = 0;
    std::size_t candidates = 0;
    Plan plan;
    for (const SearchStep &step : found.paths.front().steps) {
        evaluations += step.evaluations;
        candidates += step.candidates.size();
        force += step.bruteForce;
        seconds += evaluationSeconds(model, setting, plan, step) * static_cast<double>(step.candidates.size());
        plan.removals.push_back({step.unit, {}});
    }
    fmt::print("{:<10}{:>6}{:>12.1f}{:>10.1f}{:>10.3f}{:>12.2f}{:>12.2f}{:>10.3f}\n",
               fmt::format("{}", fmt::join(targets, "+")), candidates, evaluations, force, evaluations / force,
               found.seconds, seconds, found.seconds / seconds);
    std::fflush(stdout);
}

void measure(const Setting &setting)
{
    const Model model = checked(load(setting.folder, {.dtype = setting.shape.dtype}, {}));
    writeText(setting);
    checked(evaluate(model, setting.text(), setting.protocol, {}, {})); // warm: the weights and their fingerprint
    fmt::print("{} layers of {} channels, {} windows of {}, {} steps, {} threads, {} candidates of a step evaluated\n",
               setting.shape.layers, setting.shape.hidden, setting.protocol.maxWindows, setting.protocol.window,
               setting.steps, model.options().threads,
               setting.sample == 0 ? std::string("all") : std::to_string(setting.sample));
    fmt::print("{:<10}{:>6}{:>12}{:>10}{:>10}{:>12}{:>12}{:>10}\n", "targets", "cand.", "evaluations", "brute", "ratio",
               "exact s", "brute s", "ratio");
    for (const auto &targets : std::vector<std::vector<std::string>>{{"block"}, {"ssm"}, {"block", "ssm"}})
        report(model, setting, targets);
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2 && (argc < 7 || argc > 9)) {
        fmt::print(stderr, "FOLDER [LAYERS CHANNELS STEPS WINDOWS LENGTH [f32|bf16 [SAMPLE]]] expected\n");
        return 2;
    }
    Setting setting{.folder = argv[1], .shape = {}};
    if (argc > 2) {
        setting.shape.layers = std::atoi(argv[2]);
        setting.shape.hidden = std::atoi(argv[3]);
        setting.steps = std::atoi(argv[4]);
        setting.protocol = {.window = std::atoi(argv[6]), .maxWindows = std::atoi(argv[5])};
    }
    if (argc > 7 && argv[7] == std::string("bf16"))
        setting.shape.dtype = DType::BF16;
    if (argc > 8)
        setting.sample = static_cast<std::size_t>(std::atoi(argv[8]));
    if (!std::filesystem::exists(setting.folder / "config.json"))
        writeRandomMamba(setting.folder, setting.shape);
    measure(setting);
    return 0;
}

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

// Time of an exact scan against the ideal that prefixes leave: the dense pass, then for each candidate what remains of
// its own layer, the later layers and the head, with the times of layers and head measured on their own in the same
// run; and against brute force, one evaluation a candidate.
//   bench_scan                        a random model of the shape of mamba-130m, 4 windows of 512: some three minutes
//   bench_scan MODEL TEXT [WINDOWS]   windows of 512

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>
#include <vector>

#include <fmt/format.h>

#include "core/data/windows.h"
#include "core/engine.h"
#include "core/evaluation/perplexity.h"
#include "core/model.h"
#include "tests/support/random_mamba.h"

using namespace ecdysis;

namespace {

double secondsOf(const std::function<void()> &work)
{
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values)
{
    std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
    return values[values.size() / 2];
}

template <typename T> T checked(Result<T> result)
{
    if (!result) {
        fmt::print(stderr, "{}: {}\n", result.error().where, result.error().message);
        std::exit(1);
    }
    return std::move(*result);
}

/// Seconds of each part over all batches, medians of a few repeats.
struct Parts
{
    double layer = 0; ///< a whole one, mean over layers
    double ssm = 0;   ///< one without its SSM
    double head = 0;
};

Parts measureParts(const Model::State &model, const data::Windows &windows)
{
    const architectures::Network &network = *model.network;
    const architectures::Removed nothing, ssm{"ssm"};
    const auto batches = data::batches(windows);
    std::vector<double> whole, reduced, head;
    for (int repeat = 0; repeat < 3; ++repeat) {
        double layerTime = 0, ssmTime = 0, headTime = 0;
        for (const at::Tensor &ids : batches) {
            architectures::Stream stream = network.embed(ids), next;
            for (int layer = 0; layer < network.layers(); ++layer) {
                ssmTime += secondsOf([&] { network.layer(layer, stream, {&ssm, 1}, {}); });
                layerTime += secondsOf([&] { next = network.layer(layer, stream, {&nothing, 1}, {}).front(); });
                stream = next;
            }
            const at::Tensor residual = network.atTokens(stream.residual);
            headTime +=
                secondsOf([&] { evaluation::windowLosses(network, residual, ids, windows.calibration.protocol, {}); });
        }
        whole.push_back(layerTime / network.layers());
        reduced.push_back(ssmTime / network.layers());
        head.push_back(headTime);
    }
    return {median(whole), median(reduced), median(head)};
}

double idealSeconds(const Parts &parts, int layers)
{
    double seconds = layers * parts.layer + parts.head;
    for (int layer = 0; layer < layers; ++layer) {
        const double rest = (layers - layer - 1) * parts.layer + parts.head;
        seconds += rest + parts.ssm + rest; // without the block, without its SSM
    }
    return seconds;
}

void report(const Model &model, const std::filesystem::path &text, int windowCount)
{
    const WindowProtocol protocol{.window = 512, .maxWindows = windowCount};
    const auto windows = data::readWindows(model.card().folder, text, protocol, {});
    const int layers = model.card().layers;
    checked(evaluate(model, text, protocol, {}, {})); // warm: the weights and their fingerprint
    const Parts before = measureParts(model.state(), windows);
    const Scan result = checked(scan(model, {.text = text, .protocol = protocol}, {}, {}));
    const Parts after = measureParts(model.state(), windows);
    const double ideal = (idealSeconds(before, layers) + idealSeconds(after, layers)) / 2;
    const double evaluation = median({checked(evaluate(model, text, protocol, {}, {})).seconds,
                                      checked(evaluate(model, text, protocol, {}, {})).seconds,
                                      checked(evaluate(model, text, protocol, {}, {})).seconds});
    const double force = evaluation * static_cast<double>(result.cells.size() + 1);
    fmt::print("model              {} layers, {} parameters, {} threads\n", layers, model.card().parameters,
               model.options().threads);
    fmt::print("text               {} windows of {}\n", result.calibration.windows, protocol.window);
    fmt::print("layer, SSM-less    {:.2f} ms, {:.2f} ms;  head {:.2f} ms\n", 1e3 * after.layer, 1e3 * after.ssm,
               1e3 * after.head);
    fmt::print("scan               {:.3f} s for {} cells\n", result.seconds, result.cells.size());
    fmt::print("ideal              {:.3f} s (parts before {:.3f} s, after {:.3f} s)\n", ideal,
               idealSeconds(before, layers), idealSeconds(after, layers));
    fmt::print("scan / ideal       {:.3f}   limit 1.15\n", result.seconds / ideal);
    fmt::print("brute force        {:.3f} s ({} evaluations of {:.3f} s)\n", force, result.cells.size() + 1,
               evaluation);
    std::vector<Cell> asked = result.cells;
    for (Cell &cell : asked)
        cell.losses.clear();
    fmt::print("scan / brute force {:.3f}   by FLOPs {:.3f}\n", result.seconds / force,
               evaluationsEquivalent(model.card(), asked) / static_cast<double>(asked.size() + 1));
}

} // namespace

int main(int argc, char **argv)
{
    const ComputeOptions options;
    if (argc > 2) {
        report(checked(load(argv[1], options, {})), argv[2], argc > 3 ? std::atoi(argv[3]) : 16);
        return 0;
    }
    const auto folder =
        std::filesystem::temp_directory_path() / fmt::format("ecdysis-bench-{}", std::random_device()());
    writeRandomMamba(folder, {});
    report(checked(load(folder, options, {})), folder / "text.txt", 4);
    std::filesystem::remove_all(folder);
    return 0;
}

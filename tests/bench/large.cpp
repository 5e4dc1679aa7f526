// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

// Opening, evaluating and scanning a checkpoint that is large, with the memory each takes: one of random weights,
// written to FOLDER first unless it is there.
//   bench_large FOLDER                        the shape of mamba-1.4b in float32, 5.5 GB
//   bench_large FOLDER LAYERS HIDDEN          another shape, float32
//   bench_large FOLDER LAYERS HIDDEN bf16     stored in bfloat16, computed in it too
//   bench_large FOLDER LAYERS HIDDEN bf16 f32 stored in bfloat16, computed in float32

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stop_token>
#include <string>

#include <fmt/format.h>

#include "core/engine.h"
#include "tests/support/random_mamba.h"

using namespace ecdysis;

namespace {

constexpr int measuredCells = 4; ///< of the last two layers; a whole scan of a large model takes hours

template <typename T> T checked(Result<T> result)
{
    if (!result) {
        fmt::print(stderr, "{}: {}\n", result.error().where, result.error().message);
        std::exit(1);
    }
    return std::move(*result);
}

/// Bytes that this process has or had at most in memory ("VmHWM"), of those its private ones ("RssAnon").
double gibibytes(const std::string &field)
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(field + ":"))
            return std::stod(line.substr(field.size() + 1)) / (1 << 20);
    return 0;
}

void forgetPeak()
{
    std::ofstream("/proc/self/clear_refs") << "5";
}

double secondsSince(std::chrono::steady_clock::time_point start)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <typename Work> void report(const char *what, const Work &work)
{
    forgetPeak();
    const auto start = std::chrono::steady_clock::now();
    work();
    fmt::print("{:<34}{:>9.3f} s   peak {:.2f} GiB, of its own now {:.2f} GiB\n", what, secondsSince(start),
               gibibytes("VmHWM"), gibibytes("RssAnon"));
}

void measure(const std::filesystem::path &folder, DType dtype)
{
    std::int64_t bytes = 0;
    for (const auto &entry : std::filesystem::directory_iterator(folder))
        bytes += static_cast<std::int64_t>(entry.file_size());
    const WindowProtocol protocol{.window = 512, .maxWindows = 2};
    const ComputeOptions options{.dtype = dtype};
    fmt::print("checkpoint of {:.2f} GiB; limit of a scan's memory: {:.2f} GiB and the prefixes\n",
               static_cast<double>(bytes) / (1 << 30), static_cast<double>(bytes) / (1 << 30) + 1.5);
    report("inspect", [&] { checked(inspect(folder)); });
    std::optional<Model> model;
    report("load", [&] { model = checked(load(folder, options, {})); });
    report("evaluate, first time", [&] { checked(evaluate(*model, folder / "text.txt", protocol, {}, {})); });
    report("evaluate", [&] { checked(evaluate(*model, folder / "text.txt", protocol, {}, {})); });
    std::stop_source stop;
    Run run;
    run.stop = stop.get_token();
    int done = 0;
    report("scan, dense and the first 4 cells", [&] {
        const ScanListener listener = [&](const Scan &, int cell) {
            done += cell >= 0 ? 1 : 0;
            if (done == measuredCells)
                stop.request_stop();
        };
        (void)scan(*model, {.text = folder / "text.txt", .protocol = protocol}, listener, run);
    });
    if (done != measuredCells) {
        fmt::print(stderr, "{} cells expected, {} found\n", measuredCells, done);
        std::exit(1);
    }
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 2) {
        fmt::print(stderr, "FOLDER expected\n");
        return 2;
    }
    RandomMamba shape{.layers = 48, .hidden = 2048};
    if (argc > 3)
        shape = {.layers = std::atoi(argv[2]), .hidden = std::atoi(argv[3])};
    if (argc > 4)
        shape.dtype = DType::BF16;
    const std::filesystem::path folder = argv[1];
    if (!std::filesystem::exists(folder / "text.txt"))
        writeRandomMamba(folder, shape);
    measure(folder, argc > 5 ? DType::F32 : shape.dtype);
    return 0;
}

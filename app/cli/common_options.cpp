// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/common_options.h"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <map>
#include <system_error>

#include "app/cli/session_step.h"

namespace ecdysis::cli {

namespace {

void addArithmetic(CLI::App &app, ComputeOptions &compute, const std::string &group)
{
    static const std::map<std::string, DType> types{{"f32", DType::F32}, {"bf16", DType::BF16}};
    app.add_option_function<std::string>(
           "--dtype", [&compute](const std::string &name) { compute.dtype = types.at(name); },
           "Arithmetic: f32, the reference, or bf16 for weights and products")
        ->check(CLI::IsMember(types))
        ->default_str("f32")
        ->group(group);
}

/// --rows, --rows-seed and --column.
void addSample(CLI::App &app, WindowProtocol &protocol)
{
    const auto sampleOf = [&sample = protocol.sample]() -> RowSample & { return sample ? *sample : sample.emplace(); };
    auto *rows = app.add_option_function<int>(
                        "--rows", [sampleOf](int count) { sampleOf().rows = count; },
                        "Draw so many rows of the text (JSON lines, a JSON list, or a row a line) and join them")
                     ->check(CLI::Range(1, std::numeric_limits<int>::max()).description(""))
                     ->type_name("N");
    app.add_option_function<std::uint64_t>(
           "--rows-seed", [sampleOf](std::uint64_t seed) { sampleOf().seed = seed; },
           "Seed by which rows are drawn, as Python's random.sample does")
        ->default_str("42")
        ->type_name("SEED")
        ->needs(rows);
    app.add_option("--column", protocol.column,
                   "Of rows in JSON, the field that is read; by default text, or instruction, input and output")
        ->type_name("NAME")
        ->needs(rows);
}

} // namespace

void addCommonOptions(CLI::App &app, CommonOptions &options)
{
    const std::string group = "Common options";
    app.add_flag("--json", options.json, "Print one JSON object on standard output and nothing else there")
        ->group(group);
    app.add_option("--device", options.compute.device, "Where to compute")
        ->check(CLI::IsMember({"cpu", "cuda"}))
        ->capture_default_str()
        ->group(group);
    if (!app.get_option_no_throw("--dtype")) // a command may have its own, of the files that it writes
        addArithmetic(app, options.compute, group);
    addInteger(app, "--threads", options.compute.threads, 0, "Threads; 0: one for each processor allowed")
        ->check(CLI::Range(0, 4096).description(""))
        ->group(group);
    app.add_option_function<std::vector<std::string>>(
           "--convention",
           [&options](const std::vector<std::string> &readings) {
               for (const std::string &reading : readings) {
                   const auto [name, value] = nameAndValue("--convention", reading);
                   options.compute.conventions[name] = value;
               }
           },
           "How to read what implementations disagree on, see `inspect`: dt_floor=none")
        ->type_name("NAME=VALUE")
        ->group(group);
    addInteger(app, "--seed", options.compute.seed, std::uint64_t{0}, "Seed of everything random")->group(group);
}

void addModel(CLI::App &app, std::filesystem::path &model)
{
    app.add_option("model", model, "Folder with config.json and weights")->required()->type_name("MODEL");
}

CLI::Option *addText(CLI::App &app, std::filesystem::path &text)
{
    return app.add_option("--text", text, "Text file, UTF-8")->type_name("FILE");
}

void addProtocol(CLI::App &app, WindowProtocol &protocol)
{
    addInteger(app, "--window", protocol.window, 2, "Tokens of a window");
    addInteger(app, "--stride", protocol.stride, 0,
               "Score only the last so many tokens of each window; 0: windows do not overlap");
    addInteger(app, "--max-windows", protocol.maxWindows, 0, "Use the first so many windows; 0: all");
    app.add_option("--draw", protocol.draw, "Draw the windows by this seed rather than take the first")
        ->type_name("SEED");
    addSample(app, protocol);
    app.add_option_function<std::string>(
           "--protocol", [&protocol](const std::string &name) { protocol.perSequence = name == "shedder"; },
           "How losses are averaged: windows, over all predicted tokens; shedder, per sequence, then over sequences")
        ->check(CLI::IsMember({"windows", "shedder"}))
        ->default_str("windows");
}

std::pair<std::string, std::string> nameAndValue(const std::string &option, const std::string &text)
{
    const auto sign = text.find('=');
    if (sign == text.npos)
        throw CLI::ValidationError(option, "NAME=VALUE expected, \"" + text + "\" found");
    return {text.substr(0, sign), text.substr(sign + 1)};
}

void addTextOptions(CLI::App &app, TextOptions &options)
{
    addText(app, options.text)->required();
    addProtocol(app, options.protocol);
}

void addPlan(CLI::App &app, std::filesystem::path &plan)
{
    app.add_option("--plan", plan,
                   "What is taken out, as JSON: {\"removals\": [\"block:5\", \"ssm:11\"]}; or what a search in a "
                   "session had taken after N steps: FILE.ecdysis@N")
        ->type_name("FILE");
}

Result<Plan> readPlan(const std::filesystem::path &file, const ModelCard &card)
{
    if (file.empty())
        return Plan{};
    if (const auto session = sessionStep(file.string()))
        return planOfStep(*session, card);
    std::ifstream stream(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (!stream.is_open() || stream.bad())
        return failure(std::filesystem::exists(file) ? ErrorCode::ReadFailed : ErrorCode::NotFound,
                       "a plan expected, the file cannot be read: " + std::generic_category().message(errno),
                       file.string());
    return parsePlan(text, card, file.string());
}

} // namespace ecdysis::cli

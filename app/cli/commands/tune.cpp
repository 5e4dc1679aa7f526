// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>

#include <fmt/format.h>

#include "app/cli/commands/command.h"
#include "app/cli/common_options.h"
#include "app/cli/text_table.h"
#include "app/cli/tuning_options.h"
#include "core/values/tuning_json.h"

namespace ecdysis::cli::commands {

namespace {

struct Options
{
    std::filesystem::path model, plan;
    TuneRequest request;
};

/// The result that is printed first: the first text asked for, or what is held out.
const Recovery &headline(const Tuning &tuning)
{
    return tuning.results[tuning.results.size() > 1 ? 1 : 0];
}

nlohmann::json objectOf(const Tuning &tuning, const Plan &plan, const std::filesystem::path &out)
{
    nlohmann::json object = tuning;
    object["nll_dense"] = json_detail::number(headline(tuning).dense.value);
    object["nll_before"] = json_detail::number(headline(tuning).before.value);
    object["nll_after"] = json_detail::number(headline(tuning).after.value);
    object["plan"] = plan;
    object["out"] = out.string();
    return object;
}

std::string textOf(const Tuning &tuning, const std::filesystem::path &out)
{
    TextTable table({"text", "dense", "before", "after", "won back"});
    for (const Recovery &result : tuning.results)
        table.addRow({result.text.empty() ? "held out" : result.text, fmt::format("{:.4f}", result.dense.value),
                      fmt::format("{:.4f}", result.before.value), fmt::format("{:.4f}", result.after.value),
                      std::isnan(recovered(result)) ? "" : fmt::format("{:.0f} %", 100 * recovered(result))});
    return fmt::format("{}\nbest after step {} of {}{}, {} in all\n{} numbers learned, model in {}\n", table.text(),
                       tuning.bestStep, tuning.curve.back().step,
                       tuning.stoppedEarly ? ", ended early since it got no better" : "", clockTime(tuning.seconds),
                       grouped(tuning.trainable), out.string());
}

Result<Report> perform(const Options &options, Context &context)
{
    const auto model = ecdysis::load(options.model, context.compute, context.run);
    if (!model)
        return tl::unexpected(model.error());
    const auto plan = readPlan(options.plan, model->card());
    if (!plan)
        return tl::unexpected(plan.error());
    const std::filesystem::path &out = options.request.out;
    const auto listener = [&](const Tuning &tuning) {
        const int step = tuning.curve.back().step;
        context.kept = fmt::format("{} steps done; the same command goes on from the last that {} has", step,
                                   (out / "run.safetensors").string());
    };
    return tune(*model, options.request, *plan, listener, context.run).map([&](const Tuning &tuning) {
        return Report{objectOf(tuning, *plan, out), textOf(tuning, out)};
    });
}

Action define(CLI::App &app)
{
    auto options = std::make_shared<Options>();
    addModel(app, options->model);
    addPlan(app, options->plan);
    addTuningOptions(app, options->request);
    return [options](Context &context) { return perform(*options, context); };
}

} // namespace

extern const Command tune;
const Command tune{"tune", "Train what a plan leaves of a model until it has recovered", define};

} // namespace ecdysis::cli::commands

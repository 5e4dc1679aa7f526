// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <fmt/format.h>

#include "app/cli/commands/command.h"
#include "app/cli/common_options.h"
#include "app/cli/text_table.h"
#include "core/values/json.h"

namespace ecdysis::cli::commands {

namespace {

struct Options
{
    std::filesystem::path model, plan;
    TextOptions text;
};

std::string describe(const Evaluation &evaluation)
{
    return fmt::format("loss        {:.4f} {} nats per token\n"
                       "perplexity  {:.3f}\n"
                       "tokens      {} in {} windows of {}\n"
                       "time        {:.2f} s, {:.0f} tokens per second\n",
                       evaluation.nll.value, margin(evaluation.nll.standardError), evaluation.perplexity,
                       grouped(evaluation.tokens), evaluation.calibration.windows,
                       evaluation.calibration.protocol.window, evaluation.seconds, evaluation.tokensPerSecond);
}

Result<Report> perform(const Options &options, const Context &context)
{
    const auto model = ecdysis::load(options.model, context.compute, context.run);
    if (!model)
        return tl::unexpected(model.error());
    const auto plan = readPlan(options.plan, model->card());
    if (!plan)
        return tl::unexpected(plan.error());
    return evaluate(*model, options.text.text, options.text.protocol, *plan, context.run)
        .map([&](const Evaluation &evaluation) {
            nlohmann::json object = evaluation;
            object["plan"] = *plan;
            return Report{object, describe(evaluation)};
        });
}

Action define(CLI::App &app)
{
    auto options = std::make_shared<Options>();
    addModel(app, options->model);
    addTextOptions(app, options->text);
    addPlan(app, options->plan);
    return [options](Context &context) { return perform(*options, context); };
}

} // namespace

extern const Command eval;
const Command eval{"eval", "Measure the perplexity on a text", define};

} // namespace ecdysis::cli::commands

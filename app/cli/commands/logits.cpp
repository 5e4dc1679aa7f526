// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <fmt/format.h>

#include "app/cli/commands/command.h"
#include "app/cli/common_options.h"
#include "core/values/json.h"

namespace ecdysis::cli::commands {

namespace {

struct Options
{
    std::filesystem::path model, ids, out, plan;
    bool hidden = false;
};

Result<Report> perform(const Options &options, const Context &context)
{
    const auto model = ecdysis::load(options.model, context.compute, context.run);
    if (!model)
        return tl::unexpected(model.error());
    const auto plan = readPlan(options.plan, model->card());
    if (!plan)
        return tl::unexpected(plan.error());
    return writeLogits(*model, options.ids, options.out, options.hidden, *plan, context.run).map([&](double loss) {
        return Report{{{"loss", json_detail::number(loss)}, {"out", options.out.string()}},
                      fmt::format("loss {:.6f}\n{} written\n", loss, options.out.string())};
    });
}

Action define(CLI::App &app)
{
    auto options = std::make_shared<Options>();
    addModel(app, options->model);
    app.add_option("--ids", options->ids, "safetensors with int64 input_ids (batch, time)")
        ->required()
        ->type_name("FILE");
    app.add_option("--out", options->out, "safetensors to write")->required()->type_name("FILE");
    app.add_flag("--hidden", options->hidden, "Also write hidden.0 (embedding) to hidden.N (after the final norm)");
    addPlan(app, options->plan);
    return [options](Context &context) { return perform(*options, context); };
}

} // namespace

extern const Command logits;
const Command logits{"logits", "Write the logits of given token ids", define};

} // namespace ecdysis::cli::commands

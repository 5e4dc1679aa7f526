// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <fmt/format.h>

#include "app/cli/commands/command.h"
#include "app/cli/common_options.h"
#include "core/values/export_json.h"

namespace ecdysis::cli::commands {

namespace {

struct Options
{
    std::filesystem::path model, out;
    std::int64_t shardBytes = ExportRequest{}.shardBytes;
};

Result<Report> perform(const Options &options, const Context &context)
{
    const auto before = inspect(options.model);
    if (!before)
        return tl::unexpected(before.error());
    return ecdysis::unshare(options.model, options.out, options.shardBytes, context.run)
        .map([&](const ExportReport &report) {
            nlohmann::json object = report;
            object["out"] = options.out.string();
            object["parameters_before"] = before->parameters;
            const double share = static_cast<double>(report.parameters) / static_cast<double>(before->parameters);
            return Report{object, fmt::format("{} parameters before, {} now: {:.1f} %\nReport shares of what was there "
                                              "before.\n",
                                              before->parameters, report.parameters, 100 * share)};
        });
}

Action define(CLI::App &app)
{
    auto options = std::make_shared<Options>();
    addModel(app, options->model);
    app.add_option("--out", options->out, "Folder to write, which must not exist or be empty")
        ->required()
        ->type_name("DIR");
    addInteger(app, "--shard-size", options->shardBytes, std::int64_t{1}, "Most bytes of a file of weights");
    return [options](Context &context) { return perform(*options, context); };
}

} // namespace

extern const Command unshare;
const Command unshare{"unshare", "Give each layer its own copy of weights that layers share", define};

} // namespace ecdysis::cli::commands

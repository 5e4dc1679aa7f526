// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/intel_files.h"

#include <cmath>
#include <numeric>
#include <system_error>

#include <nlohmann/json.hpp>

#include "app/cli/session_step.h"

namespace ecdysis::cli {

namespace {

namespace fs = std::filesystem;

/// Their word for what competed in a step.
std::string targetOf(const Search &search, const SearchStep &step)
{
    const auto &targets = search.settings.stages.at(static_cast<std::size_t>(step.stage)).targets;
    if (targets == std::vector<std::string>{"block"} || targets == std::vector<std::string>{"mamba"})
        return "mamba_block";
    if (targets == std::vector<std::string>{"mlp_channels"})
        return "mlp_width";
    return targets == std::vector<std::string>{"ssm"} ? "ssm" : "block_pruning";
}

/// A perplexity where losses are likelihoods.
double importance(const SearchStep &step, const std::string &objective)
{
    const double mean =
        std::accumulate(step.losses.begin(), step.losses.end(), 0.0) / static_cast<double>(step.losses.size());
    return objective == "nll" ? std::exp(mean) : mean;
}

Result<void> makeFolder(const fs::path &folder)
{
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        return failure(ErrorCode::WriteFailed, "a folder expected, it cannot be made: " + error.message(),
                       folder.string());
    return {};
}

/// A step as log.json has it.
nlohmann::json entry(const Search &search, const SearchStep &step, std::size_t number, const fs::path &config,
                     const ModelCard &card)
{
    return {{"step", number},
            {"prune_target", targetOf(search, step)},
            {"importance", importance(step, search.settings.objective)},
            {"ratio", 1 - static_cast<double>(step.parameters) / static_cast<double>(card.parameters)},
            {"config_save_to", config.string()}};
}

/// Writes what had gone after so many steps.
Result<void> writeConfig(const fs::path &file, const Search &search, std::size_t steps, const ModelCard &card)
{
    const auto config = intelConfig(planAfter(search, steps), card);
    return config ? writeText(file, *config) : tl::unexpected(config.error());
}

} // namespace

Result<void> writeIntelFiles(const fs::path &folder, const Search &search, const ModelCard &card)
{
    const fs::path configs = folder / "pruned_model_configs";
    if (auto made = makeFolder(configs); !made)
        return made;
    nlohmann::json entries = nlohmann::json::array();
    std::size_t evaluations = 0;
    for (const SearchStep &step : search.paths.front().steps) {
        const std::size_t number = entries.size();
        const fs::path file = configs / ("config." + targetOf(search, step) + "." + std::to_string(number) + ".json");
        if (auto written = writeConfig(file, search, number + 1, card); !written)
            return written;
        evaluations += step.candidates.size();
        entries.push_back(entry(search, step, number, file, card));
    }
    if (auto written = writeConfig(folder / "pruning_config.json", search, entries.size(), card); !written)
        return written;
    const nlohmann::json log{
        {"total_params", card.parameters}, {"pruning_results", entries}, {"num_evals", evaluations}};
    return writeText(folder / "log.json", log.dump(4) + "\n");
}

} // namespace ecdysis::cli

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <string>
#include <vector>

#include "app/cli/common_options.h"

namespace ecdysis::cli {

/// What a search is told.
struct SearchOptions
{
    std::filesystem::path model, plan, out, text;
    WindowProtocol protocol;
    SearchStage stage;               ///< what all stages have in common, or the only one
    std::vector<std::string> stages; ///< TARGETS:STEPS[@FILE]
    SearchRequest request;
    std::int64_t prefixMebibytes = SearchRequest{}.prefixBytes >> 20;
};

/// MODEL and everything that decides what a search does and where it is kept.
void addSearchOptions(CLI::App &app, SearchOptions &options);

/// What these options ask for; the errors of reading a plan.
Result<SearchRequest> requestOf(const SearchOptions &options, const ModelCard &card);

} // namespace ecdysis::cli

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/data/training_text.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/data/windows.h"
#include "core/exception.h"
#include "core/torch.h"

namespace ecdysis::data {

namespace {

using Tokens = std::vector<std::int64_t>;

at::Tensor windowsOf(const Tokens &tokens, const std::string &text, std::int64_t window)
{
    return cut(tokens, text, {.window = static_cast<int>(window)}).ids;
}

Examples allLabels(const std::vector<at::Tensor> &windows)
{
    Examples examples{at::cat(windows), {}};
    examples.labels = at::ones(examples.ids.sizes(), at::kBool);
    examples.labels.select(1, 0).fill_(false);
    return examples;
}

/// Tokens at the end of a text that are held out.
std::size_t heldOut(std::size_t tokens, std::int64_t window)
{
    const auto share = static_cast<std::size_t>(std::llround(heldOutShare * static_cast<double>(tokens)));
    return std::max(share, static_cast<std::size_t>(window));
}

} // namespace

TrainingData readTrainingText(const std::filesystem::path &model, const std::vector<std::filesystem::path> &texts,
                              const std::filesystem::path &validation, std::int64_t window, const Run &run)
{
    if (texts.empty())
        throw Exception(ErrorCode::InvalidArgument, "expected a text to learn from, found none");
    std::vector<at::Tensor> training, held;
    for (const std::filesystem::path &text : texts) {
        Tokens tokens = readTokens(model, text, run);
        if (validation.empty()) {
            const std::size_t end = heldOut(tokens.size(), window);
            if (tokens.size() < end + static_cast<std::size_t>(window))
                throw Exception(ErrorCode::InvalidArgument,
                                fmt::format("expected two windows of {} tokens, one to learn from and one to hold out, "
                                            "found {} tokens",
                                            window, tokens.size()),
                                text.string());
            const auto border = tokens.end() - static_cast<std::ptrdiff_t>(end);
            held.push_back(windowsOf({border, tokens.end()}, text.string(), window));
            tokens.erase(border, tokens.end());
        }
        training.push_back(windowsOf(tokens, text.string(), window));
    }
    if (!validation.empty())
        held.push_back(windowsOf(readTokens(model, validation, run), validation.string(), window));
    return {allLabels(training), allLabels(held)};
}

} // namespace ecdysis::data

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/scores/score.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/exception.h"

namespace ecdysis::scores {

namespace {

[[noreturn]] void refuse(const std::string &message, const std::string &text)
{
    throw Exception(ErrorCode::InvalidArgument, message, fmt::format("score \"{}\"", text));
}

std::vector<std::string> namesOf(std::span<const Option> options)
{
    std::vector<std::string> names;
    for (const Option &option : options)
        names.emplace_back(option.name);
    return names;
}

std::optional<double> numberFrom(const std::string &text)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole && std::isfinite(value) && value >= 0 ? std::optional(value) : std::nullopt;
}

/// Reads one "option=value" into the settings.
void assign(Settings &settings, const Score &score, const std::string &pair, const std::string &text)
{
    const auto sign = pair.find('=');
    const std::string name = pair.substr(0, sign);
    const auto option = std::ranges::find_if(score.options, [&](const Option &one) { return name == one.name; });
    if (option == score.options.end())
        refuse(score.options.empty() ? fmt::format("{} without options expected, \"{}\" found", score.id, name)
                                     : fmt::format("an option of {} expected ({}), \"{}\" found", score.id,
                                                   fmt::join(namesOf(score.options), ", "), name),
               text);
    if (sign == pair.npos)
        refuse(fmt::format("{}=VALUE expected, \"{}\" found", name, pair), text);
    const std::string value = pair.substr(sign + 1);
    if (option->choices.empty() && !numberFrom(value))
        refuse(fmt::format("{}: a number from 0 up expected, \"{}\" found", name, value), text);
    if (!option->choices.empty() &&
        std::ranges::find(option->choices, std::string_view(value)) == option->choices.end())
        refuse(fmt::format("{}: one of {} expected, \"{}\" found", name, fmt::join(option->choices, ", "), value),
               text);
    settings[name] = value;
}

} // namespace

std::vector<ScoreInfo> descriptions()
{
    std::vector<ScoreInfo> infos;
    for (const Score *score : table()) {
        ScoreInfo info{.name = score->id,
                       .meaning = score->meaning,
                       .options = {},
                       .needsText = score->needsText,
                       .ofWeights = score->elements != nullptr};
        for (const Option &option : score->options)
            info.options.push_back(
                {option.name, option.meaning, option.value, {option.choices.begin(), option.choices.end()}});
        infos.push_back(std::move(info));
    }
    return infos;
}

Chosen parse(const std::string &text)
{
    const auto colon = text.find(':');
    const std::string name = text.substr(0, colon);
    const auto found = std::ranges::find_if(table(), [&](const Score *score) { return name == score->id; });
    if (found == table().end()) {
        std::vector<std::string> known;
        for (const Score *score : table())
            known.emplace_back(score->id);
        refuse(fmt::format("one of {} expected, \"{}\" found", fmt::join(known, ", "), name), text);
    }
    Chosen chosen{*found, {}};
    for (const Option &option : chosen.score->options)
        chosen.settings[option.name] = option.value;
    for (std::size_t start = colon; start != text.npos;) {
        const std::size_t end = text.find(',', start + 1);
        assign(chosen.settings, *chosen.score, text.substr(start + 1, end - start - 1), text);
        start = end;
    }
    return chosen;
}

std::string written(const Chosen &chosen)
{
    std::vector<std::string> pairs;
    for (const auto &[option, value] : chosen.settings)
        pairs.push_back(option + "=" + value);
    return pairs.empty() ? chosen.score->id : fmt::format("{}:{}", chosen.score->id, fmt::join(pairs, ","));
}

void requireElements(const Chosen &chosen)
{
    if (!chosen.score->elements)
        refuse("a score of single weights expected, one of units found", written(chosen));
}

void requireText(const Chosen &chosen, bool hasText)
{
    if (chosen.score->needsText && !hasText)
        refuse("a text to compute it on expected, none named", written(chosen));
}

void refuseKind(const std::string &score, const std::string &what, const std::string &kind)
{
    refuse(fmt::format("{} expected, \"{}\" found", what, kind), score);
}

double number(const Settings &settings, const std::string &option)
{
    return *numberFrom(settings.at(option));
}

} // namespace ecdysis::scores

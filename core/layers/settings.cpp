// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/settings.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/exception.h"

namespace ecdysis::layers {

namespace {

std::int64_t atLeast(const io::Config &config, std::string_view key, std::int64_t otherwise, std::int64_t least)
{
    const std::int64_t value = config.integer(key, otherwise);
    if (value < least || value > std::numeric_limits<std::int32_t>::max())
        throw Exception(ErrorCode::BadFormat, fmt::format("expected a size of at least {}, found {}", least, value),
                        config.place(key));
    return value;
}

} // namespace

std::int64_t size(const io::Config &config, std::string_view key, std::int64_t otherwise)
{
    return atLeast(config, key, otherwise, 1);
}

std::int64_t count(const io::Config &config, std::string_view key, std::int64_t otherwise)
{
    return atLeast(config, key, otherwise, 0);
}

std::int64_t stepRank(const io::Config &config, std::string_view key, std::int64_t channels)
{
    if (!config.has(key) || config.json().at(std::string(key)) == "auto")
        return (channels + 15) / 16;
    return size(config, key, 1);
}

std::int64_t expanded(const io::Config &config, std::string_view key, std::int64_t channels)
{
    const double inner = config.number(key, 2) * static_cast<double>(channels);
    if (!(inner >= 1 && inner < 1e9))
        throw Exception(ErrorCode::BadFormat, fmt::format("expected a positive width, found {}", inner),
                        config.place(key));
    return static_cast<std::int64_t>(inner);
}

std::pair<double, double> stepLimits(const io::Config &config, std::string_view key)
{
    const auto limits = config.numbers(key);
    if (!limits)
        return {0, std::numeric_limits<double>::infinity()};
    if (limits->size() != 2 || !((*limits)[0] <= (*limits)[1]))
        throw Exception(ErrorCode::BadFormat, "expected two numbers, the smaller one first", config.place(key));
    return {(*limits)[0], (*limits)[1]};
}

void refuse(const io::Config &config, std::string_view key, std::string_view supported)
{
    const std::string found = config.has(key) ? config.json().at(std::string(key)).dump() : "none";
    throw Exception(ErrorCode::Unsupported, fmt::format("expected {}, found {}", supported, found), config.place(key));
}

void require(const io::Config &config, std::string_view key, std::string_view only)
{
    if (config.string(key, std::string(only)) != only)
        refuse(config, key, only);
}

void requireFlag(const io::Config &config, std::string_view key, bool only)
{
    if (config.boolean(key, only) != only)
        refuse(config, key, only ? "true" : "false");
}

void requireMultiple(const io::Config &config, std::string_view key, std::int64_t value, std::int64_t divisor)
{
    if (value % divisor != 0)
        throw Exception(ErrorCode::BadFormat, fmt::format("expected a divisor of {}, found {}", value, divisor),
                        config.place(key));
}

std::optional<std::vector<std::string>> layerTypes(const io::Config &config, std::string_view key, std::int64_t layers,
                                                   std::initializer_list<std::string_view> known)
{
    auto types = config.strings(key);
    if (!types)
        return std::nullopt;
    if (layers > 0 && static_cast<std::int64_t>(types->size()) != layers)
        throw Exception(ErrorCode::BadFormat,
                        fmt::format("expected the types of {} layers, found {}", layers, types->size()),
                        config.place(key));
    for (std::string &type : *types) {
        if (type == "linear_attention")
            type = "mamba";
        if (type == "full_attention")
            type = "attention";
        if (std::ranges::find(known, type) == known.end())
            throw Exception(ErrorCode::Unsupported,
                            fmt::format("expected layers of type {}, found {}", fmt::join(known, ", "), type),
                            config.place(key));
    }
    return types;
}

std::string convention(const io::Config &config, Convention described, std::vector<Convention> &known)
{
    const io::Config asked = config.object("ecdysis");
    described.value = asked.string(described.name, described.choices.front());
    if (std::ranges::find(described.choices, described.value) == described.choices.end())
        throw Exception(ErrorCode::InvalidArgument,
                        fmt::format("expected {} to be one of {}, found {}", described.name,
                                    fmt::join(described.choices, ", "), described.value),
                        asked.place(described.name));
    known.push_back(std::move(described));
    return known.back().value;
}

double smallestStep(const io::Config &config, std::vector<Convention> &known)
{
    const bool floor =
        convention(config,
                   {.name = "dt_floor",
                    .choices = {"time_step_min", "none"},
                    .meaning = "Smallest step size of the state space: \"time_step_min\" as transformers computes on a "
                               "processor, \"none\" as it computes with its CUDA kernels and as the models are "
                               "trained."},
                   known) == "time_step_min";
    return floor ? config.number("time_step_min", 0.001) : 0;
}

} // namespace ecdysis::layers

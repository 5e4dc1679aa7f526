// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

/// \file
/// Cases computed by the reference CUDA kernels, as nested lists or as {"data": nested lists, "shape": ...}; NaN, which
/// JSON does not know, is read as null.

inline nlohmann::json readFixture(const std::filesystem::path &path)
{
    std::ifstream file(path);
    std::string text(std::istreambuf_iterator<char>(file), {});
    for (std::size_t at = text.find("NaN"); at != std::string::npos; at = text.find("NaN", at))
        text.replace(at, 3, "null");
    return nlohmann::json::parse(text);
}

/// All numbers of a tensor in row-major order.
inline std::vector<float> numbers(const nlohmann::json &tensor)
{
    if (tensor.is_object())
        return numbers(tensor.at("data"));
    if (tensor.is_null())
        return {std::numeric_limits<float>::quiet_NaN()};
    if (tensor.is_number())
        return {tensor.get<float>()};
    std::vector<float> all;
    for (const nlohmann::json &part : tensor)
        for (const float value : numbers(part))
            all.push_back(value);
    return all;
}

/// (batch, channels, time) to (batch, time, channels).
inline std::vector<float> timeFirst(const std::vector<float> &values, std::size_t batch, std::size_t channels,
                                    std::size_t time)
{
    std::vector<float> turned(values.size());
    for (std::size_t b = 0; b < batch; ++b)
        for (std::size_t c = 0; c < channels; ++c)
            for (std::size_t t = 0; t < time; ++t)
                turned[(b * time + t) * channels + c] = values[(b * channels + c) * time + t];
    return turned;
}

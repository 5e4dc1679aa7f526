// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/random_mamba.h"

#include <bit>
#include <cstring>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/io/safetensors.h"

using ecdysis::DType;

namespace {

constexpr std::int64_t states = 16;
constexpr std::int64_t taps = 4;

/// A weight whose values are uniform within `spread` of `centre`.
struct Weight
{
    std::string name;
    std::vector<std::int64_t> shape;
    float spread;
    float centre;

    std::int64_t count() const
    {
        std::int64_t result = 1;
        for (const std::int64_t size : shape)
            result *= size;
        return result;
    }
};

std::int64_t dtRank(const RandomMamba &model)
{
    return (model.hidden + 15) / 16;
}

/// Spreads that keep activations within reason through any number of layers.
std::vector<Weight> weightsOf(const RandomMamba &model)
{
    const std::int64_t hidden = model.hidden, inner = 2 * hidden, rank = dtRank(model);
    std::vector<Weight> weights{{"backbone.embeddings.weight", {model.vocabulary, hidden}, 0.02F, 0}};
    for (std::int64_t layer = 0; layer < model.layers; ++layer) {
        const std::string prefix = fmt::format("backbone.layers.{}.", layer);
        weights.push_back({prefix + "norm.weight", {hidden}, 0, 1});
        weights.push_back({prefix + "mixer.in_proj.weight", {2 * inner, hidden}, 0.03F, 0});
        weights.push_back({prefix + "mixer.conv1d.weight", {inner, 1, taps}, 0.3F, 0});
        weights.push_back({prefix + "mixer.conv1d.bias", {inner}, 0.1F, 0});
        weights.push_back({prefix + "mixer.x_proj.weight", {rank + 2 * states, inner}, 0.03F, 0});
        weights.push_back({prefix + "mixer.dt_proj.weight", {inner, rank}, 0.1F, 0});
        weights.push_back({prefix + "mixer.dt_proj.bias", {inner}, 0.5F, -4});
        weights.push_back({prefix + "mixer.A_log", {inner, states}, 0.5F, 1});
        weights.push_back({prefix + "mixer.D", {inner}, 0, 1});
        weights.push_back({prefix + "mixer.out_proj.weight", {hidden, inner}, 0.02F, 0});
    }
    weights.push_back({"backbone.norm_f.weight", {hidden}, 0, 1});
    return weights;
}

std::vector<std::byte> valuesOf(const Weight &weight, DType dtype, std::mt19937 &random)
{
    const std::size_t size = dtype == DType::BF16 ? 2 : 4;
    std::vector<std::byte> bytes(static_cast<std::size_t>(weight.count()) * size);
    for (std::size_t i = 0; i < bytes.size(); i += size) {
        const float unit = static_cast<float>(random()) * 0x1p-31F - 1; // [-1, 1]
        const float value = weight.centre + weight.spread * unit;
        // Little-endian: the upper half of a float32 is its bfloat16, rounded towards zero.
        std::memcpy(&bytes[i], reinterpret_cast<const std::byte *>(&value) + 4 - size, size);
    }
    return bytes;
}

void writeShard(const std::filesystem::path &file, const std::vector<Weight> &weights, DType dtype,
                std::mt19937 &random)
{
    std::vector<std::vector<std::byte>> values;
    std::vector<ecdysis::io::TensorView> views;
    for (const Weight &weight : weights) {
        values.push_back(valuesOf(weight, dtype, random));
        views.push_back({weight.name, dtype, weight.shape, values.back()});
    }
    const auto written = ecdysis::io::writeSafetensors(file, views);
    if (!written)
        throw std::runtime_error(written.error().where + ": " + written.error().message);
}

std::vector<std::vector<Weight>> shardsOf(const RandomMamba &model)
{
    const std::int64_t size = model.dtype == DType::BF16 ? 2 : 4;
    std::vector<std::vector<Weight>> shards(1);
    std::int64_t bytes = 0;
    for (const Weight &weight : weightsOf(model)) {
        if (bytes + weight.count() * size > model.shardBytes && !shards.back().empty()) {
            shards.emplace_back();
            bytes = 0;
        }
        shards.back().push_back(weight);
        bytes += weight.count() * size;
    }
    return shards;
}

void writeWeights(const std::filesystem::path &folder, const RandomMamba &model)
{
    std::mt19937 random(7);
    const auto shards = shardsOf(model);
    if (shards.size() == 1) {
        writeShard(folder / "model.safetensors", shards.front(), model.dtype, random);
        return;
    }
    nlohmann::json index{{"metadata", nlohmann::json::object()}, {"weight_map", nlohmann::json::object()}};
    for (std::size_t i = 0; i < shards.size(); ++i) {
        const std::string name = fmt::format("model-{:05}-of-{:05}.safetensors", i + 1, shards.size());
        writeShard(folder / name, shards[i], model.dtype, random);
        for (const Weight &weight : shards[i])
            index["weight_map"][weight.name] = name;
    }
    std::ofstream(folder / "model.safetensors.index.json") << index;
}

nlohmann::json configOf(const RandomMamba &model)
{
    return {{"model_type", "mamba"},
            {"hidden_size", model.hidden},
            {"intermediate_size", 2 * model.hidden},
            {"state_size", states},
            {"time_step_rank", dtRank(model)},
            {"conv_kernel", taps},
            {"num_hidden_layers", model.layers},
            {"use_bias", false},
            {"use_conv_bias", true},
            {"vocab_size", model.vocabulary},
            {"residual_in_fp32", true},
            {"tie_word_embeddings", true},
            {"layer_norm_epsilon", 1e-5F}};
}

nlohmann::json tokenizerOfLetters()
{
    nlohmann::json tokens;
    for (char letter = 'a'; letter <= 'z'; ++letter)
        tokens[std::string{letter}] = letter - 'a';
    return {{"added_tokens", nlohmann::json::array()},
            {"normalizer", nullptr},
            {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}},
            {"post_processor", nullptr},
            {"model", {{"type", "BPE"}, {"vocab", tokens}, {"merges", nlohmann::json::array()}}}};
}

} // namespace

void writeRandomMamba(const std::filesystem::path &folder, const RandomMamba &shape)
{
    static_assert(std::endian::native == std::endian::little);
    std::filesystem::create_directories(folder);
    writeWeights(folder, shape);
    std::ofstream(folder / "config.json") << configOf(shape);
    std::ofstream(folder / "tokenizer.json") << tokenizerOfLetters();
    std::ofstream text(folder / "text.txt");
    for (std::size_t i = 0; i < 4096; ++i)
        text << static_cast<char>('a' + i * i % 26);
}

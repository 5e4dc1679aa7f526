// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer/tokenizer_config.h"

#include <algorithm>
#include <charconv>

#include "core/exception.h"

namespace ecdysis::io::tokenizers {

namespace {

using IdOf = std::function<std::optional<std::int32_t>(std::string_view)>;

std::optional<bool> readFlag(const JsonNode &config, std::string_view key)
{
    const auto node = config.find(key);
    return node ? std::optional(node->boolean()) : std::nullopt;
}

/// A token is named by its text or by an object with its "content".
std::optional<std::string> readTokenName(const JsonNode &config, std::string_view key)
{
    const auto node = config.find(key);
    if (!node)
        return std::nullopt;
    return node->json().is_object() ? node->string("content") : node->string();
}

std::vector<AddedToken> readAddedTokens(const JsonNode &config)
{
    std::vector<AddedToken> tokens;
    const auto decoder = config.find("added_tokens_decoder");
    if (!decoder)
        return tokens;
    for (const auto &[key, value] : decoder->object().items()) {
        std::int32_t id = -1;
        const auto parsed = std::from_chars(key.data(), key.data() + key.size(), id);
        if (parsed.ec != std::errc() || parsed.ptr != key.data() + key.size() || id < 0)
            decoder->malformed("expected ids from 0 to 2147483647 as keys, found \"" + key + "\"");
        tokens.push_back(readAddedToken(decoder->at(key), id));
    }
    std::sort(tokens.begin(), tokens.end(), [](const auto &a, const auto &b) { return a.id < b.id; });
    return tokens;
}

std::optional<std::int32_t> endTokenId(const std::optional<std::string> &name, const IdOf &idOf)
{
    return name ? idOf(*name) : std::nullopt;
}

void setPresence(std::vector<std::int32_t> &ids, std::optional<std::int32_t> id, bool isWanted, bool isInFront)
{
    if (!id)
        return;
    const auto found = std::find(ids.begin(), ids.end(), *id);
    if (isWanted && found == ids.end())
        ids.insert(isInFront ? ids.begin() : ids.end(), *id);
    else if (!isWanted && found != ids.end())
        ids.erase(found);
}

} // namespace

TokenizerConfig readTokenizerConfig(const std::filesystem::path &file)
{
    TokenizerConfig config;
    config.file = file.string();
    if (!std::filesystem::exists(file))
        return config;
    const nlohmann::json json = readJsonFile(file);
    const JsonNode root(json, config.file);
    config.addsBos = readFlag(root, "add_bos_token");
    config.addsEos = readFlag(root, "add_eos_token");
    config.addsPrefixSpace = readFlag(root, "add_prefix_space");
    config.bosToken = readTokenName(root, "bos_token");
    config.eosToken = readTokenName(root, "eos_token");
    config.addedTokens = readAddedTokens(root);
    return config;
}

Affixes withConfiguredEnds(Affixes affixes, const TokenizerConfig &config, const IdOf &idOf)
{
    const auto bos = endTokenId(config.bosToken, idOf);
    const auto eos = endTokenId(config.eosToken, idOf);
    if (config.addsBos.value_or(false) && !bos)
        throw Exception(ErrorCode::BadFormat, "expected a bos_token of the vocabulary",
                        config.file + ": add_bos_token");
    if (config.addsEos.value_or(false) && !eos)
        throw Exception(ErrorCode::BadFormat, "expected an eos_token of the vocabulary",
                        config.file + ": add_eos_token");
    if (config.addsBos)
        setPresence(affixes.before, bos, *config.addsBos, true);
    if (config.addsEos)
        setPresence(affixes.behind, eos, *config.addsEos, false);
    return affixes;
}

} // namespace ecdysis::io::tokenizers

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/tokenizer/added_tokens.h"
#include "core/io/tokenizer/post_processor.h"

namespace ecdysis::io::tokenizers {

/// What a tokenizer_config.json says about ids; nothing where it is silent.
struct TokenizerConfig
{
    std::string file;
    std::optional<bool> addsBos;
    std::optional<bool> addsEos;
    std::optional<bool> addsPrefixSpace;
    std::optional<std::string> bosToken;
    std::optional<std::string> eosToken;
    std::vector<AddedToken> addedTokens; ///< added_tokens_decoder
};

/// The config at `file`; an empty one if there is no such file. Throws Exception: ReadFailed, BadFormat.
TokenizerConfig readTokenizerConfig(const std::filesystem::path &file);

/// `affixes` after add_bos_token and add_eos_token, where they are given: they decide whether the token is there.
/// Throws Exception{BadFormat} when the token to add is not named or `idOf` does not know it.
Affixes withConfiguredEnds(Affixes affixes, const TokenizerConfig &config,
                           const std::function<std::optional<std::int32_t>(std::string_view)> &idOf);

} // namespace ecdysis::io::tokenizers

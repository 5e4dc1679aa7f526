// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer/json_tokenizer.h"

#include <algorithm>
#include <memory>
#include <unordered_set>

#include "core/io/tokenizer/bpe.h"
#include "core/io/tokenizer/json_node.h"
#include "core/io/tokenizer/normalizer.h"
#include "core/io/tokenizer/word_cache.h"
#include "core/stop.h"

namespace ecdysis::io::tokenizers {

namespace {

struct Pipeline
{
    AddedTokenSplitter rawTokens;
    Normalizer normalizer;
    AddedTokenSplitter normalizedTokens;
    PreTokenizer preTokenizer;
    Bpe model;

    std::vector<std::int32_t> encode(std::string_view text, const Run &run) const;
};

std::vector<std::int32_t> Pipeline::encode(std::string_view text, const Run &run) const
{
    std::vector<std::int32_t> ids;
    WordCache cache;
    const auto encodeWord = [&](Piece word) {
        throwIfStopped(run);
        const auto found = cache.ids(word.text, [&](std::string_view w, auto &out) { model.encode(w, run, out); });
        ids.insert(ids.end(), found.begin(), found.end());
    };
    const PieceSink wordSink = encodeWord;
    const PieceSink normalizedSink = [&](Piece piece) { preTokenizer(piece, wordSink); };
    const AddedTokenSplitter::TokenSink tokenSink = [&](std::int32_t id) { ids.push_back(id); };
    const PieceSink rawSink = [&](Piece piece) {
        const std::string normalized = normalizer(std::string(piece.text));
        normalizedTokens.split({normalized, piece.atStart}, normalizedSink, tokenSink);
    };
    rawTokens.split({text, true}, rawSink, tokenSink);
    return ids;
}

Normalizer readNormalizerOf(const JsonNode &root)
{
    const auto node = root.find("normalizer");
    return node ? readNormalizer(*node) : [](std::string text) { return text; };
}

PreTokenizer readPreTokenizerOf(const JsonNode &root, const TokenizerConfig &config)
{
    const auto node = root.find("pre_tokenizer");
    if (!node)
        return [](Piece piece, const PieceSink &sink) { sink(piece); };
    // The classes that read tokenizer_config.json set this flag of a ByteLevel of the file anew.
    if (config.addsPrefixSpace && node->string("type") == "ByteLevel") {
        nlohmann::json changed = node->json();
        changed["add_prefix_space"] = *config.addsPrefixSpace;
        return readPreTokenizer(JsonNode(changed, node->where()));
    }
    return readPreTokenizer(*node);
}

/// Those of the file, then those only the config has. A token of the vocabulary keeps the id it has there.
std::vector<AddedToken> readAddedTokens(const JsonNode &root, const TokenizerConfig &config, const Vocabulary &known)
{
    std::vector<AddedToken> tokens;
    std::unordered_set<std::string> contents;
    const auto add = [&](AddedToken token) {
        if (!contents.insert(token.content).second)
            return;
        token.id = known.find(token.content).value_or(token.id);
        tokens.push_back(std::move(token));
    };
    if (const auto added = root.find("added_tokens")) {
        for (const JsonNode &node : added->elements())
            add(readAddedToken(node, readTokenId(node.at("id"))));
    }
    for (const AddedToken &token : config.addedTokens)
        add(token);
    std::stable_partition(tokens.begin(), tokens.end(), [](const auto &token) { return token.isSpecial; });
    return tokens;
}

void setAddedTokens(Pipeline &pipeline, const std::vector<AddedToken> &tokens)
{
    std::vector<std::pair<std::string, AddedToken>> raw;
    std::vector<std::pair<std::string, AddedToken>> normalized;
    for (const AddedToken &token : tokens) {
        if (token.isNormalized)
            normalized.emplace_back(pipeline.normalizer(token.content), token);
        else
            raw.emplace_back(token.content, token);
    }
    pipeline.rawTokens = AddedTokenSplitter(std::move(raw));
    pipeline.normalizedTokens = AddedTokenSplitter(std::move(normalized));
}

} // namespace

Encoder readJsonTokenizer(const std::filesystem::path &file, const TokenizerConfig &config)
{
    const nlohmann::json json = readJsonFile(file);
    const JsonNode root(json, file.string());
    const auto pipeline = std::make_shared<Pipeline>(
        Pipeline{{}, readNormalizerOf(root), {}, readPreTokenizerOf(root, config), Bpe(root.at("model"))});
    const Vocabulary &vocabulary = pipeline->model.vocabulary();
    const std::vector<AddedToken> tokens = readAddedTokens(root, config, vocabulary);
    setAddedTokens(*pipeline, tokens);

    Encoder encoder;
    encoder.vocabularySize = vocabulary.size();
    for (const AddedToken &token : tokens)
        encoder.vocabularySize = std::max<std::int64_t>(encoder.vocabularySize, token.id + 1LL);
    const auto postProcessor = root.find("post_processor");
    const auto idOf = [&](std::string_view name) {
        const auto token = std::find_if(tokens.begin(), tokens.end(), [&](const auto &t) { return t.content == name; });
        return token == tokens.end() ? vocabulary.find(name) : std::optional(token->id);
    };
    encoder.affixes = withConfiguredEnds(postProcessor ? readPostProcessor(*postProcessor) : Affixes{}, config, idOf);
    for (const auto *ids : {&encoder.affixes.before, &encoder.affixes.behind})
        for (const std::int32_t id : *ids)
            encoder.vocabularySize = std::max<std::int64_t>(encoder.vocabularySize, id + 1LL);
    encoder.encode = [pipeline](std::string_view text, const Run &run) { return pipeline->encode(text, run); };
    return encoder;
}

} // namespace ecdysis::io::tokenizers

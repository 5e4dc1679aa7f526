// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer/bpe.h"

#include <limits>

#include "core/exception.h"
#include "core/io/tokenizer/unicode.h"

namespace ecdysis::io::tokenizers {

namespace {

void refuseText(const JsonNode &model, std::string_view key)
{
    const auto member = model.find(key);
    if (member && !member->string().empty())
        member->unsupported(std::string(key) + " is not supported");
}

void checkModel(const JsonNode &model)
{
    const auto type = model.find("type"); // absent from the oldest files, all of whose models with merges are BPE
    if (type && type->string() != "BPE")
        model.unsupported("model of type \"" + type->string() + "\" is not supported");
    if (!type && !model.find("merges"))
        model.at("type");
    const auto dropout = model.find("dropout");
    if (dropout && dropout->json() != 0)
        dropout->unsupported("dropout is not supported");
    refuseText(model, "continuing_subword_prefix");
    refuseText(model, "end_of_word_suffix");
}

/// Both spellings of a merge: "a b" and ["a", "b"].
std::pair<std::string, std::string> readMerge(const JsonNode &merges, std::size_t index)
{
    const auto &json = merges.json()[index];
    if (json.is_array() && json.size() == 2 && json[0].is_string() && json[1].is_string())
        return {json[0].get<std::string>(), json[1].get<std::string>()};
    if (json.is_string()) {
        const auto &text = json.get_ref<const std::string &>();
        const std::size_t space = text.find(' ');
        if (space != std::string::npos && text.find(' ', space + 1) == std::string::npos)
            return {text.substr(0, space), text.substr(space + 1)};
    }
    merges.element(index).expected("two tokens, \"a b\" or [\"a\", \"b\"]");
}

bool isVersionLine(const nlohmann::json &merge)
{
    return merge.is_string() && merge.get_ref<const std::string &>().starts_with("#version");
}

} // namespace

Bpe::Bpe(const JsonNode &model)
{
    checkModel(model);
    m_vocabulary = Vocabulary(model.at("vocab"));
    readMerges(model.at("merges"));
    m_fusesUnknown = model.boolean("fuse_unk", false);
    m_ignoresMerges = model.boolean("ignore_merges", false);
    if (const auto unknown = model.find("unk_token")) {
        m_unknown = m_vocabulary.find(unknown->string());
        if (!m_unknown)
            unknown->expected("a token of the vocabulary");
    }
    indexCharacters();
    m_bytes.fill(-1);
    if (model.boolean("byte_fallback", false))
        indexBytes();
}

void Bpe::readMerges(const JsonNode &merges)
{
    const std::size_t count = merges.array().size();
    m_merges = MergeTable(count);
    std::uint32_t rank = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (isVersionLine(merges.json()[i]))
            continue;
        const auto [left, right] = readMerge(merges, i);
        const auto idOf = [&](const std::string &token) {
            const auto id = m_vocabulary.find(token);
            if (!id)
                merges.element(i).malformed("token \"" + token + "\" is not in the vocabulary");
            return *id;
        };
        const std::int32_t leftId = idOf(left);
        const std::int32_t rightId = idOf(right);
        m_merges.set(leftId, rightId, {rank++, idOf(left + right)});
    }
}

void Bpe::indexCharacters()
{
    m_frequentCharacters.fill(-1);
    for (const auto &[token, id] : m_vocabulary.ids()) {
        if (token.empty())
            continue;
        std::size_t position = 0;
        const char32_t codePoint = unicode::decode(token, position);
        if (position != token.size())
            continue;
        m_characters.emplace(codePoint, id);
        if (codePoint < m_frequentCharacters.size())
            m_frequentCharacters[codePoint] = id;
    }
}

void Bpe::indexBytes()
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (std::size_t byte = 0; byte < m_bytes.size(); ++byte) {
        const std::string token{'<', '0', 'x', digits[byte >> 4], digits[byte & 0xF], '>'};
        m_bytes[byte] = m_vocabulary.find(token).value_or(-1);
    }
}

std::optional<std::int32_t> Bpe::character(char32_t codePoint) const
{
    if (codePoint < m_frequentCharacters.size()) {
        const std::int32_t id = m_frequentCharacters[codePoint];
        return id < 0 ? std::nullopt : std::optional(id);
    }
    const auto found = m_characters.find(codePoint);
    return found == m_characters.end() ? std::nullopt : std::optional(found->second);
}

bool Bpe::appendBytes(std::string_view character, std::vector<std::int32_t> &symbols) const
{
    const std::size_t before = symbols.size();
    for (const char byte : character) {
        const std::int32_t id = m_bytes[static_cast<unsigned char>(byte)];
        if (id < 0) { // all bytes or none
            symbols.resize(before);
            return false;
        }
        symbols.push_back(id);
    }
    return true;
}

std::vector<std::int32_t> Bpe::symbolsOf(std::string_view word) const
{
    std::vector<std::int32_t> symbols;
    symbols.reserve(word.size());
    // An unknown character waits until a known one follows, even past bytes: the reference emits it that late.
    bool unknownWaits = false;
    for (std::size_t position = 0; position < word.size();) {
        const std::size_t begin = position;
        const auto id = character(unicode::decode(word, position));
        if (!id && appendBytes(word.substr(begin, position - begin), symbols))
            continue;
        if (unknownWaits && (id || !m_fusesUnknown)) {
            symbols.push_back(*m_unknown);
            unknownWaits = false;
        }
        if (id)
            symbols.push_back(*id);
        else
            unknownWaits = m_unknown.has_value();
    }
    if (unknownWaits)
        symbols.push_back(*m_unknown);
    return symbols;
}

void Bpe::encode(std::string_view word, const Run &run, std::vector<std::int32_t> &ids) const
{
    if (m_ignoresMerges) {
        if (const auto id = m_vocabulary.find(word)) {
            ids.push_back(*id);
            return;
        }
    }
    if (word.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
        throw Exception(ErrorCode::Unsupported, "a text without a place to cut it is longer than 2 GiB");
    std::vector<std::int32_t> symbols = symbolsOf(word);
    mergeSymbols(symbols, m_merges, run);
    ids.insert(ids.end(), symbols.begin(), symbols.end());
}

} // namespace ecdysis::io::tokenizers

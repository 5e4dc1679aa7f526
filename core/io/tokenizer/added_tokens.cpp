// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer/added_tokens.h"

#include <algorithm>

#include "core/io/tokenizer/unicode.h"

namespace ecdysis::io::tokenizers {

namespace {

bool endsWithWord(std::string_view text)
{
    if (text.empty())
        return false;
    std::size_t position = unicode::previous(text, text.size());
    return unicode::isWord(unicode::decode(text, position));
}

bool startsWithWord(std::string_view text)
{
    std::size_t position = 0;
    return !text.empty() && unicode::isWord(unicode::decode(text, position));
}

} // namespace

AddedToken readAddedToken(const JsonNode &node, std::int32_t id)
{
    AddedToken token;
    token.content = node.string("content");
    token.id = id;
    token.isSingleWord = node.boolean("single_word", false);
    token.takesSpaceBefore = node.boolean("lstrip", false);
    token.takesSpaceBehind = node.boolean("rstrip", false);
    token.isSpecial = node.boolean("special", false);
    token.isNormalized = node.boolean("normalized", !token.isSpecial);
    return token;
}

AddedTokenSplitter::AddedTokenSplitter(std::vector<std::pair<std::string, AddedToken>> tokens)
{
    for (auto &[text, token] : tokens) {
        if (text.empty())
            continue;
        insert(text, static_cast<std::int32_t>(m_tokens.size()));
        m_tokens.push_back(std::move(token));
    }
}

void AddedTokenSplitter::insert(std::string_view text, std::int32_t token)
{
    m_isFirstByte[static_cast<unsigned char>(text.front())] = true;
    std::uint32_t node = 0;
    for (const char byte : text) {
        std::uint32_t next = child(node, byte);
        if (next == 0) {
            next = static_cast<std::uint32_t>(m_nodes.size());
            m_nodes[node].children.emplace_back(byte, next);
            m_nodes.emplace_back();
        }
        node = next;
    }
    if (m_nodes[node].token < 0)
        m_nodes[node].token = token;
}

std::uint32_t AddedTokenSplitter::child(std::uint32_t node, char byte) const
{
    const auto &children = m_nodes[node].children;
    const auto found = std::find_if(children.begin(), children.end(), [&](const auto &c) { return c.first == byte; });
    return found == children.end() ? 0 : found->second;
}

AddedTokenSplitter::Match AddedTokenSplitter::find(std::string_view text, std::size_t from) const
{
    for (std::size_t begin = from; begin < text.size(); ++begin) {
        if (!m_isFirstByte[static_cast<unsigned char>(text[begin])])
            continue;
        Match longest;
        std::uint32_t node = 0;
        for (std::size_t i = begin; i < text.size(); ++i) {
            node = child(node, text[i]);
            if (node == 0)
                break;
            if (m_nodes[node].token >= 0)
                longest = {begin, i + 1, m_nodes[node].token};
        }
        if (longest.token >= 0)
            return longest;
    }
    return {};
}

void AddedTokenSplitter::split(Piece piece, const PieceSink &textSink, const TokenSink &tokenSink) const
{
    const std::string_view text = piece.text;
    std::size_t covered = 0;
    const auto flush = [&](std::size_t end) {
        if (covered < end)
            textSink({text.substr(covered, end - covered), piece.atStart && covered == 0});
    };
    Match match;
    for (std::size_t from = 0; (match = find(text, from)).token >= 0; from = match.end) {
        const AddedToken &token = m_tokens[static_cast<std::size_t>(match.token)];
        if (token.isSingleWord && (endsWithWord(text.substr(0, match.begin)) || startsWithWord(text.substr(match.end))))
            continue;
        std::size_t begin = match.begin;
        std::size_t end = match.end;
        if (token.takesSpaceBefore)
            begin = std::max(covered, unicode::withoutTrailingSpace(text.substr(0, begin)).size());
        if (token.takesSpaceBehind)
            end = text.size() - unicode::withoutLeadingSpace(text.substr(end)).size();
        flush(begin);
        tokenSink(token.id);
        covered = end;
    }
    flush(text.size());
}

} // namespace ecdysis::io::tokenizers

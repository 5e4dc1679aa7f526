// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer/metaspace.h"

#include <string>

#include "core/io/tokenizer/split.h"
#include "core/io/tokenizer/unicode.h"

namespace ecdysis::io::tokenizers {

namespace {

bool isOneCharacter(std::string_view text)
{
    std::size_t behind = 0;
    if (!text.empty())
        unicode::decode(text, behind);
    return behind > 0 && behind == text.size();
}

using Prepends = bool (*)(Piece);

bool always(Piece)
{
    return true;
}
bool atStart(Piece piece)
{
    return piece.atStart;
}
bool never(Piece)
{
    return false;
}

Prepends readPrependScheme(const JsonNode &node)
{
    const auto scheme = node.find("prepend_scheme");
    if (!scheme) // files older than the schemes
        return node.boolean("add_prefix_space", true) ? always : never;
    const std::string name = scheme->string();
    if (name == "always")
        return always;
    if (name == "first")
        return atStart;
    if (name == "never")
        return never;
    scheme->expected("\"always\", \"first\" or \"never\"");
}

std::string marked(Piece piece, const std::string &mark, Prepends prepends)
{
    std::string text;
    if (prepends(piece) && !piece.text.starts_with(mark) && !piece.text.starts_with(' '))
        text = mark;
    for (const char byte : piece.text) {
        if (byte == ' ')
            text += mark;
        else
            text += byte;
    }
    return text;
}

void cutBeforeMarks(Piece piece, const std::string &mark, const SplitBehavior &behavior, const PieceSink &sink)
{
    Splitter splitter(piece, behavior, sink);
    for (std::size_t i = piece.text.find(mark); i != std::string_view::npos; i = piece.text.find(mark, i + mark.size()))
        splitter.match({i, i + mark.size()});
    splitter.finish();
}

} // namespace

PreTokenizer readMetaspace(const JsonNode &node)
{
    const std::string mark = node.string("replacement");
    if (!isOneCharacter(mark)) // a longer one could hold spaces, and every further step would multiply them
        node.at("replacement").expected("a character");
    const Prepends prepends = readPrependScheme(node);
    if (!node.boolean("split", true)) {
        return [mark, prepends](Piece piece, const PieceSink &sink) {
            sink({marked(piece, mark, prepends), piece.atStart});
        };
    }
    return [mark, prepends, behavior = SplitBehavior::mergedWithNext()](Piece piece, const PieceSink &sink) {
        const std::string text = marked(piece, mark, prepends);
        cutBeforeMarks({text, piece.atStart}, mark, behavior, sink);
    };
}

} // namespace ecdysis::io::tokenizers

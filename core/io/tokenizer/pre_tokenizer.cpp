// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer/pre_tokenizer.h"

#include "core/io/tokenizer/byte_level.h"
#include "core/io/tokenizer/component.h"
#include "core/io/tokenizer/metaspace.h"
#include "core/io/tokenizer/pattern.h"
#include "core/io/tokenizer/split.h"
#include "core/io/tokenizer/unicode.h"

namespace ecdysis::io::tokenizers {

namespace {

PreTokenizer readSplit(const JsonNode &node)
{
    return [regex = readPattern(node.at("pattern")), behavior = readSplitBehavior(node.at("behavior")),
            inverted = node.boolean("invert", false)](Piece piece, const PieceSink &sink) {
        Splitter splitter(piece, inverted ? behavior.inverted() : behavior, sink);
        Regex::Matches matches(regex, piece.text);
        while (const auto match = matches.next())
            splitter.match(*match);
        splitter.finish();
    };
}

/// Every code point of the kind is a match by itself.
template <bool (*isMatch)(char32_t)> PreTokenizer splitAtCodePoints(SplitBehavior behavior)
{
    return [behavior](Piece piece, const PieceSink &sink) {
        Splitter splitter(piece, behavior, sink);
        for (std::size_t position = 0; position < piece.text.size();) {
            const std::size_t begin = position;
            if (isMatch(unicode::decode(piece.text, position)))
                splitter.match({begin, position});
        }
        splitter.finish();
    };
}

PreTokenizer readDigits(const JsonNode &node)
{
    const bool individual = node.boolean("individual_digits", false);
    return splitAtCodePoints<unicode::isNumeric>(individual ? SplitBehavior::isolated() : SplitBehavior::contiguous());
}

PreTokenizer readPunctuation(const JsonNode &node)
{
    const auto behavior = node.find("behavior");
    return splitAtCodePoints<unicode::isPunctuation>(behavior ? readSplitBehavior(*behavior)
                                                              : SplitBehavior::isolated());
}

PreTokenizer chain(PreTokenizer first, PreTokenizer second)
{
    return [first = std::move(first), second = std::move(second)](Piece piece, const PieceSink &sink) {
        first(piece, [&](Piece part) { second(part, sink); });
    };
}

PreTokenizer readStep(const JsonNode &node);

PreTokenizer readSequence(const JsonNode &node)
{
    PreTokenizer all = [](Piece piece, const PieceSink &sink) { sink(piece); };
    for (const JsonNode &step : node.at("pretokenizers").elements())
        all = chain(std::move(all), readStep(step));
    return all;
}

PreTokenizer readStep(const JsonNode &node)
{
    return readComponent<PreTokenizer>(node, "pre-tokenizer",
                                       {{"ByteLevel", readByteLevel},
                                        {"Metaspace", readMetaspace},
                                        {"Split", readSplit},
                                        {"Digits", readDigits},
                                        {"Punctuation", readPunctuation},
                                        {"Sequence", readSequence}});
}

struct StepCount
{
    int all = 0;
    int byteLevels = 0;
};

void countSteps(const JsonNode &node, StepCount &count)
{
    const std::string type = node.string("type");
    ++count.all;
    count.byteLevels += type == "ByteLevel" ? 1 : 0;
    if (type != "Sequence")
        return;
    for (const JsonNode &step : node.at("pretokenizers").elements())
        countSteps(step, count);
}

} // namespace

PreTokenizer readPreTokenizer(const JsonNode &node)
{
    // Steps call one another, as deep as there are many; each ByteLevel doubles the text.
    StepCount count;
    countSteps(node, count);
    if (count.all > 100)
        node.unsupported("more than 100 pre-tokenizers are not supported");
    if (count.byteLevels > 1)
        node.unsupported("a ByteLevel behind another is not supported");
    return readStep(node);
}

} // namespace ecdysis::io::tokenizers

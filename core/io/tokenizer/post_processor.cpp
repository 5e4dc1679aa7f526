// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer/post_processor.h"

#include "core/io/tokenizer/component.h"
#include "core/io/tokenizer/vocabulary.h"

namespace ecdysis::io::tokenizers {

namespace {

void appendIds(const JsonNode &specialTokens, const std::string &name, std::vector<std::int32_t> &ids)
{
    constexpr std::size_t mostIds = 1024; // a template may name the same long list many times
    for (const JsonNode &id : specialTokens.at(name).at("ids").elements())
        ids.push_back(readTokenId(id));
    if (ids.size() > mostIds)
        specialTokens.unsupported("more than 1024 tokens beside a text are not supported");
}

Affixes readTemplate(const JsonNode &node)
{
    Affixes affixes;
    bool isBehind = false;
    for (const JsonNode &part : node.at("single").elements()) {
        if (const auto sequence = part.find("Sequence")) {
            if (isBehind || sequence->string("id") != "A")
                sequence->expected("the text, A, once");
            isBehind = true;
        } else {
            const std::string name = part.at("SpecialToken").string("id");
            appendIds(node.at("special_tokens"), name, isBehind ? affixes.behind : affixes.before);
        }
    }
    if (!isBehind)
        node.at("single").expected("a template with the text, A, in it");
    return affixes;
}

/// Moves token offsets only, which nothing here keeps.
Affixes readByteLevelOffsets(const JsonNode &)
{
    return {};
}

Affixes readSequence(const JsonNode &node)
{
    Affixes all;
    for (const JsonNode &step : node.at("processors").elements()) {
        const Affixes outer = readPostProcessor(step);
        all.before.insert(all.before.begin(), outer.before.begin(), outer.before.end());
        all.behind.insert(all.behind.end(), outer.behind.begin(), outer.behind.end());
    }
    return all;
}

} // namespace

Affixes readPostProcessor(const JsonNode &node)
{
    return readComponent<Affixes>(
        node, "post-processor",
        {{"TemplateProcessing", readTemplate}, {"ByteLevel", readByteLevelOffsets}, {"Sequence", readSequence}});
}

} // namespace ecdysis::io::tokenizers

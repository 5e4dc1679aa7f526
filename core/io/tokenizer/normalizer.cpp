// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer/normalizer.h"

#include "core/io/tokenizer/component.h"
#include "core/io/tokenizer/normal_form.h"
#include "core/io/tokenizer/pattern.h"
#include "core/io/tokenizer/unicode.h"

namespace ecdysis::io::tokenizers {

namespace {

template <std::string (*form)(std::string_view)> Normalizer readForm(const JsonNode &)
{
    return [](const std::string &text) { return form(text); };
}

Normalizer readReplace(const JsonNode &node)
{
    return [regex = readPattern(node.at("pattern")), content = node.string("content")](const std::string &text) {
        std::string out;
        std::size_t copied = 0;
        Regex::Matches matches(regex, text);
        while (const auto match = matches.next()) {
            out.append(text, copied, match->begin - copied).append(content);
            copied = match->end;
        }
        return out.append(text, copied);
    };
}

Normalizer readPrepend(const JsonNode &node)
{
    return [prefix = node.string("prepend")](std::string text) { return text.empty() ? text : prefix + text; };
}

Normalizer readStrip(const JsonNode &node)
{
    return [left = node.at("strip_left").boolean(), right = node.at("strip_right").boolean()](const std::string &text) {
        std::string_view rest = text;
        if (left)
            rest = unicode::withoutLeadingSpace(rest);
        if (right)
            rest = unicode::withoutTrailingSpace(rest);
        return std::string(rest);
    };
}

Normalizer readSequence(const JsonNode &node)
{
    std::vector<Normalizer> steps;
    for (const JsonNode &step : node.at("normalizers").elements())
        steps.push_back(readNormalizer(step));
    return [steps](std::string text) {
        for (const Normalizer &step : steps)
            text = step(std::move(text));
        return text;
    };
}

} // namespace

Normalizer readNormalizer(const JsonNode &node)
{
    return readComponent<Normalizer>(node, "normalizer",
                                     {{"NFC", readForm<unicode::nfc>},
                                      {"NFD", readForm<unicode::nfd>},
                                      {"NFKC", readForm<unicode::nfkc>},
                                      {"NFKD", readForm<unicode::nfkd>},
                                      {"Lowercase", readForm<unicode::lowercase>},
                                      {"Replace", readReplace},
                                      {"Prepend", readPrepend},
                                      {"Strip", readStrip},
                                      {"Sequence", readSequence}});
}

} // namespace ecdysis::io::tokenizers

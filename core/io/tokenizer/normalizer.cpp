// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer/normalizer.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "core/exception.h"
#include "core/io/tokenizer/component.h"
#include "core/io/tokenizer/normal_form.h"
#include "core/io/tokenizer/pattern.h"
#include "core/io/tokenizer/unicode.h"

namespace ecdysis::io::tokenizers {

namespace {

/// One rewriting. One that repeats a text of the file stops when the result is longer than `longest`.
using Step = std::function<std::string(std::string text, std::size_t longest)>;
using Steps = std::vector<Step>;

void refuseLonger(std::size_t size, std::size_t longest)
{
    if (size > longest)
        throw Exception(ErrorCode::Unsupported,
                        "the normalizer makes a text of more than " + std::to_string(longest) + " bytes");
}

template <std::string (*form)(std::string_view)> Steps readForm(const JsonNode &)
{
    return {[](const std::string &text, std::size_t) { return form(text); }};
}

Steps readReplace(const JsonNode &node)
{
    return {[regex = readPattern(node.at("pattern")), content = node.string("content")](const std::string &text,
                                                                                        std::size_t longest) {
        std::string out;
        std::size_t copied = 0;
        Regex::Matches matches(regex, text);
        while (const auto match = matches.next()) {
            out.append(text, copied, match->begin - copied).append(content);
            copied = match->end;
            refuseLonger(out.size(), longest);
        }
        return out.append(text, copied);
    }};
}

Steps readPrepend(const JsonNode &node)
{
    return {[prefix = node.string("prepend")](std::string text, std::size_t) {
        return text.empty() ? text : prefix + text;
    }};
}

Steps readStrip(const JsonNode &node)
{
    return {[left = node.at("strip_left").boolean(), right = node.at("strip_right").boolean()](const std::string &text,
                                                                                               std::size_t) {
        std::string_view rest = text;
        if (left)
            rest = unicode::withoutLeadingSpace(rest);
        if (right)
            rest = unicode::withoutTrailingSpace(rest);
        return std::string(rest);
    }};
}

Steps readSteps(const JsonNode &node);

Steps readSequence(const JsonNode &node)
{
    Steps all;
    for (const JsonNode &part : node.at("normalizers").elements()) {
        Steps steps = readSteps(part);
        std::move(steps.begin(), steps.end(), std::back_inserter(all));
    }
    return all;
}

Steps readSteps(const JsonNode &node)
{
    return readComponent<Steps>(node, "normalizer",
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

} // namespace

Normalizer readNormalizer(const JsonNode &node)
{
    // Steps that each double the text would fill any memory: one limit for all of them together.
    return [steps = readSteps(node)](std::string text) {
        const std::size_t longest = 16 * text.size() + 64;
        for (const Step &step : steps) {
            text = step(std::move(text), longest);
            refuseLonger(text.size(), longest);
        }
        return text;
    };
}

} // namespace ecdysis::io::tokenizers

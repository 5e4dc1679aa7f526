// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer/pattern.h"

#include "core/exception.h"

namespace ecdysis::io::tokenizers {

Regex readPattern(const JsonNode &node)
{
    try {
        if (const auto text = node.find("String"))
            return Regex::literal(text->string());
        if (const auto expression = node.find("Regex"))
            return Regex(expression->string());
    } catch (const Exception &exception) {
        // A regular expression knows itself but not its place in the file.
        if (exception.error().where.empty())
            throw Exception(exception.error().code, exception.error().message, node.where());
        throw;
    }
    node.expected("an object with \"String\" or \"Regex\"");
}

} // namespace ecdysis::io::tokenizers

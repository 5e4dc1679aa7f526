// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

#include "core/io/tokenizer/json_node.h"

namespace ecdysis::io::tokenizers {

/// Reads a component by its "type" with the reader of that name; throws Exception{Unsupported} naming an unknown one.
template <typename Component>
Component readComponent(const JsonNode &node, std::string_view what,
                        std::initializer_list<std::pair<std::string_view, Component (*)(const JsonNode &)>> readers)
{
    const std::string type = node.string("type");
    for (const auto &[name, read] : readers) {
        if (type == name)
            return read(node);
    }
    node.unsupported(std::string(what) + " of type \"" + type + "\" is not supported");
}

} // namespace ecdysis::io::tokenizers

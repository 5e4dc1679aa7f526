// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/values/run.h"

namespace ecdysis::data {

/// One way in which a text may go on.
struct Choice
{
    std::string context;
    std::string text; ///< what follows, a space between them

    std::string continuation() const { return " " + text; }
    std::int64_t characters() const; ///< of `text`: code points
    std::int64_t bytes() const { return static_cast<std::int64_t>(text.size()); }

    bool operator==(const Choice &) const = default;
};

/// A question with its answers, or a text with its only continuation.
struct Item
{
    std::vector<Choice> choices;
    std::size_t gold = 0; ///< which of them is right

    bool operator==(const Item &) const = default;
};

struct ChoiceTask
{
    std::string name; ///< of the file, without folder and endings
    std::vector<Item> items;

    bool operator==(const ChoiceTask &) const = default;
};

/// Reads a task, or its first `limit` items (0: all): JSON lines (see task_document.h) or HellaSwag's text form of six
/// lines an item (context, number of the right ending, four endings), either also compressed with bzip2; told by the
/// content. Errors, with file and line: NotFound, ReadFailed, BadFormat, Cancelled.
ChoiceTask readChoiceTask(const std::filesystem::path &file, int limit, const Run &run);

} // namespace ecdysis::data

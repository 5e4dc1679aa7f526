// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/data/choice_task.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "core/data/task_document.h"
#include "core/exception.h"
#include "core/io/bzip2.h"
#include "core/io/text_file.h"
#include "core/io/tokenizer/unicode.h"
#include "core/stop.h"

namespace ecdysis::data {

namespace {

constexpr std::size_t largest = std::size_t{1} << 30; // bytes; the largest of the known tasks has 60 MB

/// The lines of a text, with the number of the last one that was taken.
class Lines
{
public:
    Lines(std::string_view text, std::string file) : m_rest(text), m_file(std::move(file)) {}

    /// Whether anything but blank lines is left; those are passed over.
    bool more()
    {
        while (!m_rest.empty() && blank(m_rest.substr(0, m_rest.find('\n'))))
            next();
        return !m_rest.empty();
    }

    /// The next line, without its end; an empty one behind the last.
    std::string_view next()
    {
        ++m_number;
        const std::size_t end = std::min(m_rest.find('\n'), m_rest.size());
        std::string_view line = m_rest.substr(0, end);
        m_rest.remove_prefix(std::min(end + 1, m_rest.size()));
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        return line;
    }

    std::string where() const { return fmt::format("{}, line {}", m_file, m_number); }

private:
    static bool blank(std::string_view line) { return line.find_first_not_of(" \t\r") == line.npos; }

    std::string_view m_rest;
    std::string m_file;
    int m_number = 0;
};

std::string readContent(const std::filesystem::path &file, const Run &run)
{
    std::string content = io::readText(file);
    if (io::isBzip2(content)) {
        auto text = io::decompressBzip2(content, largest, run);
        if (!text && text.error().where.empty())
            text.error().where = file.string();
        content = valueOrThrow(std::move(text));
    }
    return content;
}

/// A line of HellaSwag's text form, which must say something.
std::string textLine(Lines &lines, const char *what)
{
    const std::string_view line = lines.next();
    if (line.empty())
        throw Exception(ErrorCode::BadFormat, fmt::format("{} expected, an empty line or the end found", what),
                        lines.where());
    if (const auto invalid = io::unicode::firstInvalidByte(line))
        throw Exception(ErrorCode::BadFormat, fmt::format("UTF-8 expected, found other bytes at byte {}", *invalid),
                        lines.where());
    return std::string(line);
}

Item readHellaSwag(Lines &lines)
{
    constexpr std::size_t endings = 4;
    const std::string context = textLine(lines, "the context of an item");
    const std::string gold = textLine(lines, "the number of the right ending");
    if (gold.size() != 1 || gold[0] < '0' || gold[0] >= static_cast<char>('0' + endings))
        throw Exception(
            ErrorCode::BadFormat,
            fmt::format("the number of the right ending, 0 to {}, expected, \"{:.40}\" found", endings - 1, gold),
            lines.where());
    Item item{.choices = {}, .gold = static_cast<std::size_t>(gold[0] - '0')};
    for (std::size_t i = 0; i < endings; ++i)
        item.choices.push_back({context, textLine(lines, "an ending")});
    return item;
}

/// "piqa" of "eval/piqa.jsonl.bz2".
std::string taskName(std::filesystem::path file)
{
    if (file.extension() == ".bz2")
        file = file.stem();
    return file.stem().string();
}

} // namespace

std::int64_t Choice::characters() const
{
    return std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

ChoiceTask readChoiceTask(const std::filesystem::path &file, int limit, const Run &run)
{
    const std::string content = readContent(file, run);
    Lines lines(content, file.string());
    ChoiceTask task{.name = taskName(file), .items = {}};
    const bool json =
        content.find_first_not_of(" \t\r\n") < content.size() && content[content.find_first_not_of(" \t\r\n")] == '{';
    while (lines.more() && (limit == 0 || task.items.size() < static_cast<std::size_t>(limit))) {
        throwIfStopped(run);
        if (json) {
            const std::string line(lines.next());
            task.items.push_back(readTaskDocument(line, lines.where()));
        } else {
            task.items.push_back(readHellaSwag(lines));
        }
    }
    if (task.items.empty())
        throw Exception(ErrorCode::BadFormat, "a task of at least one item expected, none found", file.string());
    return task;
}

} // namespace ecdysis::data

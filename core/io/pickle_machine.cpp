// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/pickle_machine.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/exception.h"

namespace ecdysis::io::pickle {

const char *kind(const Value &value)
{
    constexpr std::array names = {"None",       "a truth value",  "an integer",  "a number",  "a string",
                                  "a function", "a storage type", "a data type", "a storage", "a list",
                                  "a tuple",    "a dict",         "a tensor"};
    static_assert(names.size() == std::variant_size_v<Value>);
    return names[value.index()];
}

struct Machine::Opcode
{
    std::uint8_t code;
    Handler handler;
};

const Machine::Opcode *Machine::find(std::uint8_t code)
{
    static constexpr Opcode opcodes[] = {
        {0x80, &Machine::protocol},    {'(', &Machine::mark},       {'}', &Machine::emptyDict},
        {']', &Machine::emptyList},    {')', &Machine::emptyTuple}, {'t', &Machine::tuple},
        {0x85, &Machine::tuple1},      {0x86, &Machine::tuple2},    {0x87, &Machine::tuple3},
        {'q', &Machine::put1},         {'r', &Machine::put4},       {'h', &Machine::get1},
        {'j', &Machine::get4},         {'X', &Machine::unicode},    {'U', &Machine::shortString},
        {'K', &Machine::integer1},     {'M', &Machine::integer2},   {'J', &Machine::integer4},
        {0x8a, &Machine::long1},       {'G', &Machine::floating},   {'N', &Machine::none},
        {0x88, &Machine::yes},         {0x89, &Machine::no},        {'c', &Machine::global},
        {'R', &Machine::reduce},       {0x81, &Machine::newObject}, {'b', &Machine::build},
        {'Q', &Machine::persistentId}, {'s', &Machine::setItem},    {'u', &Machine::setItems},
        {'a', &Machine::append},       {'e', &Machine::appends},
    };
    const auto *found =
        std::find_if(std::begin(opcodes), std::end(opcodes), [&](const auto &o) { return o.code == code; });
    return found == std::end(opcodes) ? nullptr : found;
}

Machine::Machine(std::span<const std::byte> bytes, const std::string &where, const PickleLimits &limits)
    : m_bytes(bytes), m_where(where), m_limits(limits)
{
}

Value Machine::run()
{
    constexpr std::uint8_t stop = '.';
    for (std::size_t count = 0;; ++count) {
        m_opcodeStart = m_position;
        if (count >= m_limits.opcodes)
            refuse(ErrorCode::BadFormat, fmt::format("expected at most {} opcodes, found more", m_limits.opcodes));
        const auto code = static_cast<std::uint8_t>(takeNumber(1));
        if ((count == 0) != (code == 0x80))
            refuse(ErrorCode::BadFormat, "expected the protocol first and only there");
        if (code == stop)
            break;
        const auto *opcode = find(code);
        if (!opcode)
            refuse(ErrorCode::BadFormat,
                   fmt::format("expected an opcode that a state dict needs, found 0x{:02x}", code));
        (this->*opcode->handler)();
    }
    const Value result = pop();
    if (!m_stack.empty() || !m_marks.empty() || m_position != m_bytes.size())
        refuse(ErrorCode::BadFormat, "expected the end of the pickle after one value, found more");
    return result;
}

void Machine::refuse(ErrorCode code, const std::string &message) const
{
    throw Exception(code, message, fmt::format("{}: offset {}", m_where, m_opcodeStart));
}

void Machine::mismatch(const char *expected, const Value &found) const
{
    refuse(ErrorCode::BadFormat, fmt::format("expected {}, found {}", expected, kind(found)));
}

std::span<const std::byte> Machine::take(std::size_t count)
{
    const std::size_t left = m_bytes.size() - m_position;
    if (count > left)
        refuse(ErrorCode::BadFormat, fmt::format("expected {} more bytes, found {}", count, left));
    const auto bytes = m_bytes.subspan(m_position, count);
    m_position += count;
    return bytes;
}

std::string_view Machine::takeText(std::size_t count)
{
    const auto bytes = take(count);
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

std::string_view Machine::takeLine()
{
    const auto left = m_bytes.subspan(m_position);
    const auto end = std::find(left.begin(), left.end(), std::byte{'\n'});
    if (end == left.end())
        refuse(ErrorCode::BadFormat, "expected a line, found the end of the pickle");
    const auto text = takeText(static_cast<std::size_t>(end - left.begin()));
    ++m_position;
    return text;
}

std::uint64_t Machine::takeNumber(std::size_t bytes)
{
    std::uint64_t number = 0;
    std::size_t shift = 0;
    for (const auto byte : take(bytes)) {
        number |= std::to_integer<std::uint64_t>(byte) << shift;
        shift += 8;
    }
    return number;
}

void Machine::push(Value value)
{
    if (m_stack.size() >= m_limits.stack)
        refuse(ErrorCode::BadFormat,
               fmt::format("expected at most {} values on the stack, found more", m_limits.stack));
    m_stack.push_back(value);
}

Value &Machine::top()
{
    if (m_stack.size() <= (m_marks.empty() ? 0 : m_marks.back()))
        refuse(ErrorCode::BadFormat, "expected a value on the stack, found none");
    return m_stack.back();
}

Value Machine::pop()
{
    const Value value = top();
    m_stack.pop_back();
    return value;
}

std::vector<Value> Machine::popToMark()
{
    if (m_marks.empty())
        refuse(ErrorCode::BadFormat, "expected a mark on the stack, found none");
    const auto first = m_stack.begin() + static_cast<std::ptrdiff_t>(m_marks.back());
    std::vector<Value> values(first, m_stack.end());
    m_stack.erase(first, m_stack.end());
    m_marks.pop_back();
    return values;
}

std::vector<std::int64_t> Machine::integers(const Value &value) const
{
    // A tuple may be recalled many times: copies of a long one would multiply the memory that a small file takes.
    constexpr std::size_t mostDimensions = 64;
    const auto &items = expect<const Tuple *>(value, "a tuple of integers")->items;
    if (items.size() > mostDimensions)
        refuse(ErrorCode::BadFormat,
               fmt::format("expected at most {} dimensions, found {}", mostDimensions, items.size()));
    std::vector<std::int64_t> numbers;
    for (const auto &item : items)
        numbers.push_back(expect<std::int64_t>(item, "an integer"));
    return numbers;
}

void Machine::remember(std::uint64_t index)
{
    if (m_memo.size() >= m_limits.memo)
        refuse(ErrorCode::BadFormat, fmt::format("expected at most {} memos, found more", m_limits.memo));
    m_memo[index] = top();
}

void Machine::recall(std::uint64_t index)
{
    const auto found = m_memo.find(index);
    if (found == m_memo.end())
        refuse(ErrorCode::BadFormat, fmt::format("expected a value in memo {}, found none", index));
    push(found->second);
}

void Machine::pushTuple(std::vector<Value> items)
{
    push(&m_tuples.emplace_back(Tuple{std::move(items)}));
}

void Machine::pushDict(bool ordered)
{
    Dict &dict = m_dicts.emplace_back();
    dict.ordered = ordered;
    push(&dict);
}

} // namespace ecdysis::io::pickle

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer/oniguruma.h"

#include <algorithm>
#include <array>
#include <vector>

#include "core/exception.h"
#include "core/io/tokenizer/unicode.h"

namespace ecdysis::io::tokenizers {

namespace {

bool isAsciiDigit(char c)
{
    return c >= '0' && c <= '9';
}
bool isAsciiLetter(char32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
char32_t asciiLower(char32_t c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

constexpr std::string_view wordContents = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc})";

/// One member of a bracketed class, or an escape: a code point, or a set written as PCRE2 writes it inside brackets.
struct Item
{
    std::string set; ///< empty for a code point
    char32_t codePoint = 0;
};

class Translator
{
public:
    explicit Translator(std::string_view pattern) : m_pattern(pattern) {}

    std::string translated()
    {
        while (!atEnd())
            translateNext();
        if (!m_caseless.empty())
            refuse("a group that is not closed");
        return std::move(m_out);
    }

private:
    bool atEnd() const { return m_position == m_pattern.size(); }
    bool startsWith(std::string_view text) const { return m_pattern.substr(m_position).starts_with(text); }
    char peek() const { return atEnd() ? '\0' : m_pattern[m_position]; }
    bool isCaseless() const { return !m_caseless.empty() && m_caseless.back(); }

    bool skip(std::string_view text)
    {
        const bool found = startsWith(text);
        if (found)
            m_position += text.size();
        return found;
    }

    [[noreturn]] void refuse(const std::string &construct) const
    {
        throw Exception(ErrorCode::Unsupported, "pattern " + std::string(m_pattern) + ": " + construct + " at byte " +
                                                    std::to_string(m_position));
    }

    void translateNext();
    void openGroup();
    void translateQuantifier();
    void translateClass();
    void classContents(int depth);
    void classMember();
    std::string property(bool negated);
    char32_t hexadecimal(std::size_t digits);
    Item escape(bool insideClass);
    Item classItem();
    void literal(char32_t codePoint);
    void refuseFolding(char32_t codePoint) const;
    void appendCodePoint(char32_t codePoint);

    std::string_view m_pattern;
    std::size_t m_position = 0;
    std::string m_out;
    std::vector<bool> m_caseless; ///< of every open group
    char32_t m_previousLiteral = 0;
};

void Translator::translateNext()
{
    const char next = peek();
    if (next == '\\') {
        const Item item = escape(false);
        if (item.set.empty())
            return literal(item.codePoint);
        m_out += item.set;
    } else if (next == '[') {
        translateClass();
    } else if (next == '(') {
        openGroup();
    } else if (next == '{') {
        translateQuantifier();
    } else if (next == ')') {
        if (m_caseless.empty())
            refuse("a group that was not opened");
        m_caseless.pop_back();
        m_out += m_pattern[m_position++];
    } else if (std::string_view(".^$|*+?").find(next) != std::string_view::npos) {
        m_out += m_pattern[m_position++];
    } else {
        return literal(unicode::decode(m_pattern, m_position));
    }
    m_previousLiteral = 0;
}

void Translator::openGroup()
{
    bool caseless = isCaseless();
    constexpr std::array<std::string_view, 6> same{"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>"};
    const auto prefix = std::find_if(same.begin(), same.end(), [&](std::string_view p) { return startsWith(p); });
    if (prefix != same.end()) {
        m_out += *prefix;
        m_position += prefix->size();
    } else if (skip("(?i:")) {
        caseless = true;
        m_out += "(?i:";
    } else if (skip("(?-i:")) {
        caseless = false;
        m_out += "(?-i:";
    } else if (startsWith("(?") || startsWith("(*")) {
        refuse("a group of this kind");
    } else {
        ++m_position;
        m_out += "(?:";
    }
    m_caseless.push_back(caseless);
}

void Translator::translateQuantifier()
{
    std::size_t end = m_position + 1;
    const auto digits = [&] {
        const std::size_t begin = end;
        while (end < m_pattern.size() && isAsciiDigit(m_pattern[end]))
            ++end;
        return std::string(m_pattern.substr(begin, end - begin));
    };
    const std::string low = digits();
    const bool hasComma = end < m_pattern.size() && m_pattern[end] == ',';
    end += hasComma ? 1 : 0;
    const std::string high = hasComma ? digits() : low;
    if (end == m_pattern.size() || m_pattern[end] != '}' || (low.empty() && high.empty()))
        refuse("a brace that opens no repetition");
    m_position = end + 1;
    // After an interval `+` is a further repetition there but possessive here; so is `?` after {n}.
    if (peek() == '+' || (peek() == '?' && !hasComma))
        refuse("a repetition of this kind");
    m_out += "{" + (low.empty() ? "0" : low) + (hasComma ? "," + high : "") + "}";
}

/// Flattens nested classes: a union unless negated or intersected.
void Translator::translateClass()
{
    ++m_position;
    m_out += '[';
    if (skip("^"))
        m_out += '^';
    if (peek() == ']')
        refuse("an empty class");
    classContents(0);
    m_out += ']';
}

void Translator::classContents(int depth)
{
    while (!skip("]")) {
        if (atEnd())
            refuse("a class that is not closed");
        if (startsWith("&&"))
            refuse("a class intersection");
        if (startsWith("[:") || startsWith("[^") || startsWith("[]"))
            refuse("a nested class of this kind");
        if (depth == 50)
            refuse("classes nested this deep");
        if (skip("["))
            classContents(depth + 1);
        else
            classMember();
    }
}

void Translator::classMember()
{
    const Item item = classItem();
    const bool isRange = startsWith("-") && m_position + 1 < m_pattern.size() && m_pattern[m_position + 1] != ']';
    if (!item.set.empty()) {
        if (isRange)
            refuse("a range from a set");
        m_out += item.set;
        return;
    }
    refuseFolding(item.codePoint);
    appendCodePoint(item.codePoint);
    if (!isRange)
        return;
    ++m_position;
    if (peek() == '[')
        refuse("a range to a class");
    const Item last = classItem();
    if (!last.set.empty() || last.codePoint < item.codePoint)
        refuse("a range of this kind");
    refuseFolding(last.codePoint);
    m_out += '-';
    appendCodePoint(last.codePoint);
}

Item Translator::classItem()
{
    if (peek() == '\\')
        return escape(true);
    return Item{{}, unicode::decode(m_pattern, m_position)};
}

Item Translator::escape(bool insideClass)
{
    ++m_position;
    if (atEnd())
        refuse("a backslash at the end");
    const char c = m_pattern[m_position++];
    const auto bracketed = [&](std::string_view contents) {
        return insideClass ? std::string(contents) : "[" + std::string(contents) + "]";
    };
    switch (c) {
    case 's':
        return {R"(\p{White_Space})", 0};
    case 'S':
        return {R"(\P{White_Space})", 0};
    case 'd':
        return {R"(\p{Nd})", 0};
    case 'D':
        return {R"(\P{Nd})", 0};
    case 'w':
        return {bracketed(wordContents), 0};
    case 'p':
        return {property(false), 0};
    case 'P':
        return {property(true), 0};
    case 't':
        return {{}, 0x09};
    case 'n':
        return {{}, 0x0A};
    case 'v':
        return {{}, 0x0B};
    case 'f':
        return {{}, 0x0C};
    case 'r':
        return {{}, 0x0D};
    case 'a':
        return {{}, 0x07};
    case 'e':
        return {{}, 0x1B};
    case 'u':
        return {{}, hexadecimal(4)};
    case 'x':
        return {{}, hexadecimal(2)};
    default:
        break;
    }
    if (!insideClass && c == 'W')
        return {"[^" + std::string(wordContents) + "]", 0};
    if (!insideClass && (c == 'A' || c == 'z' || c == 'Z'))
        return {std::string("\\") + c, 0};
    if (isAsciiLetter(static_cast<unsigned char>(c)) || isAsciiDigit(c))
        refuse(std::string("the escape \\") + c);
    --m_position;
    return {{}, unicode::decode(m_pattern, m_position)};
}

/// `{name}` after \p: a general category by its short name, a property both know, or a script.
std::string Translator::property(bool negated)
{
    const std::size_t close = m_pattern.find('}', m_position);
    if (peek() != '{' || close == std::string_view::npos)
        refuse("a property without braces");
    std::string_view name = m_pattern.substr(m_position + 1, close - m_position - 1);
    if (name.starts_with('^')) {
        negated = !negated;
        name.remove_prefix(1);
    }
    const bool isCategory = (name.size() == 1 || (name.size() == 2 && name[1] >= 'a' && name[1] <= 'z')) &&
                            std::string_view("LMNPSZC").find(name[0]) != std::string_view::npos;
    const bool isLetterCase = name == "Lu" || name == "Ll" || name == "Lt";
    const bool isShared = name == "Alphabetic" || name == "White_Space";
    if (isCaseless() && (isLetterCase || !(isCategory || isShared)))
        refuse("a property that ignores case");
    if (!std::all_of(name.begin(), name.end(), [](char c) { return isAsciiLetter(c) || c == '_'; }) || name.empty())
        refuse("a property of this kind");
    m_position = close + 1;
    // A bare script name means the script extensions to PCRE2.
    return std::string(negated ? "\\P{" : "\\p{") + (isCategory || isShared ? "" : "sc:") + std::string(name) + "}";
}

char32_t Translator::hexadecimal(std::size_t digits)
{
    const bool braced = skip("{");
    const std::size_t end = braced ? m_pattern.find('}', m_position) : m_position + digits;
    if (end == std::string_view::npos || end > m_pattern.size())
        refuse("an escape that is cut short");
    char32_t value = 0;
    for (; m_position < end; ++m_position) {
        const char32_t c = asciiLower(static_cast<unsigned char>(peek()));
        if (!isAsciiDigit(peek()) && !(c >= 'a' && c <= 'f'))
            refuse("an escape with a digit that is not hexadecimal");
        value = value * 16 + (isAsciiDigit(peek()) ? c - '0' : c - 'a' + 10);
        if (value > 0x10FFFF)
            refuse("an escape beyond U+10FFFF");
    }
    if (!braced && digits == 2 && value > 0x7F)
        refuse("an escaped byte");
    if (braced)
        ++m_position;
    return value;
}

void Translator::literal(char32_t codePoint)
{
    refuseFolding(codePoint);
    if (isCaseless()) {
        // Oniguruma folds the ligatures and sharp s to these pairs; PCRE2 folds single characters only.
        constexpr std::array<std::u32string_view, 5> pairs{U"ss", U"ff", U"fi", U"fl", U"st"};
        const std::u32string pair{asciiLower(m_previousLiteral), asciiLower(codePoint)};
        if (std::find(pairs.begin(), pairs.end(), pair) != pairs.end())
            refuse("a pair of letters that has a ligature, ignoring case,");
    }
    appendCodePoint(codePoint);
    m_previousLiteral = codePoint;
}

void Translator::refuseFolding(char32_t codePoint) const
{
    if (isCaseless() && codePoint > 0x7F)
        refuse("a letter beyond ASCII, ignoring case,");
}

void Translator::appendCodePoint(char32_t codePoint)
{
    const bool isPlain =
        codePoint > 0x7F || isAsciiLetter(codePoint) || codePoint == ' ' || (codePoint >= '0' && codePoint <= '9');
    if (isPlain) {
        unicode::append(m_out, codePoint);
        return;
    }
    constexpr std::string_view digits = "0123456789ABCDEF";
    m_out += {'\\', 'x', digits[codePoint >> 4], digits[codePoint & 0xF]};
}

} // namespace

std::string pcreFromOniguruma(std::string_view pattern)
{
    return Translator(pattern).translated();
}

} // namespace ecdysis::io::tokenizers

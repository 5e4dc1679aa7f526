// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer/rule_trie.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace ecdysis::io::tokenizers {

namespace {

constexpr std::size_t largestTrie = std::size_t{1} << 26; ///< bytes; those in use have less than a million
constexpr std::size_t longestText = 256;                  ///< bytes that may take the place of a few
constexpr std::uint8_t mostRules = 32;                    ///< on one path: the library keeps no more

/// One cell of a double array.
struct Unit
{
    std::uint32_t bits;

    bool hasValue() const { return (bits >> 8 & 1) != 0; }
    std::uint32_t value() const { return bits & 0x7FFFFFFFU; }
    bool isReachedBy(std::uint32_t byte) const { return (bits & 0x800000FFU) == byte; }
    std::uint32_t jump() const { return (bits >> 10) << (bits >> 6 & 8); }
};

/// Walks every path of the trie once. A node is known by its base: the cell of its child by byte b is base ^ b.
class Walk
{
public:
    Walk(std::vector<Unit> units, std::string_view texts)
        : m_units(std::move(units)), m_texts(texts), m_states(m_units.size(), unseen)
    {
    }

    /// Null where there is none.
    const char *problem()
    {
        enter(m_units.front().jump());
        while (!m_problem && !m_path.empty())
            advance();
        return m_problem;
    }

private:
    struct Step
    {
        std::uint32_t base;
        std::uint32_t nextByte;
        std::uint8_t rules; ///< the most on a path below, so far
    };

    static constexpr std::uint8_t unseen = 0xFF;
    static constexpr std::uint8_t open = 0xFE;

    void enter(std::uint32_t base)
    {
        if ((base | 0xFFU) >= m_units.size()) {
            m_problem = "a trie of rules that leads out of itself";
            return;
        }
        m_states[base] = open;
        m_path.push_back({base, 0, 0});
    }

    /// One byte further at the deepest node.
    void advance()
    {
        Step &step = m_path.back();
        if (step.nextByte == 256) {
            const Step done = step;
            m_path.pop_back();
            m_states[done.base] = done.rules;
            return;
        }
        const std::uint32_t cell = step.base ^ step.nextByte;
        const Unit unit = m_units[cell];
        if (!unit.isReachedBy(step.nextByte)) {
            ++step.nextByte;
            return;
        }
        const std::uint32_t child = cell ^ unit.jump();
        if (child < m_units.size() && m_states[child] == open)
            m_problem = "a trie of rules that leads back into itself";
        else if (child >= m_units.size() || m_states[child] == unseen)
            enter(child); // and come back to this byte
        else
            finishChild(step, unit, child);
    }

    void finishChild(Step &step, Unit unit, std::uint32_t child)
    {
        const auto rules = static_cast<std::uint8_t>(m_states[child] + (unit.hasValue() ? 1 : 0));
        step.rules = std::max(step.rules, rules);
        ++step.nextByte;
        if (rules > mostRules)
            m_problem = "more than 32 rules, each the beginning of the next";
        else if (unit.hasValue())
            checkText(m_units[child].value());
    }

    void checkText(std::uint32_t offset)
    {
        if (offset >= m_texts.size())
            m_problem = "a rule whose text lies outside the rules";
        else if (m_texts.find('\0', offset) - offset > longestText)
            m_problem = "a rule whose text is longer than 256 bytes";
    }

    std::vector<Unit> m_units;
    std::string_view m_texts;
    std::vector<std::uint8_t> m_states; ///< by base: unseen, open or the most rules on a path below
    std::vector<Step> m_path;
    const char *m_problem = nullptr;
};

} // namespace

std::optional<std::string> problemOfRules(std::span<const std::byte> rules)
{
    std::uint32_t size = 0;
    if (rules.size() > sizeof size)
        std::memcpy(&size, rules.data(), sizeof size);
    if (size == 0 || size % sizeof(Unit) != 0 || size > largestTrie || size >= rules.size() - sizeof size)
        return "rules whose trie has " + std::to_string(size) + " of their " + std::to_string(rules.size()) + " bytes";
    std::vector<Unit> units(size / sizeof(Unit));
    std::memcpy(units.data(), rules.data() + sizeof size, size);
    const auto rest = rules.subspan(sizeof size + size);
    const std::string_view texts(reinterpret_cast<const char *>(rest.data()), rest.size());
    if (texts.back() != '\0')
        return "rules whose last text has no end";
    const char *problem = Walk(std::move(units), texts).problem();
    return problem == nullptr ? std::nullopt : std::optional<std::string>(problem);
}

} // namespace ecdysis::io::tokenizers

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer/split.h"

namespace ecdysis::io::tokenizers {

namespace {

bool never(bool, bool)
{
    return false;
}
bool sameKind(bool previousIsMatch, bool isMatch)
{
    return previousIsMatch == isMatch;
}
bool matchAfterGap(bool previousIsMatch, bool isMatch)
{
    return !previousIsMatch && isMatch;
}
bool gapAfterMatch(bool previousIsMatch, bool isMatch)
{
    return previousIsMatch && !isMatch;
}

} // namespace

SplitBehavior SplitBehavior::isolated()
{
    return {never};
}
SplitBehavior SplitBehavior::contiguous()
{
    return {sameKind};
}
SplitBehavior SplitBehavior::mergedWithNext()
{
    return {gapAfterMatch};
}
SplitBehavior SplitBehavior::inverted() const
{
    return {joins, keepsMatches, !isInverted};
}

SplitBehavior readSplitBehavior(const JsonNode &node)
{
    const std::string name = node.string();
    if (name == "Isolated")
        return SplitBehavior::isolated();
    if (name == "Removed")
        return {never, false};
    if (name == "Contiguous")
        return SplitBehavior::contiguous();
    if (name == "MergedWithPrevious")
        return {matchAfterGap};
    if (name == "MergedWithNext")
        return SplitBehavior::mergedWithNext();
    node.expected("a splitting behavior");
}

void Splitter::match(Range range)
{
    if (m_covered < range.begin)
        segment({m_covered, range.begin}, m_behavior.isInverted);
    segment(range, !m_behavior.isInverted);
    m_covered = range.end;
}

void Splitter::finish()
{
    if (m_covered < m_piece.text.size())
        segment({m_covered, m_piece.text.size()}, m_behavior.isInverted);
    m_covered = m_piece.text.size();
    flush();
}

void Splitter::segment(Range range, bool isMatch)
{
    const bool hasPending = m_pending.begin < m_pending.end;
    if (hasPending && m_behavior.joins(m_pendingIsMatch, isMatch)) {
        m_pending.end = range.end;
    } else {
        flush();
        m_pending = range;
    }
    m_pendingIsMatch = isMatch;
}

void Splitter::flush()
{
    if (m_pending.begin < m_pending.end && (m_behavior.keepsMatches || !m_pendingIsMatch)) {
        const auto text = m_piece.text.substr(m_pending.begin, m_pending.end - m_pending.begin);
        m_sink({text, m_piece.atStart && m_pending.begin == 0});
    }
    m_pending = {};
}

} // namespace ecdysis::io::tokenizers

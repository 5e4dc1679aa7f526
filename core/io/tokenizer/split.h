// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>

#include "core/io/tokenizer/pre_tokenizer.h"
#include "core/io/tokenizer/regex.h"

namespace ecdysis::io::tokenizers {

/// What becomes of the matches of a splitting pattern and the gaps between them, by the names of tokenizer.json.
struct SplitBehavior
{
    using Joins = bool (*)(bool previousIsMatch, bool isMatch);

    Joins joins = nullptr; ///< whether a segment is glued to the one before it
    bool keepsMatches = true;
    bool isInverted = false; ///< gaps take the part of matches

    static SplitBehavior isolated();
    static SplitBehavior contiguous();
    static SplitBehavior mergedWithNext();
    SplitBehavior inverted() const;
};

/// Isolated, Removed, Contiguous, MergedWithPrevious, MergedWithNext; throws Exception{BadFormat} for another name.
SplitBehavior readSplitBehavior(const JsonNode &node);

/// Cuts one piece at matches that come in order, handing on parts that are not empty.
class Splitter
{
public:
    Splitter(Piece piece, SplitBehavior behavior, const PieceSink &sink)
        : m_piece(piece), m_behavior(behavior), m_sink(sink)
    {
    }

    void match(Range range);
    void finish();

private:
    void segment(Range range, bool isMatch);
    void flush();

    Piece m_piece;
    SplitBehavior m_behavior;
    const PieceSink &m_sink;
    std::size_t m_covered = 0;
    Range m_pending;
    bool m_pendingIsMatch = false;
};

} // namespace ecdysis::io::tokenizers

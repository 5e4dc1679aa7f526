// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ecdysis {

/// Rows that are drawn from a set of data and measured in place of its whole text, joined by a blank line.
struct RowSample
{
    int rows = 256;
    std::uint64_t seed = 42; ///< draws the rows that Python's random.seed(seed); random.sample(range(all), rows) does

    bool operator==(const RowSample &) const = default;
};

/// How a text is cut and averaged (the perplexity protocol): tokenised whole, cut from the start into windows of
/// `window` tokens, the rest dropped; each window predicts its last window - 1 tokens.
struct WindowProtocol
{
    int window = 512;   ///< tokens of a window
    int stride = 0;     ///< 0: windows do not overlap and all predictions count; else only the last `stride` of each
    int maxWindows = 0; ///< 0: all
    bool perSequence = false; ///< protocol "shedder": mean per sequence, then over sequences (same figure here, as
                              ///< windows are of equal length; recorded because perplexities are compared by protocol)
    std::optional<std::uint64_t> draw = {}; ///< seed by which `maxWindows` of all windows are drawn, kept in the text's
                                            ///< order; none: the first ones
    std::optional<RowSample> sample = {};   ///< none: the whole text
    std::string column = {}; ///< of rows in JSON, the field with the text; empty: "text", or those of an instruction

    bool operator==(const WindowProtocol &) const = default;
};

/// A text prepared for measuring: what every measured figure refers to.
struct Calibration
{
    std::string text; ///< path of the file
    WindowProtocol protocol;
    std::int64_t tokens = 0; ///< of the whole text
    int windows = 0;         ///< that are used
    std::string fingerprint; ///< SHA-256 of the token ids of the used windows and the protocol, hexadecimal

    bool operator==(const Calibration &) const = default;
};

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

namespace ecdysis {

/// A parameter of an importance score.
struct ScoreOption
{
    std::string name;
    std::string meaning;
    std::string value;                ///< unless another is asked for
    std::vector<std::string> choices; ///< empty: a number from 0 up

    bool operator==(const ScoreOption &) const = default;
};

/// An importance score, as lists and help show it. It is asked for as "name:option=value,option=value".
struct ScoreInfo
{
    std::string name;
    std::string meaning; ///< one line
    std::vector<ScoreOption> options;
    bool needsText = false; ///< is computed on a calibration text
    bool ofWeights = false; ///< ranks single weights

    bool operator==(const ScoreInfo &) const = default;
};

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>

#include <ATen/core/Tensor.h>

#include "core/data/windows.h"
#include "core/model.h"
#include "core/values/run.h"
#include "core/values/score_info.h"

/// \file
/// The contract of an importance score. One file in this folder defines one constant of type Score, named as the file;
/// the build collects them into table(). Nothing else in the program names a score.
namespace ecdysis::scores {

/// A parameter of a score: one of `choices` or, where there are none, a number from 0 up.
struct Option
{
    const char *name;
    const char *meaning;
    const char *value; ///< unless another is asked for
    std::span<const char *const> choices = {};
};

/// The values of all options of a score, by name.
using Settings = std::map<std::string, std::string>;

/// What scores are computed from.
struct Subject
{
    const Model::State &model;
    const data::Windows *windows = nullptr; ///< calibration; null: none was given (only to scores that need none)
};

/// Importance of every element of a parameter, the larger the more: float32 in its shape, contiguous, on the processor.
/// Computed as often as it is asked for, so that the scores of a large model need not be held at once.
using ElementScores = std::function<at::Tensor(const std::string &parameter)>;

/// Where units are: a part of a layer ("ssm", 3), or one of its widths ("heads", 3).
struct Place
{
    std::string kind;
    int layer = 0;

    auto operator<=>(const Place &) const = default;
};

/// Importance of a place, the larger the more: float64 (entries) of a width, (1) of a part.
using UnitScores = std::function<at::Tensor(const Place &place)>;

struct Score
{
    const char *id;
    const char *meaning; ///< one line, for help
    std::span<const Option> options = {};
    bool needsText = false;
    /// Prepares what the elements of `parameters` are scored by. Throws Exception{Cancelled, Mismatch}.
    ElementScores (*elements)(const Subject &subject, const Settings &settings, std::span<const std::string> parameters,
                              const Run &run) = nullptr;
    /// Prepares what units in `places` are scored by; without it, they are the sums of the elements that go with them.
    /// Throws Exception{Cancelled, InvalidArgument (kinds of unit that it does not know)}.
    UnitScores (*units)(const Subject &subject, const Settings &settings, std::span<const Place> places,
                        const Run &run) = nullptr;
};

/// All scores, sorted by file name.
std::span<const Score *const> table();

/// The table as values.
std::vector<ScoreInfo> descriptions();

/// A score that was asked for.
struct Chosen
{
    const Score *score = nullptr;
    Settings settings;
};

/// Reads "name" or "name:option=value,option=value". Throws Exception{InvalidArgument} naming what is known.
Chosen parse(const std::string &text);

/// The text that parse() reads as the same choice, every option written out.
std::string written(const Chosen &chosen);

/// Throws Exception{InvalidArgument} where the score does not rank single weights.
void requireElements(const Chosen &chosen);

/// Throws Exception{InvalidArgument} where the score needs a text and none is there.
void requireText(const Chosen &chosen, bool hasText);

/// Throws Exception{InvalidArgument}: `score` ranks `what`, not units of this kind.
[[noreturn]] void refuseKind(const std::string &score, const std::string &what, const std::string &kind);

/// The number that a setting holds.
double number(const Settings &settings, const std::string &option);

} // namespace ecdysis::scores

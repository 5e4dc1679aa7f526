// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/config.h"
#include "core/values/model_card.h"

/// \file
/// What configs of several architectures have in common.
namespace ecdysis::layers {

/// An integer from 1 to 2³¹ - 1. Throws Exception{BadFormat} otherwise.
std::int64_t size(const io::Config &config, std::string_view key, std::int64_t otherwise);

/// The same from 0 on.
std::int64_t count(const io::Config &config, std::string_view key, std::int64_t otherwise);

/// The rank of dt, which may be "auto": a sixteenth of the channels, rounded up.
std::int64_t stepRank(const io::Config &config, std::string_view key, std::int64_t channels);

/// expand · channels, rounded down. Throws Exception{BadFormat} unless it is a size.
std::int64_t expanded(const io::Config &config, std::string_view key, std::int64_t channels);

/// The smallest and the largest step size, [0, ∞] where the config does not say.
std::pair<double, double> stepLimits(const io::Config &config, std::string_view key);

/// The floor of step sizes of the two architectures (Zamba2, Nemotron-H) for which transformers has one on a processor
/// and none with its kernels: convention "dt_floor".
double smallestStep(const io::Config &config, std::vector<Convention> &known);

/// Throws Exception{Unsupported} saying that `key` has a value this program does not compute.
[[noreturn]] void refuse(const io::Config &config, std::string_view key, std::string_view supported);

/// Throws Exception{Unsupported} unless `key` is absent or `only`.
void require(const io::Config &config, std::string_view key, std::string_view only);
void requireFlag(const io::Config &config, std::string_view key, bool only);

/// Throws Exception{BadFormat} unless `divisor` divides the value of `key`.
void requireMultiple(const io::Config &config, std::string_view key, std::int64_t value, std::int64_t divisor);

/// Types of layers by name, as transformers spells them now and then: "linear_attention" is "mamba", "full_attention"
/// is "attention". Absent: none. Throws Exception unless there are
/// `layers` of them (0: any number), all in `known`.
std::optional<std::vector<std::string>> layerTypes(const io::Config &config, std::string_view key, std::int64_t layers,
                                                   std::initializer_list<std::string_view> known);

/// The reading of a convention: the one the user asked for (object "ecdysis" of the config), else the first of the
/// choices. Adds it to `known`. Throws Exception{InvalidArgument} for an unknown choice.
std::string convention(const io::Config &config, Convention described, std::vector<Convention> &known);

} // namespace ecdysis::layers

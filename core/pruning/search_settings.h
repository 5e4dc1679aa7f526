// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/model.h"
#include "core/values/search.h"

namespace ecdysis::pruning {

/// The ranking by what candidates came to in a stage's first step.
inline constexpr const char *byRemoval = "removal";

/// The objective that is measured on tasks.
inline constexpr const char *byErrors = "accuracy";

/// Throws Exception{InvalidArgument} naming the setting that makes no sense.
void checkSettings(const ModelFiles &files, const SearchSettings &settings);

} // namespace ecdysis::pruning

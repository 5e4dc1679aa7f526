// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "core/values/model_card.h"
#include "core/values/plan.h"

/// \file
/// pruning_config.json of Mamba-Shedder (Muñoz, Yuan & Jain, arXiv 2501.17088): lists of layers by what goes of them,
/// `pruned_mamba_block_idx`, `pruned_ssm_idx`; of Zamba2 also `pruned_mha_idx` and `pruned_mlp_idx`, which count the
/// transformers; of Hymba `pruned_self_attn_idx`, `pruned_hymba_block_idx`, `pruned_moe_idx`; and
/// `pruned_mlp_channels`, the channels that are kept, from the first on.
namespace ecdysis::pruning {

/// Its name in a folder.
inline constexpr const char *shedderConfigName = "pruning_config.json";

/// Whether an object has any of these keys.
bool isShedderConfig(const nlohmann::json &object);

/// Ids of the units that it takes, in its order, as a list for a plan. Throws Exception{BadFormat; Unsupported: widths
/// of MLPs that layers share, which Mamba-Shedder makes copies of first}.
nlohmann::json removalsOfShedderConfig(const nlohmann::json &object, const ModelCard &card, const std::string &where);

/// The plan in its keys. Throws Exception{Unsupported} naming a unit for which there is none.
nlohmann::json shedderConfig(const Plan &plan, const ModelCard &card);

} // namespace ecdysis::pruning

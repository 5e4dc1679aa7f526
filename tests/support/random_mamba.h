// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <cstdint>
#include <filesystem>

#include "core/values/dtype.h"

/// A Mamba checkpoint to be filled with random weights; mamba-130m's shape if nothing else is said.
struct RandomMamba
{
    std::int64_t layers = 24;
    std::int64_t hidden = 768;
    std::int64_t vocabulary = 50280;
    ecdysis::DType dtype = ecdysis::DType::F32; ///< F32 or BF16
    std::int64_t shardBytes = std::int64_t{5} << 30;
};

/// Makes `folder` a model in the Hugging Face layout, in shards where one would be too large, with a tokenizer of 26
/// letters and text.txt of 4,096 of them. Holds one shard in memory. Throws std::runtime_error.
void writeRandomMamba(const std::filesystem::path &folder, const RandomMamba &shape);

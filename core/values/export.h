// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/values/dtype.h"

namespace ecdysis {

/// How a cut model is to be written.
struct ExportRequest
{
    std::filesystem::path folder;            ///< becomes the model; must not exist yet, or be empty
    std::string layout;                      ///< "hf" or "original" (state-spaces); empty: that of the parent
    std::string container;                   ///< "safetensors" or "bin"; empty: what software of the layout reads
    std::optional<DType> dtype;              ///< F32, BF16 or F16; none: each tensor as it is stored
    std::int64_t shardBytes = 5'000'000'000; ///< a file of weights holds at most so many, if not a single tensor
    bool intelConfig = false;                ///< whether to write Mamba-Shedder's pruning_config.json beside it

    bool operator==(const ExportRequest &) const = default;
};

/// What was written.
struct ExportReport
{
    std::vector<std::string> files;   ///< names in the folder, sorted
    std::int64_t parameters = 0;      ///< tied and shared tensors counted once
    std::int64_t bytes = 0;           ///< of those parameters
    std::string layout;               ///< "hf", "original"
    std::vector<std::string> loaders; ///< stock software that loads the folder; empty: only this program does
    std::vector<std::string> reasons; ///< why no stock software does, by unit

    bool operator==(const ExportReport &) const = default;
};

/// Losses of a plan on the parent and of the folder that was written from it, on the same windows.
struct ExportCheck
{
    double before = 0; ///< mean negative log-likelihood, nats per token
    double after = 0;
    double difference = 0; ///< after - before
    double tolerance = 0;  ///< what rounding may come to

    bool operator==(const ExportCheck &) const = default;
};

} // namespace ecdysis

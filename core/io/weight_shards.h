// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "core/values/result.h"

namespace ecdysis::io {

/// Which file of the folder holds a tensor, by the tensor's name.
using ShardMap = std::map<std::string, std::string>;

/// Reads `*.index.json`. Every name occurs once, every file is a plain name beside the index. The total size that the
/// index states is not looked at: files in the wild have it wrong. Errors: NotFound, ReadFailed, BadFormat.
Result<ShardMap> readShardIndex(const std::filesystem::path &index);

} // namespace ecdysis::io

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/model_companions.h"

#include <algorithm>
#include <string>

#include "core/exception.h"

namespace ecdysis::pruning {

namespace fs = std::filesystem;

namespace {

constexpr const char *beginnings[] = {"tokenizer",    "generation_config", "special_tokens_map",
                                      "added_tokens", "chat_template",     "vocab.",
                                      "merges.",      "LICENSE",           "NOTICE"};

bool isCompanion(const fs::path &file)
{
    const std::string name = file.filename().string();
    return file.extension() == ".py" ||
           std::ranges::any_of(beginnings, [&](const char *beginning) { return name.starts_with(beginning); });
}

} // namespace

void copyCompanions(const fs::path &from, const fs::path &to)
{
    std::error_code error;
    for (const auto &entry : fs::directory_iterator(from))
        if (entry.is_regular_file() && isCompanion(entry.path()))
            if (fs::copy_file(entry.path(), to / entry.path().filename(), error); error)
                throw Exception(ErrorCode::WriteFailed, "cannot copy: " + error.message(), entry.path().string());
}

} // namespace ecdysis::pruning

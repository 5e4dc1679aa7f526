// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/values/result.h"
#include "core/values/run.h"

namespace ecdysis::io {

/// Text to token ids exactly as the tokenizer's own library gives them. Immutable; copies share the tables.
class Tokenizer
{
public:
    /// `source` is a model folder (tokenizer.json before tokenizer.model; tokenizer_config.json beside it is heeded),
    /// or a tokenizer.json or SentencePiece .model file. Errors: NotFound, BadFormat, Unsupported (component by name).
    static Result<Tokenizer> open(const std::filesystem::path &source);

    /// Ids of the whole text; with the tokens its post-processor adds (BOS) when `addSpecial`.
    /// Errors: BadFormat when `text` is not UTF-8 (with the byte's offset), Cancelled.
    Result<std::vector<std::int64_t>> encode(std::string_view text, bool addSpecial = true, const Run &run = {}) const;

    std::int64_t vocabularySize() const; ///< largest id + 1

    struct Implementation;

private:
    explicit Tokenizer(std::shared_ptr<const Implementation> implementation)
        : m_implementation(std::move(implementation))
    {
    }
    std::shared_ptr<const Implementation> m_implementation;
};

} // namespace ecdysis::io

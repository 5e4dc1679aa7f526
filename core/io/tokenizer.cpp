// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer.h"

#include "core/exception.h"
#include "core/io/tokenizer/json_tokenizer.h"
#include "core/io/tokenizer/sentence_piece.h"
#include "core/io/tokenizer/unicode.h"

namespace ecdysis::io {

struct Tokenizer::Implementation
{
    tokenizers::Encoder encoder;
};

namespace {

std::filesystem::path tokenizerFile(const std::filesystem::path &source)
{
    if (!std::filesystem::is_directory(source))
        return source;
    for (const char *name : {"tokenizer.json", "tokenizer.model"}) {
        if (std::filesystem::exists(source / name))
            return source / name;
    }
    throw Exception(ErrorCode::NotFound, "expected tokenizer.json or tokenizer.model, found neither", source.string());
}

tokenizers::Encoder readEncoder(const std::filesystem::path &source)
{
    const std::filesystem::path file = tokenizerFile(source);
    if (!std::filesystem::exists(file))
        throw Exception(ErrorCode::NotFound, "no such file", file.string());
    const auto config = tokenizers::readTokenizerConfig(file.parent_path() / "tokenizer_config.json");
    return file.extension() == ".json" ? tokenizers::readJsonTokenizer(file, config)
                                       : tokenizers::readSentencePiece(file, config);
}

} // namespace

Result<Tokenizer> Tokenizer::open(const std::filesystem::path &source)
{
    try {
        return Tokenizer(std::make_shared<const Implementation>(Implementation{readEncoder(source)}));
    } catch (const Exception &exception) {
        return tl::unexpected(exception.error());
    }
}

Result<std::vector<std::int64_t>> Tokenizer::encode(std::string_view text, bool addSpecial, const Run &run) const
{
    if (const auto offset = unicode::firstInvalidByte(text))
        return failure(ErrorCode::BadFormat,
                       "expected UTF-8, found an invalid sequence at byte " + std::to_string(*offset));
    try {
        const tokenizers::Encoder &encoder = m_implementation->encoder;
        const std::vector<std::int32_t> ids = encoder.encode(text, run);
        std::vector<std::int64_t> all;
        if (addSpecial)
            all.assign(encoder.affixes.before.begin(), encoder.affixes.before.end());
        all.insert(all.end(), ids.begin(), ids.end());
        if (addSpecial)
            all.insert(all.end(), encoder.affixes.behind.begin(), encoder.affixes.behind.end());
        return all;
    } catch (const Exception &exception) {
        return tl::unexpected(exception.error());
    }
}

std::int64_t Tokenizer::vocabularySize() const
{
    return m_implementation->encoder.vocabularySize;
}

} // namespace ecdysis::io

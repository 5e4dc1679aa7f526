// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer/sentence_piece.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "core/exception.h"
#include "core/io/mapped_file.h"
#include "core/io/sentence_piece/piece_model.h"
#include "core/io/tokenizer/piece_file.h"
#include "core/stop.h"

namespace ecdysis::io::tokenizers {

namespace {

constexpr std::string_view spaceMark = "\u2581";

std::string surfaceOf(const PieceModel &model, std::string_view text)
{
    std::string all;
    for (const int id : model.encode(text))
        all += model.piece(id);
    return all;
}

/// Whether words are encoded independently: the pieces come from merges (whose scores are their ranks, whole numbers),
/// none of them goes on behind a space, and every space is kept, one being put before the text.
bool cutsAtSpaces(const PieceModel &model)
{
    for (int id = 0; id < model.size(); ++id) {
        const std::string piece = model.piece(id);
        std::string_view rest = piece;
        while (rest.starts_with(spaceMark))
            rest.remove_prefix(spaceMark.size());
        if (rest.find(spaceMark) != std::string_view::npos || rest.find(' ') != std::string_view::npos)
            return false;
        if (model.score(id) != std::trunc(model.score(id)))
            return false;
    }
    const bool keepsSpaces = surfaceOf(model, "a  b ") == "\u2581a\u2581\u2581b\u2581";
    return keepsSpaces && model.id(spaceMark) != model.unknown();
}

/// A single space between two printable ASCII characters, which no normalisation joins with it, at or after `from`.
std::size_t nextCut(std::string_view text, std::size_t from)
{
    const auto isPrintable = [&](std::size_t i) { return text[i] > 0x20 && text[i] < 0x7F; };
    for (std::size_t i = from; i + 1 < text.size(); ++i) {
        if (text[i] == ' ' && isPrintable(i - 1) && isPrintable(i + 1))
            return i;
    }
    return text.size();
}

void appendPieceIds(const PieceModel &model, std::string_view text, const Run &run, std::vector<std::int32_t> &ids)
{
    throwIfStopped(run);
    const std::vector<int> found = model.encode(text);
    ids.insert(ids.end(), found.begin(), found.end());
}

/// The library is several times faster on short texts than on long ones. The space that goes with a cut is the one that
/// the library puts before every text.
void appendIdsByChunks(const PieceModel &model, std::string_view text, const Run &run, std::vector<std::int32_t> &ids)
{
    constexpr std::size_t chunk = 2048;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = nextCut(text, begin + chunk);
        appendPieceIds(model, text.substr(begin, end - begin), run, ids);
        begin = end + 1;
    }
}

std::optional<std::int32_t> pieceId(const PieceModel &model, std::string_view name)
{
    const int id = model.id(name);
    return id != model.unknown() || model.piece(id) == name ? std::optional(id) : std::nullopt;
}

AddedTokenSplitter splitterOf(const std::vector<AddedToken> &tokens)
{
    std::vector<std::pair<std::string, AddedToken>> named;
    for (const AddedToken &token : tokens)
        named.emplace_back(token.content, token);
    return AddedTokenSplitter(std::move(named));
}

} // namespace

Encoder readSentencePiece(const std::filesystem::path &file, const TokenizerConfig &config)
{
    const auto mapped = valueOrThrow(MappedFile::open(file));
    checkPieceFile(mapped.bytes(), file.string());
    const auto model = loadPieceModel(mapped.bytes(), file.string());
    Encoder encoder;
    encoder.vocabularySize = model->size();
    for (const AddedToken &token : config.addedTokens)
        encoder.vocabularySize = std::max<std::int64_t>(encoder.vocabularySize, token.id + 1LL);

    TokenizerConfig completed = config;
    if (!completed.bosToken && model->begin() >= 0)
        completed.bosToken = model->piece(model->begin());
    if (!completed.eosToken && model->end() >= 0)
        completed.eosToken = model->piece(model->end());
    if (!completed.addsBos)
        completed.addsBos = model->begin() >= 0;
    encoder.affixes = withConfiguredEnds({}, completed, [&](std::string_view name) {
        const auto &added = config.addedTokens;
        const auto token = std::find_if(added.begin(), added.end(), [&](const auto &t) { return t.content == name; });
        return token == added.end() ? pieceId(*model, name) : std::optional(token->id);
    });

    const auto append = cutsAtSpaces(*model) ? appendIdsByChunks : appendPieceIds;
    encoder.encode = [model, append, splitter = splitterOf(config.addedTokens)](std::string_view text, const Run &run) {
        std::vector<std::int32_t> ids;
        splitter.split(
            {text, true}, [&](Piece piece) { append(*model, piece.text, run, ids); },
            [&](std::int32_t id) { ids.push_back(id); });
        return ids;
    };
    return encoder;
}

} // namespace ecdysis::io::tokenizers

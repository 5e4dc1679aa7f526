// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include <sentencepiece_processor.h>

#include "core/io/sentence_piece/piece_model.h"

namespace {

absl::string_view view(std::string_view text)
{
    return {text.data(), text.size()};
}

class LibraryModel : public ecdysis::io::PieceModel
{
public:
    sentencepiece::SentencePieceProcessor processor;

    int size() const override { return processor.GetPieceSize(); }
    std::string piece(int id) const override { return processor.IdToPiece(id); }
    float score(int id) const override { return processor.GetScore(id); }
    int id(std::string_view piece) const override { return processor.PieceToId(view(piece)); }
    int unknown() const override { return processor.unk_id(); }
    int begin() const override { return processor.bos_id(); }
    int end() const override { return processor.eos_id(); }
    std::vector<int> encode(std::string_view text) const override
    {
        std::vector<int> ids;
        return processor.Encode(view(text), &ids).ok() ? ids : std::vector<int>();
    }
};

} // namespace

extern "C" __attribute__((visibility("default"))) ecdysis::io::PieceModel *
ecdysisMakePieceModel(std::span<const std::byte> bytes, std::string &problem)
{
    try {
        auto model = std::make_unique<LibraryModel>();
        const auto status =
            model->processor.LoadFromSerializedProto({reinterpret_cast<const char *>(bytes.data()), bytes.size()});
        if (status.ok())
            return model.release();
        problem = status.ToString();
    } catch (const std::exception &exception) { // of the library's tries
        problem = exception.what();
    }
    return nullptr;
}

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ecdysis::io {

/// What SentencePiece is used for, without its types. Implemented in a module of its own: the library carries a copy of
/// protobuf that it does not hide, and in one space of symbols with LibTorch's newer protobuf the two crash as they are
/// loaded.
class PieceModel
{
public:
    virtual ~PieceModel() = default;

    virtual int size() const = 0;
    virtual std::string piece(int id) const = 0;
    virtual float score(int id) const = 0;
    virtual int id(std::string_view piece) const = 0; ///< that of the unknown piece for what it does not know
    virtual int unknown() const = 0;
    virtual int begin() const = 0; ///< of a sentence; negative: none
    virtual int end() const = 0;   ///< of a sentence; negative: none
    /// Empty for text that the library refuses (none that is UTF-8).
    virtual std::vector<int> encode(std::string_view text) const = 0;
};

/// A model from the bytes of its file. Throws Exception{BadFormat} with `where`, Internal where the module is missing.
std::shared_ptr<const PieceModel> loadPieceModel(std::span<const std::byte> bytes, const std::string &where);

/// The module's one function, of C linkage and this name. Null and `problem` set when the bytes are no model.
inline constexpr const char *pieceModelFunction = "ecdysisMakePieceModel";
using MakePieceModel = PieceModel *(std::span<const std::byte> bytes, std::string &problem);

} // namespace ecdysis::io

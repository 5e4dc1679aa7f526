// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer/piece_file.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "core/exception.h"
#include "core/io/tokenizer/rule_trie.h"
#include "core/io/tokenizer/unicode.h"

namespace ecdysis::io::tokenizers {

namespace {

constexpr std::size_t largestFile = std::size_t{1} << 28; ///< bytes; those in use have a few million
constexpr std::size_t longestPiece = 8000;                ///< bytes
constexpr std::size_t deepestNesting = 1000;              ///< of pieces that begin with one another
constexpr std::size_t deepestUserNesting = 64;            ///< the library has room for no more of the user's

/// Numbers of the fields of the protocol buffer that are looked into.
namespace field {
constexpr std::uint64_t piece = 1, normalizer = 3, denormalizer = 5; // of a model
constexpr std::uint64_t text = 1, score = 2, type = 3;               // of a piece
constexpr std::uint64_t rules = 2;                                   // of a normaliser
} // namespace field
constexpr std::uint32_t userDefined = 4; ///< a type of a piece

enum class Wire : std::uint64_t { Number = 0, Eight = 1, Bytes = 2, Four = 5 };

struct Field
{
    std::uint64_t number;
    Wire wire;
    std::uint64_t value;              ///< of Number
    std::span<const std::byte> bytes; ///< of the others
    std::size_t offset;               ///< of `bytes` in the file

    bool is(std::uint64_t wantedNumber, Wire wantedWire) const { return number == wantedNumber && wire == wantedWire; }
};

/// The fields of one protocol buffer message, in order.
class Message
{
public:
    Message(std::span<const std::byte> bytes, std::size_t offset, const std::string &where)
        : m_bytes(bytes), m_offset(offset), m_where(where)
    {
    }

    std::optional<Field> next()
    {
        if (m_position == m_bytes.size())
            return std::nullopt;
        const std::uint64_t key = varint();
        if (key > std::numeric_limits<std::uint32_t>::max()) // the library cuts it to 32 bits
            refuse(m_position, "a field numbered " + std::to_string(key >> 3));
        Field field{key >> 3, static_cast<Wire>(key & 7), 0, {}, 0};
        switch (field.wire) {
        case Wire::Number:
            field.value = varint();
            return field;
        case Wire::Eight:
            return take(field, 8);
        case Wire::Bytes:
            return take(field, varint());
        case Wire::Four:
            return take(field, 4);
        }
        refuse(m_position, "a field of wire type " + std::to_string(key & 7));
    }

    [[noreturn]] void refuse(std::size_t position, const std::string &found) const
    {
        throw Exception(ErrorCode::BadFormat,
                        "expected a SentencePiece model, found " + found + " at byte " +
                            std::to_string(m_offset + position),
                        m_where);
    }

private:
    std::uint64_t varint()
    {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && m_position < m_bytes.size(); shift += 7) {
            const auto byte = static_cast<std::uint64_t>(m_bytes[m_position++]);
            value |= (byte & 0x7F) << shift;
            if (byte < 0x80)
                return value;
        }
        refuse(m_position, "a number without end");
    }

    Field take(Field field, std::uint64_t size)
    {
        if (size > m_bytes.size() - m_position)
            refuse(m_position, "a field of " + std::to_string(size) + " bytes where " +
                                   std::to_string(m_bytes.size() - m_position) + " are left");
        field.bytes = m_bytes.subspan(m_position, size);
        field.offset = m_offset + m_position;
        m_position += size;
        return field;
    }

    std::span<const std::byte> m_bytes;
    std::size_t m_offset;
    const std::string &m_where;
    std::size_t m_position = 0;
};

std::string_view asText(std::span<const std::byte> bytes)
{
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

struct Piece
{
    std::string_view text;
    bool isUserDefined = false;
};

Piece readPiece(const Field &whole, const std::string &where)
{
    Message message(whole.bytes, whole.offset, where);
    Piece piece;
    while (const auto part = message.next()) {
        if (part->is(field::text, Wire::Bytes))
            piece.text = asText(part->bytes);
        else if (part->is(field::type, Wire::Number))
            // An unknown type behind a known one leaves it; numbers are cut to 32 bits.
            piece.isUserDefined |= static_cast<std::uint32_t>(part->value) == userDefined;
        else if (part->is(field::score, Wire::Four)) {
            float score = 0;
            std::memcpy(&score, part->bytes.data(), sizeof score);
            if (!std::isfinite(score))
                message.refuse(0, "a piece whose score is not finite");
        }
    }
    if (piece.text.empty() || piece.text.size() >= longestPiece)
        message.refuse(0, "a piece of " + std::to_string(piece.text.size()) + " bytes");
    if (piece.text.find('\0') != std::string_view::npos || unicode::firstInvalidByte(piece.text))
        message.refuse(0, "a piece with a zero or bytes that are not UTF-8");
    return piece;
}

void checkNormalizer(const Field &whole, const std::string &where)
{
    Message message(whole.bytes, whole.offset, where);
    while (const auto part = message.next()) {
        if (!part->is(field::rules, Wire::Bytes) || part->bytes.empty())
            continue;
        if (const auto problem = problemOfRules(part->bytes))
            message.refuse(part->offset - whole.offset, *problem);
    }
}

/// The most texts of which each is the beginning of the next.
std::size_t nesting(std::vector<std::string_view> texts)
{
    std::sort(texts.begin(), texts.end());
    std::size_t deepest = 0;
    std::vector<std::string_view> chain;
    for (const std::string_view text : texts) {
        while (!chain.empty() && !text.starts_with(chain.back()))
            chain.pop_back();
        chain.push_back(text);
        deepest = std::max(deepest, chain.size());
    }
    return deepest;
}

} // namespace

void checkPieceFile(std::span<const std::byte> bytes, const std::string &where)
{
    Message model(bytes, 0, where);
    if (bytes.empty() || bytes.size() > largestFile)
        model.refuse(0, std::to_string(bytes.size()) + " bytes");
    std::vector<std::string_view> all;
    std::vector<std::string_view> users;
    while (const auto part = model.next()) {
        if (part->is(field::piece, Wire::Bytes)) {
            const Piece piece = readPiece(*part, where);
            all.push_back(piece.text);
            if (piece.isUserDefined)
                users.push_back(piece.text);
        } else if (part->is(field::normalizer, Wire::Bytes) || part->is(field::denormalizer, Wire::Bytes)) {
            checkNormalizer(*part, where);
        }
    }
    if (nesting(std::move(all)) > deepestNesting || nesting(std::move(users)) > deepestUserNesting)
        model.refuse(0, "too many pieces that begin with one another");
}

} // namespace ecdysis::io::tokenizers

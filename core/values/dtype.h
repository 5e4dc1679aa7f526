// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ecdysis {

/// Element type of a stored or computed tensor.
enum class DType : std::uint8_t { Bool, U8, I8, U16, I16, U32, I32, U64, I64, F16, BF16, F32, F64 };

/// Bytes of one element.
constexpr std::size_t byteSize(DType type)
{
    constexpr std::size_t sizes[] = {1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 2, 4, 8};
    return sizes[static_cast<std::size_t>(type)];
}

/// The name safetensors uses: "BF16".
constexpr std::string_view name(DType type)
{
    constexpr std::string_view names[] = {"BOOL", "U8",  "I8",  "U16",  "I16", "U32", "I32",
                                          "U64",  "I64", "F16", "BF16", "F32", "F64"};
    return names[static_cast<std::size_t>(type)];
}

/// The type of a safetensors name, none for one this program does not read (the 8-, 6- and 4-bit floats).
constexpr std::optional<DType> dtypeFromName(std::string_view text)
{
    for (int i = 0; i <= static_cast<int>(DType::F64); ++i)
        if (name(static_cast<DType>(i)) == text)
            return static_cast<DType>(i);
    return std::nullopt;
}

/// Whether weights may have this type.
constexpr bool isFloating(DType type)
{
    return type >= DType::F16;
}

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/core/io/temporary.h"

/// \file
/// Writes pickles of protocol 2, right or wrong, as torch.save would: pieces to be put together.
namespace pickled {

inline std::string text(std::string_view value)
{
    return "X" + littleEndian(static_cast<std::uint32_t>(value.size())) + std::string(value);
}

inline std::string integer(std::int64_t value)
{
    return std::string("\x8a\x08", 2) + littleEndian(value);
}

inline std::string tuple(const std::string &items)
{
    return "(" + items + "t";
}

inline std::string integers(const std::vector<std::int64_t> &values)
{
    std::string items;
    for (const auto value : values)
        items += integer(value);
    return tuple(items);
}

inline std::string global(std::string_view module, std::string_view name)
{
    return "c" + std::string(module) + "\n" + std::string(name) + "\n";
}

inline std::string orderedDict()
{
    return global("collections", "OrderedDict") + ")R";
}

inline std::string storage(std::string_view key, std::int64_t elements, std::string_view type = "FloatStorage")
{
    return tuple(text("storage") + global("torch", type) + text(key) + text("cpu") + integer(elements)) + "Q";
}

inline std::string tensor(const std::string &storage, std::int64_t offset, const std::vector<std::int64_t> &shape,
                          const std::vector<std::int64_t> &strides)
{
    return global("torch._utils", "_rebuild_tensor_v2") +
           tuple(storage + integer(offset) + integers(shape) + integers(strides) + "\x89" + orderedDict()) + "R";
}

/// A whole pickle around one value.
inline std::string whole(const std::string &value)
{
    return std::string("\x80\x02", 2) + value + ".";
}

/// A dict of names and values that are already pickled.
inline std::string dict(const std::vector<std::pair<std::string, std::string>> &items)
{
    std::string body = "}(";
    for (const auto &[name, value] : items)
        body += text(name) + value;
    return body + "u";
}

} // namespace pickled

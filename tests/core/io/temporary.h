// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

#include <QTemporaryDir>

/// \file
/// Files of tests that write some.

/// A folder that goes with its owner.
class TemporaryFolder
{
public:
    std::filesystem::path path() const { return m_folder.path().toStdString(); }

    /// Writes a file and returns its path.
    std::filesystem::path write(const std::string &name, std::string_view content) const
    {
        std::ofstream stream(path() / name, std::ios::binary);
        stream.write(content.data(), static_cast<std::streamsize>(content.size()));
        return path() / name;
    }

private:
    QTemporaryDir m_folder;
};

inline std::string readAll(const std::filesystem::path &path)
{
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

inline std::span<const std::byte> asBytes(std::string_view text)
{
    return std::as_bytes(std::span(text));
}

/// An integer as it lies in a file, little-endian.
template <typename T> std::string littleEndian(T number)
{
    std::string bytes;
    for (std::size_t i = 0; i < sizeof(T); ++i)
        bytes += static_cast<char>(static_cast<unsigned long long>(number) >> (8 * i));
    return bytes;
}

inline bool contains(const std::string &text, const char *part)
{
    return text.find(part) != std::string::npos;
}

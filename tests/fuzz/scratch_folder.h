// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace ecdysis::fuzzing {

/// A folder in memory where there is one, gone with its owner.
class ScratchFolder
{
public:
    ScratchFolder()
    {
        const std::filesystem::path memory = "/dev/shm";
        const auto parent = std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
        std::string name = (parent / "ecdysis-fuzz-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr)
            std::abort();
        m_path = name;
    }
    ~ScratchFolder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }
    ScratchFolder(const ScratchFolder &) = delete;
    ScratchFolder &operator=(const ScratchFolder &) = delete;

    const std::filesystem::path &path() const { return m_path; }

    /// Writes a file and returns its path.
    std::filesystem::path write(const char *name, std::string_view content) const
    {
        std::ofstream stream(m_path / name, std::ios::binary);
        stream.write(content.data(), static_cast<std::streamsize>(content.size()));
        return m_path / name;
    }

private:
    std::filesystem::path m_path;
};

} // namespace ecdysis::fuzzing

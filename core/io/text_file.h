// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>
#include <string>

#include "core/exception.h"
#include "core/io/mapped_file.h"

namespace ecdysis::io {

/// The bytes of a whole file. Throws Exception{NotFound or ReadFailed}.
inline std::string readText(const std::filesystem::path &file)
{
    const auto mapped = valueOrThrow(MappedFile::open(file));
    return {reinterpret_cast<const char *>(mapped.bytes().data()), mapped.bytes().size()};
}

} // namespace ecdysis::io

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <cstdint>

#include "tests/fuzz/tokenizers.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    ecdysis::fuzzing::feedTokenizer(std::as_bytes(std::span(data, size)));
    return 0;
}

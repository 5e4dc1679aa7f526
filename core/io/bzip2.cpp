// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/bzip2.h"

#include <algorithm>
#include <limits>

#include <bzlib.h>
#include <fmt/format.h>

namespace ecdysis::io {

namespace {

constexpr std::size_t chunk = std::size_t{1} << 20; // bytes of output between two looks at the stop token

/// A decoder of one stream; freed with its scope.
struct Decoder
{
    Decoder() { status = BZ2_bzDecompressInit(&stream, 0, 0); }
    ~Decoder() { BZ2_bzDecompressEnd(&stream); }
    Decoder(const Decoder &) = delete;
    Decoder &operator=(const Decoder &) = delete;

    /// Decodes into a chunk at the end of `text`; takes what it reads off `bytes`.
    void decode(std::string_view &bytes, std::string &text)
    {
        const std::size_t known = text.size();
        const auto given = std::min<std::size_t>(bytes.size(), std::numeric_limits<int>::max());
        text.resize(known + chunk);
        stream.next_in = const_cast<char *>(bytes.data()); // the library does not write to it
        stream.avail_in = static_cast<unsigned>(given);
        stream.next_out = text.data() + known;
        stream.avail_out = static_cast<unsigned>(chunk);
        status = BZ2_bzDecompress(&stream);
        bytes.remove_prefix(given - stream.avail_in);
        text.resize(text.size() - stream.avail_out);
        // Without more input and with room left for output there is nothing to wait for.
        if (status == BZ_OK && bytes.empty() && stream.avail_out > 0)
            status = BZ_UNEXPECTED_EOF;
    }

    bz_stream stream{};
    int status = BZ_OK;
};

} // namespace

bool isBzip2(std::string_view bytes)
{
    return bytes.starts_with("BZh");
}

Result<std::string> decompressBzip2(std::string_view bytes, std::size_t limit, const Run &run)
{
    const std::size_t size = bytes.size();
    std::string text;
    while (!bytes.empty()) {
        Decoder decoder;
        while (decoder.status == BZ_OK) {
            if (run.stopRequested())
                return failure(ErrorCode::Cancelled, "stopped");
            decoder.decode(bytes, text);
            if (text.size() > limit)
                return failure(ErrorCode::BadFormat,
                               fmt::format("at most {} bytes expected once decompressed, more found", limit));
        }
        if (decoder.status == BZ_MEM_ERROR)
            return failure(ErrorCode::OutOfMemory, "the system gave no more memory");
        if (decoder.status != BZ_STREAM_END)
            return failure(ErrorCode::BadFormat,
                           fmt::format("a whole bzip2 stream expected, damage found at byte {}", size - bytes.size()));
    }
    return text;
}

} // namespace ecdysis::io

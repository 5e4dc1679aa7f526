// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/io/session_file.h"
#include "tests/fuzz/hostile_session.h"
#include "tests/fuzz/parsers.h"
#include "tests/fuzz/scratch_folder.h"

namespace ecdysis::fuzzing {

namespace {

std::vector<std::byte> imageOf(const Session &session)
{
    const io::hdf5::Group file = io::hdf5::createInMemory(512, "again");
    io::writeSessionLayout(file, session);
    return io::hdf5::imageOf(file);
}

/// What was read can be written, read again and written again to the same bytes (which also compares NaN).
void requireRoundTrip(const Session &session)
{
    const auto image = imageOf(session);
    const Session again = io::readSessionLayout(io::hdf5::openImage(image, "again"));
    require(imageOf(again) == image);
}

/// The bytes as a whole file.
void feedFile(std::span<const std::byte> bytes)
{
    static const ScratchFolder folder;
    const auto file = folder.write("a.ecdysis", {reinterpret_cast<const char *>(bytes.data()), bytes.size()});
    const auto session = io::readSession(file);
    if (!session)
        return requireUseful(session.error());
    requireRoundTrip(*session);
}

/// The bytes as decisions about the contents of an HDF5 file, whose checksum would be right.
void feedContents(std::span<const std::byte> bytes)
{
    FuzzedDataProvider input(reinterpret_cast<const std::uint8_t *>(bytes.data()), bytes.size());
    const auto image = io::hdf5::imageOf(HostileSession(input).make());
    std::optional<Session> session;
    try {
        session = io::readSessionLayout(io::hdf5::openImage(image, "hostile"));
    } catch (const Exception &exception) {
        return requireUseful(exception.error());
    }
    requireRoundTrip(*session);
}

} // namespace

} // namespace ecdysis::fuzzing

extern "C" int LLVMFuzzerInitialize(int *, char ***)
{
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); // most of the hostile contents are refused as they are written
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto bytes = std::as_bytes(std::span(data, size));
    ecdysis::fuzzing::feedFile(bytes);
    ecdysis::fuzzing::feedContents(bytes);
    return 0;
}

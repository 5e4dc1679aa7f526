// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/io/mapped_file.h"

#include <optional>

#include <sys/stat.h>

#include <QTest>

#include "tests/core/io/temporary.h"
#include "tests/support/support.h"

using namespace ecdysis;
using namespace ecdysis::io;

class TestMappedFile : public QObject
{
    Q_OBJECT

private slots:
    void mapsContent();
    void mapsEmptyFile();
    void outlivesOwnerAndFile();
    void opensLargeFileWithoutReading();
    void tellsWhatIsWrong();
};

void TestMappedFile::mapsContent()
{
    const TemporaryFolder folder;
    const auto file = MappedFile::open(folder.write("a", "content"));
    VERIFY_RESULT(file);
    QVERIFY(std::ranges::equal(file->bytes(), asBytes("content")));
}

void TestMappedFile::mapsEmptyFile()
{
    const TemporaryFolder folder;
    const auto file = MappedFile::open(folder.write("empty", ""));
    VERIFY_RESULT(file);
    QVERIFY(file->bytes().empty());
}

void TestMappedFile::outlivesOwnerAndFile()
{
    std::optional<MappedFile> copy;
    std::shared_ptr<const void> kept;
    std::span<const std::byte> bytes;
    {
        const TemporaryFolder folder;
        auto file = MappedFile::open(folder.write("a", "still here"));
        VERIFY_RESULT(file);
        copy = *file;
        kept = file->keepAlive();
    }
    bytes = copy->bytes();
    copy.reset();
    QVERIFY(std::ranges::equal(bytes, asBytes("still here")));
}

void TestMappedFile::opensLargeFileWithoutReading()
{
    const TemporaryFolder folder;
    const auto path = folder.write("sparse", "");
    const std::uintmax_t size = std::uintmax_t{6} << 30;
    std::error_code error;
    std::filesystem::resize_file(path, size, error);
    if (error)
        QSKIP("this file system has no sparse files of 6 GiB");
    const auto file = MappedFile::open(path);
    VERIFY_RESULT(file);
    QCOMPARE(file->bytes().size(), size);
    QCOMPARE(file->bytes()[size - 1], std::byte{0});
}

void TestMappedFile::tellsWhatIsWrong()
{
    const TemporaryFolder folder;
    const auto absent = MappedFile::open(folder.path() / "absent");
    QVERIFY(!absent);
    QCOMPARE(absent.error().code, ErrorCode::NotFound);
    QVERIFY(contains(absent.error().where, "absent"));

    const auto below = MappedFile::open(folder.write("file", "x") / "below");
    QVERIFY(!below);
    QCOMPARE(below.error().code, ErrorCode::NotFound);

    const auto directory = MappedFile::open(folder.path());
    QVERIFY(!directory);
    QCOMPARE(directory.error().code, ErrorCode::ReadFailed);

    const auto pipe = folder.path() / "pipe";
    QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
    const auto fifo = MappedFile::open(pipe);
    QVERIFY(!fifo);
    QCOMPARE(fifo.error().code, ErrorCode::ReadFailed);
}

QTEST_APPLESS_MAIN(TestMappedFile)
#include "tst_mapped_file.moc"

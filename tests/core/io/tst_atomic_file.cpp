// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/io/atomic_file.h"

#include <stdexcept>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <QTest>

#include "tests/core/io/temporary.h"
#include "tests/support/support.h"

using namespace ecdysis;
using namespace ecdysis::io;
namespace fs = std::filesystem;

namespace {

std::size_t filesIn(const fs::path &folder)
{
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

Result<void> writeNew(std::ostream &stream)
{
    stream << "new";
    return {};
}

} // namespace

class TestAtomicFile : public QObject
{
    Q_OBJECT

private slots:
    void createsAndReplaces();
    void keepsPermissions();
    void honoursUmask();
    void followsLinks();
    void worksInCurrentFolder();
    void leavesOldFileOnFailure();
    void leavesOldFileOnException();
    void reportsFullDisk();
    void survivesKill();
    void givesPath();
    void tellsWhatIsWrong();
};

void TestAtomicFile::createsAndReplaces()
{
    const TemporaryFolder folder;
    const auto path = folder.path() / "file";
    VERIFY_RESULT(writeAtomically(path, writeNew));
    QCOMPARE(readAll(path), std::string("new"));
    VERIFY_RESULT(writeAtomically(path, [](std::ostream &stream) -> Result<void> {
        stream << "newer";
        return {};
    }));
    QCOMPARE(readAll(path), std::string("newer"));
    QCOMPARE(filesIn(folder.path()), 1u);
}

void TestAtomicFile::keepsPermissions()
{
    const TemporaryFolder folder;
    const auto path = folder.write("file", "old");
    fs::permissions(path, fs::perms(0640));
    VERIFY_RESULT(writeAtomically(path, writeNew));
    QVERIFY(fs::status(path).permissions() == fs::perms(0640));
}

void TestAtomicFile::honoursUmask()
{
    const TemporaryFolder folder;
    const auto before = ::umask(027);
    const auto written = writeAtomically(folder.path() / "file", writeNew);
    ::umask(before);
    VERIFY_RESULT(written);
    QVERIFY(fs::status(folder.path() / "file").permissions() == fs::perms(0640));
}

void TestAtomicFile::followsLinks()
{
    const TemporaryFolder folder;
    const auto path = folder.write("file", "old");
    fs::create_symlink("file", folder.path() / "link");
    VERIFY_RESULT(writeAtomically(folder.path() / "link", writeNew));
    QVERIFY(fs::is_symlink(folder.path() / "link"));
    QCOMPARE(readAll(path), std::string("new"));
}

void TestAtomicFile::worksInCurrentFolder()
{
    const TemporaryFolder folder;
    const auto before = fs::current_path();
    fs::current_path(folder.path());
    const auto written = writeAtomically("relative", writeNew);
    fs::current_path(before);
    VERIFY_RESULT(written);
    QCOMPARE(readAll(folder.path() / "relative"), std::string("new"));
}

void TestAtomicFile::leavesOldFileOnFailure()
{
    const TemporaryFolder folder;
    const auto path = folder.write("file", "old");
    const auto written = writeAtomically(path, [](std::ostream &stream) -> Result<void> {
        stream << "half";
        return failure(ErrorCode::Cancelled, "stopped", "here");
    });
    QVERIFY(!written);
    QCOMPARE(written.error().code, ErrorCode::Cancelled);
    QCOMPARE(readAll(path), std::string("old"));
    QCOMPARE(filesIn(folder.path()), 1u);
}

void TestAtomicFile::leavesOldFileOnException()
{
    const TemporaryFolder folder;
    const auto path = folder.write("file", "old");
    QVERIFY_EXCEPTION_THROWN(
        (void)writeAtomically(path, [](std::ostream &) -> Result<void> { throw std::runtime_error("fault"); }),
        std::runtime_error);
    QCOMPARE(readAll(path), std::string("old"));
    QCOMPARE(filesIn(folder.path()), 1u);
}

void TestAtomicFile::reportsFullDisk()
{
    const TemporaryFolder folder;
    const auto path = folder.write("file", "old");
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const rlimit small{4096, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    const auto written = writeAtomically(path, [](std::ostream &stream) -> Result<void> {
        stream << std::string(100'000, 'x');
        return {};
    });
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    QVERIFY(!written);
    QCOMPARE(written.error().code, ErrorCode::WriteFailed);
    QVERIFY2(contains(written.error().message, "cannot write: File too large"), written.error().message.c_str());
    QVERIFY(contains(written.error().where, "file"));
    QCOMPARE(readAll(path), std::string("old"));
    QCOMPARE(filesIn(folder.path()), 1u);
}

void TestAtomicFile::survivesKill()
{
    const TemporaryFolder folder;
    const auto path = folder.write("file", "old");
    const pid_t child = ::fork();
    QVERIFY(child >= 0);
    if (child == 0) {
        (void)writeAtomically(path, [](std::ostream &stream) -> Result<void> {
            stream << "half" << std::flush;
            ::kill(::getpid(), SIGKILL);
            return {};
        });
        ::_exit(1);
    }
    int status = 0;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QVERIFY(WIFSIGNALED(status));
    QCOMPARE(readAll(path), std::string("old"));
}

void TestAtomicFile::givesPath()
{
    const TemporaryFolder folder;
    const auto path = folder.path() / "file";
    VERIFY_RESULT(writeAtomically(path, [&](const fs::path &temporary) -> Result<void> {
        if (!fs::is_empty(temporary) || temporary.parent_path() != fs::canonical(folder.path()) || fs::exists(path))
            return failure(ErrorCode::Internal, "unexpected temporary", temporary.string());
        std::ofstream(temporary) << "by path";
        return {};
    }));
    QCOMPARE(readAll(path), std::string("by path"));
    QCOMPARE(filesIn(folder.path()), 1u);
}

void TestAtomicFile::tellsWhatIsWrong()
{
    const TemporaryFolder folder;
    const auto noFolder = writeAtomically(folder.path() / "absent" / "file", writeNew);
    QVERIFY(!noFolder);
    QCOMPARE(noFolder.error().code, ErrorCode::WriteFailed);
    QVERIFY(contains(noFolder.error().where, "absent/file"));

    fs::create_directory(folder.path() / "directory");
    const auto directory = writeAtomically(folder.path() / "directory", writeNew);
    QVERIFY(!directory);
    QCOMPARE(directory.error().code, ErrorCode::WriteFailed);
    QCOMPARE(filesIn(folder.path()), 1u);
}

QTEST_APPLESS_MAIN(TestAtomicFile)
#include "tst_atomic_file.moc"

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/io/session_file.h"

#include <bit>
#include <cmath>
#include <limits>

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "tests/support/sample_search.h"
#include "tests/support/support.h"

using namespace ecdysis;

namespace {

Scan exampleScan()
{
    Scan scan;
    scan.calibration = {"/texts/ünïcödé.txt", {512, 256, 16, true}, 404608, 3, "c0ffee"};
    scan.provenance = {"5eed",
                       DType::BF16,
                       "cpu",
                       2,
                       0xffff'ffff'ffff'fffeU,
                       {{"libtorch", "1.13.1"}, {"openblas", "0.3"}},
                       "2026-11-22T10:00:00Z"};
    scan.calibration.protocol.draw = 7;
    scan.calibration.protocol.sample = {.rows = 256, .seed = 0xffff'ffff'ffff'fffeU};
    scan.calibration.protocol.column = "sentence";
    scan.denseLosses = {4.5, 0.1 + 0.2, 1e-300};
    scan.cells = {{"block:0", "block", 0, "removal", 1, {4.625, std::nextafter(1.0, 2.0), -0.0}},
                  {"ssm:0", "ssm", 0, "removal", 0.5, {}},
                  {"block:11", "block", 11, "removal", 1, {std::numeric_limits<double>::infinity(), 1, 2}}};
    scan.seconds = 12.25;
    return scan;
}

Session exampleSession()
{
    Scan unfinished = exampleScan();
    unfinished.denseLosses.clear();
    for (Cell &cell : unfinished.cells)
        cell.losses.clear();
    return {"/models/mamba-6m",
            "Mamba · 12 layers",
            {exampleScan(), unfinished, Scan{}},
            {sample::search()},
            "first line\nsecond: ∆ loss\n"};
}

QByteArray contentsOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

bool store(const QString &path, const QByteArray &bytes)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size();
}

} // namespace

class TestSessionFile : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void keepsEverything();
    void keepsEmptySession();
    void keepsNotANumberApartFromNotMeasured();
    void writesTheSameBytes();
    void isAnHdf5FileBehindItsHeader();
    void replacesTheOldFileOnly();
    void refusesUnevenLosses();
    void namesWhatIsMissing();
    void refusesForeignFiles_data();
    void refusesForeignFiles();
    void refusesNewerVersions();
    void refusesEveryTruncation();
    void refusesEveryFlippedBit();
    void readsWhatTheFirstVersionWrote();

private:
    std::filesystem::path file() const { return m_path.toStdString(); }

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_path;
};

void TestSessionFile::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_path = m_folder->filePath("a.ecdysis");
}

void TestSessionFile::keepsEverything()
{
    const Session session = exampleSession();
    VERIFY_RESULT(io::writeSession(file(), session));
    const auto read = io::readSession(file());
    VERIFY_RESULT(read);
    QVERIFY(*read == session);
    const double zero = read->scans[0].cells[0].losses[2];
    QVERIFY(std::signbit(zero));
}

void TestSessionFile::keepsEmptySession()
{
    VERIFY_RESULT(io::writeSession(file(), Session{}));
    const auto read = io::readSession(file());
    VERIFY_RESULT(read);
    QVERIFY(*read == Session{});
}

void TestSessionFile::keepsNotANumberApartFromNotMeasured()
{
    const double nan = std::numeric_limits<double>::quiet_NaN();
    Session session = exampleSession();
    session.scans[0].cells[0].losses = {nan, nan, nan};
    VERIFY_RESULT(io::writeSession(file(), session));
    const auto read = io::readSession(file());
    VERIFY_RESULT(read);
    QCOMPARE(read->scans[0].cells[0].losses.size(), std::size_t{3});
    QVERIFY(std::isnan(read->scans[0].cells[0].losses[1]));
    QVERIFY(read->scans[0].cells[1].losses.empty());
}

void TestSessionFile::writesTheSameBytes()
{
    VERIFY_RESULT(io::writeSession(file(), exampleSession()));
    const QByteArray first = contentsOf(m_path);
    QTest::qWait(1100); // a stored time would differ by then
    VERIFY_RESULT(io::writeSession(file(), exampleSession()));
    QCOMPARE(contentsOf(m_path), first);
}

void TestSessionFile::isAnHdf5FileBehindItsHeader()
{
    VERIFY_RESULT(io::writeSession(file(), exampleSession()));
    const QByteArray bytes = contentsOf(m_path);
    QVERIFY(bytes.startsWith("Ecdysis session, version 2\nbytes "));
    QCOMPARE(bytes.mid(512, 8), QByteArray("\x89HDF\r\n\x1a\n", 8));
}

void TestSessionFile::replacesTheOldFileOnly()
{
    VERIFY_RESULT(io::writeSession(file(), Session{}));
    VERIFY_RESULT(io::writeSession(file(), exampleSession()));
    QCOMPARE(QDir(m_folder->path()).entryList(QDir::Files | QDir::Hidden), QStringList("a.ecdysis"));

    const auto failed = io::writeSession(m_folder->filePath("missing/a.ecdysis").toStdString(), Session{});
    QVERIFY(!failed);
    QCOMPARE(failed.error().code, ErrorCode::WriteFailed);
    QVERIFY(failed.error().where.find("missing") != std::string::npos);
}

void TestSessionFile::refusesUnevenLosses()
{
    Session session = exampleSession();
    session.scans[0].cells[2].losses = {1, 2};
    const auto written = io::writeSession(file(), session);
    QVERIFY(!written);
    QCOMPARE(written.error().code, ErrorCode::InvalidArgument);
    QVERIFY(written.error().message.find("block:11") != std::string::npos);
    QVERIFY(!QFile::exists(m_path));
}

void TestSessionFile::namesWhatIsMissing()
{
    const auto read = io::readSession(file());
    QVERIFY(!read);
    QCOMPARE(read.error().code, ErrorCode::NotFound);
    QVERIFY(read.error().where.find("a.ecdysis") != std::string::npos);
}

void TestSessionFile::refusesForeignFiles_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("word");
    QTest::newRow("empty") << QByteArray() << QByteArray("empty");
    QTest::newRow("text") << QByteArray("{\"removals\": []}") << QByteArray("other bytes");
    QTest::newRow("long text") << QByteArray(5000, 'x') << QByteArray("other bytes");
    QTest::newRow("other HDF5") << QByteArray("\x89HDF\r\n\x1a\n", 8).append(QByteArray(600, '\0'))
                                << QByteArray("another kind of HDF5 file");
    QTest::newRow("header only") << QByteArray("Ecdysis session, version 1\n") << QByteArray("damaged");
    QTest::newRow("no version") << QByteArray("Ecdysis session, version x\n") << QByteArray("other bytes");
    QTest::newRow("version 0") << QByteArray("Ecdysis session, version 0\n") << QByteArray("other bytes");
    QTest::newRow("no line end") << QByteArray("Ecdysis session, version 1") << QByteArray("other bytes");
}

void TestSessionFile::refusesForeignFiles()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, word);
    QVERIFY(store(m_path, bytes));
    const auto read = io::readSession(file());
    QVERIFY(!read);
    QCOMPARE(read.error().code, ErrorCode::BadFormat);
    QVERIFY2(read.error().message.find(word.toStdString()) != std::string::npos, read.error().message.c_str());
    QVERIFY(read.error().where.find("a.ecdysis") != std::string::npos);
}

void TestSessionFile::refusesNewerVersions()
{
    VERIFY_RESULT(io::writeSession(file(), exampleSession()));
    QByteArray bytes = contentsOf(m_path);
    bytes.replace("version 2\n", "version 7\n");
    QVERIFY(store(m_path, bytes));
    const auto read = io::readSession(file());
    QVERIFY(!read);
    QCOMPARE(read.error().code, ErrorCode::Unsupported);
    QVERIFY(read.error().message.find("version 7") != std::string::npos);
}

void TestSessionFile::refusesEveryTruncation()
{
    VERIFY_RESULT(io::writeSession(file(), exampleSession()));
    const QByteArray bytes = contentsOf(m_path);
    for (qsizetype size = 0; size < bytes.size(); size += 64) {
        QVERIFY(store(m_path, bytes.left(size)));
        const auto read = io::readSession(file());
        QVERIFY2(!read, qPrintable(QString("cut at byte %1").arg(size)));
        QCOMPARE(read.error().code, ErrorCode::BadFormat);
    }
    QVERIFY(store(m_path, bytes + '\0'));
    QVERIFY(!io::readSession(file()));
}

void TestSessionFile::refusesEveryFlippedBit()
{
    VERIFY_RESULT(io::writeSession(file(), exampleSession()));
    const QByteArray bytes = contentsOf(m_path);
    for (qsizetype i = 0; i < bytes.size(); i += 29) {
        QByteArray damaged = bytes;
        damaged[i] = static_cast<char>(damaged[i] ^ (1 << i % 8));
        QVERIFY(store(m_path, damaged));
        const auto read = io::readSession(file());
        QVERIFY2(!read, qPrintable(QString("bit flipped in byte %1").arg(i)));
        QVERIFY(read.error().code == ErrorCode::BadFormat || read.error().code == ErrorCode::Unsupported);
    }
}

void TestSessionFile::readsWhatTheFirstVersionWrote()
{
    const auto read = io::readSession(testData("sessions/version1.ecdysis"));
    VERIFY_RESULT(read);
    Session expected = exampleSession();
    expected.searches.clear();
    for (Scan &scan : expected.scans) { // whole texts were all that could be measured, from their beginning
        scan.calibration.protocol.draw.reset();
        scan.calibration.protocol.sample.reset();
        scan.calibration.protocol.column.clear();
    }
    QVERIFY(*read == expected);
}

QTEST_GUILESS_MAIN(TestSessionFile)
#include "tst_session_file.moc"

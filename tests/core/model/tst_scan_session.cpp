// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/engine.h"

#include <algorithm>
#include <fstream>

#include "core/values/cell.h"
#include "tests/core/model/scan_fixture.h"

using namespace ecdysis;

namespace {

std::vector<int> measured(const Scan &scan)
{
    std::vector<int> indices;
    for (std::size_t i = 0; i < scan.cells.size(); ++i)
        if (!scan.cells[i].losses.empty())
            indices.push_back(static_cast<int>(i));
    return indices;
}

} // namespace

/// How a scan grows in its session file and is continued from it.
class TestScanSession : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_fixture = std::make_unique<ScanFixture>(); }
    void cellIsInTheFileBeforeItIsHeardOf();
    void continuesAnInterruptedScan();
    void finishedScanCostsNothing();
    void widensAScan();
    void otherProtocolIsAnotherScan();
    void refusesASessionOfAnotherModel();
    void keepsADamagedSession();
    void keepsWhatAnotherProgramWrites();

private:
    std::unique_ptr<ScanFixture> m_fixture;
};

void TestScanSession::cellIsInTheFileBeforeItIsHeardOf()
{
    const Model model = m_fixture->load("mamba");
    const ScanRequest asked = m_fixture->request();
    int calls = 0;
    const auto listener = [&](const Scan &grown, int) {
        const auto stored = readSession(asked.session);
        VERIFY_RESULT(stored);
        QVERIFY(stored->scans.size() == 1);
        QVERIFY(stored->scans[0] == grown);
        ++calls;
    };
    const auto result = scan(model, asked, listener, {});
    VERIFY_RESULT(result);
    QCOMPARE(calls, 10);
    const auto stored = readSession(asked.session);
    VERIFY_RESULT(stored);
    QCOMPARE(stored->modelFolder, model.card().folder.string());
    QCOMPARE(stored->modelTitle, model.card().title);
    QVERIFY(stored->scans[0] == *result);
}

void TestScanSession::continuesAnInterruptedScan()
{
    const Model model = m_fixture->load("mamba");
    ScanRequest asked = m_fixture->request();
    asked.session.clear();
    const auto whole = scan(model, asked, {}, {});
    VERIFY_RESULT(whole);

    asked.session = m_fixture->path("s.ecdysis");
    double seconds = 0;
    std::vector<int> before;
    for (int sitting = 0; sitting < 4; ++sitting) {
        std::stop_source stop;
        Heard heard;
        const auto listener = [&](const Scan &grown, int cell) {
            heard.cells.push_back(cell);
            QVERIFY(grown.seconds >= seconds);
            seconds = grown.seconds;
            if (cell >= 0)
                stop.request_stop();
        };
        const auto result = scan(model, asked, listener, {.stop = stop.get_token()});
        if (!result)
            QCOMPARE(result.error().code, ErrorCode::Cancelled);
        for (int cell : heard.cells)
            QVERIFY(std::ranges::count(before, cell) == 0 || cell == -1);
        const auto stored = readSession(asked.session);
        VERIFY_RESULT(stored);
        before = measured(stored->scans.at(0));
        QCOMPARE(before.size(), static_cast<std::size_t>(2 * sitting + 2));
    }
    const auto stored = readSession(asked.session);
    VERIFY_RESULT(stored);
    QVERIFY(stored->scans[0].cells == whole->cells);
    QVERIFY(stored->scans[0].denseLosses == whole->denseLosses);
    QVERIFY(seconds > 0);
}

void TestScanSession::finishedScanCostsNothing()
{
    const Model model = m_fixture->load("mamba");
    const auto first = scan(model, m_fixture->request(), {}, {});
    VERIFY_RESULT(first);
    Heard heard;
    const auto again = scan(model, m_fixture->request(), heard.listener(), {});
    VERIFY_RESULT(again);
    QVERIFY(*again == *first);
    QCOMPARE(heard.cells, std::vector<int>{-1});
}

void TestScanSession::widensAScan()
{
    const Model model = m_fixture->load("mamba");
    ScanRequest asked = m_fixture->request();
    asked.kinds = {"ssm"};
    VERIFY_RESULT(scan(model, asked, {}, {}));
    asked.kinds = {"block"};
    Heard heard;
    const auto both = scan(model, asked, heard.listener(), {});
    VERIFY_RESULT(both);
    QCOMPARE(heard.cells, (std::vector<int>{-1, 6, 4, 2, 0})); // the dense losses are known
    QCOMPARE(measured(*both).size(), std::size_t{8});
    asked = m_fixture->request();
    asked.session.clear();
    const auto whole = scan(model, asked, {}, {});
    VERIFY_RESULT(whole);
    QVERIFY(whole->cells == both->cells);
}

void TestScanSession::otherProtocolIsAnotherScan()
{
    const Model model = m_fixture->load("mamba");
    ScanRequest asked = m_fixture->request();
    asked.kinds = {"block"};
    VERIFY_RESULT(scan(model, asked, {}, {}));
    asked.protocol.maxWindows = 3;
    VERIFY_RESULT(scan(model, asked, {}, {}));
    const auto stored = readSession(asked.session);
    VERIFY_RESULT(stored);
    QCOMPARE(stored->scans.size(), std::size_t{2});
    QCOMPARE(stored->scans[0].denseLosses.size(), std::size_t{48});
    QCOMPARE(stored->scans[1].denseLosses.size(), std::size_t{3});
}

void TestScanSession::refusesASessionOfAnotherModel()
{
    SKIP_WITHOUT(testData("mamba_original") / "pytorch_model.bin");
    const Model first = m_fixture->load("mamba");
    VERIFY_RESULT(scan(first, m_fixture->request(), {}, {}));
    const Model second = m_fixture->load("mamba_original");
    const auto refused = scan(second, m_fixture->request(), {}, {});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::Mismatch);
    QVERIFY(refused.error().where.find("s.ecdysis") != std::string::npos);
}

void TestScanSession::keepsADamagedSession()
{
    const Model model = m_fixture->load("mamba");
    const std::string notASession = "my diary";
    writeTextFile(m_fixture->path("s.ecdysis"), notASession);
    const auto refused = scan(model, m_fixture->request(), {}, {});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::BadFormat);
    std::ifstream stream(m_fixture->path("s.ecdysis"));
    QCOMPARE(std::string(std::istreambuf_iterator<char>(stream), {}), notASession);
}

/// Another program adds notes, a scan of its own and one cell of ours while ours is at work.
void TestScanSession::keepsWhatAnotherProgramWrites()
{
    const Model model = m_fixture->load("mamba");
    const ScanRequest asked = m_fixture->request();
    bool written = false;
    Cell theirs;
    const auto listener = [&](const Scan &grown, int cell) {
        if (cell < 0 || written)
            return;
        auto stored = readSession(asked.session);
        VERIFY_RESULT(stored);
        stored->notes = "theirs";
        stored->scans.push_back(stored->scans[0]);
        stored->scans[1].calibration.fingerprint = "of another text";
        Cell &missing = stored->scans[0].cells[0];
        QVERIFY(missing.losses.empty()); // the last layers come first
        missing.losses.assign(grown.denseLosses.size(), 1.5);
        theirs = missing;
        VERIFY_RESULT(writeSession(asked.session, *stored));
        written = true;
    };
    std::stop_source stop;
    int cells = 0;
    const auto stopping = [&](const Scan &grown, int cell) {
        listener(grown, cell);
        cells += cell >= 0 ? 1 : 0;
        if (cells == 3)
            stop.request_stop();
    };
    (void)scan(model, asked, stopping, {.stop = stop.get_token()});
    const auto stored = readSession(asked.session);
    VERIFY_RESULT(stored);
    QCOMPARE(stored->notes, std::string("theirs"));
    QCOMPARE(stored->scans.size(), std::size_t{2});
    QVERIFY(stored->scans[0].cells[0] == theirs);
    QVERIFY(measured(stored->scans[0]).size() >= 4);
}

QTEST_GUILESS_MAIN(TestScanSession)
#include "tst_scan_session.moc"

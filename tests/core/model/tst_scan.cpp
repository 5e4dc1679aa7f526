// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/engine.h"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>

#include <nlohmann/json.hpp>

#include "core/values/cell.h"
#include "tests/core/model/scan_fixture.h"

using namespace ecdysis;

/// What a scan measures, in which order, and what it says of it.
class TestScan : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_fixture = std::make_unique<ScanFixture>(); }
    void cellsEqualSeparateEvaluations_data();
    void cellsEqualSeparateEvaluations();
    void lastLayersComeFirst();
    void progressAddsUp_data();
    void progressAddsUp();
    void namesWhatCannotBeScanned();
    void countsWork();
    void stopsWithin200Milliseconds();
    void agreesWithReferenceFigures();

private:
    std::unique_ptr<ScanFixture> m_fixture;
};

void TestScan::cellsEqualSeparateEvaluations_data()
{
    QTest::addColumn<QString>("fixture");
    QTest::addColumn<qint64>("prefixBytes");
    QTest::addColumn<int>("stride");
    QTest::addColumn<QStringList>("kinds");
    const QStringList usual = {"block", "ssm"};
    const qint64 stream = 48 * 64 * 64 * 4; // of the fixtures: 64 channels
    QTest::newRow("all prefixes") << "mamba" << 3 * stream << 0 << usual;
    QTest::newRow("every second prefix") << "mamba" << stream << 0 << usual;
    QTest::newRow("no prefix") << "mamba" << qint64{0} << 0 << usual;
    QTest::newRow("strided windows") << "mamba" << 3 * stream << 16 << usual;
    QTest::newRow("mamba2") << "mamba2" << 3 * stream << 0 << usual;
    QTest::newRow("heads") << "falcon_h1" << 3 * stream << 0 << QStringList{"mixer", "attention", "heads"};
    QTest::newRow("shared weights") << "zamba2" << 3 * stream << 0
                                    << QStringList{"transformer", "mamba", "attention_heads"};
    QTest::newRow("shared keys") << "hymba" << stream << 0 << QStringList{"block", "attention", "attention_heads"};
}

void TestScan::cellsEqualSeparateEvaluations()
{
    QFETCH(QString, fixture);
    QFETCH(qint64, prefixBytes);
    QFETCH(int, stride);
    SKIP_WITHOUT(testData(fixture.toStdString()) / "model.safetensors");
    const Model model = m_fixture->load(fixture.toStdString());
    ScanRequest asked = m_fixture->request();
    QFETCH(QStringList, kinds);
    asked.kinds.clear();
    for (const QString &kind : kinds)
        asked.kinds.push_back(kind.toStdString());
    asked.prefixBytes = prefixBytes;
    asked.protocol.stride = stride;
    const auto result = scan(model, asked, {}, {});
    VERIFY_RESULT(result);
    const auto wanted = std::ranges::count_if(model.card().units, [&](const Unit &unit) {
        return kinds.contains(QString::fromStdString(unit.kind)) && unit.needs.empty();
    });
    QCOMPARE(static_cast<std::ptrdiff_t>(result->cells.size()), wanted);
    QCOMPARE(result->denseLosses.size(), static_cast<std::size_t>(result->calibration.windows));

    const auto dense = evaluate(model, asked.text, asked.protocol, {}, {});
    VERIFY_RESULT(dense);
    QVERIFY(dense->losses == result->denseLosses);
    QVERIFY(dense->calibration == result->calibration);
    for (const Cell &cell : result->cells) {
        const auto alone = evaluate(model, asked.text, asked.protocol, Plan{{{cell.unit, ""}}}, {});
        VERIFY_RESULT(alone);
        QVERIFY2(alone->losses == cell.losses, cell.unit.c_str());
        QVERIFY2(cell.losses != result->denseLosses, cell.unit.c_str());
    }
}

void TestScan::lastLayersComeFirst()
{
    const Model model = m_fixture->load("mamba");
    Heard heard;
    const auto result = scan(model, m_fixture->request(), heard.listener(), {});
    VERIFY_RESULT(result);
    // Cells in reading order: block and ssm of layer 0, of layer 1, …; known, dense, then from the last layer down.
    const std::vector<int> expected{-1, -1, 6, 7, 4, 5, 2, 3, 0, 1};
    QCOMPARE(heard.cells, expected);
    QCOMPARE(QString::fromStdString(result->cells[7].unit), QString("ssm:3"));
}

void TestScan::progressAddsUp_data()
{
    QTest::addColumn<qint64>("prefixBytes");
    QTest::addColumn<int>("known");
    QTest::newRow("all prefixes") << (qint64{1} << 30) << 0;
    QTest::newRow("no prefix") << qint64{0} << 0;
    QTest::newRow("continued") << (qint64{1} << 30) << 3;
    QTest::newRow("continued, no prefix") << qint64{0} << 3;
}

void TestScan::progressAddsUp()
{
    QFETCH(qint64, prefixBytes);
    QFETCH(int, known);
    const Model model = m_fixture->load("mamba");
    ScanRequest asked = m_fixture->request();
    asked.prefixBytes = prefixBytes;
    if (known > 0) {
        std::stop_source stop;
        int count = 0;
        const auto listener = [&](const Scan &, int cell) {
            if (cell >= 0 && ++count == known)
                stop.request_stop();
        };
        QVERIFY(!scan(model, asked, listener, {.stop = stop.get_token()}));
    }
    std::vector<Progress> reports;
    Run run;
    run.progress = [&](const Progress &progress) {
        if (progress.stage == "scan")
            reports.push_back(progress);
    };
    VERIFY_RESULT(scan(model, asked, {}, run));
    QVERIFY(reports.size() > 10);
    for (std::size_t i = 1; i < reports.size(); ++i) {
        QVERIFY(reports[i].done >= reports[i - 1].done);
        QVERIFY(reports[i].step >= reports[i - 1].step);
        QCOMPARE(reports[i].total, reports[0].total);
    }
    const Progress &last = reports.back();
    QVERIFY(std::abs(last.done / last.total - 1) < 1e-9);
    QCOMPARE(last.step, last.steps);
    QVERIFY(last.steps == (known == 0 ? 8 : 4)); // both cells of a layer are finished together
}

void TestScan::namesWhatCannotBeScanned()
{
    const Model model = m_fixture->load("mamba");
    ScanRequest asked = m_fixture->request();
    asked.kinds = {"block", "attention"};
    auto refused = scan(model, asked, {}, {});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::InvalidArgument);
    QVERIFY(refused.error().message.find("attention") != std::string::npos);
    QVERIFY(refused.error().message.find("ssm") != std::string::npos);

    asked = m_fixture->request();
    asked.text = m_fixture->path("missing.txt");
    refused = scan(model, asked, {}, {});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::NotFound);
    QVERIFY(!std::filesystem::exists(asked.session));

    asked = m_fixture->request();
    asked.session = m_fixture->path("missing") / "s.ecdysis";
    Heard heard;
    refused = scan(model, asked, heard.listener(), {});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::WriteFailed);
    QVERIFY(heard.cells.empty()); // known before any work
}

void TestScan::countsWork()
{
    const Model model = m_fixture->load("mamba");
    const ModelCard &card = model.card();
    QCOMPARE(evaluationsEquivalent(card, {}), 1.0);
    // Without the first block everything else remains.
    const double block = card.units.at(0).flopsPerToken;
    const Cell first{.unit = "block:0", .kind = "block", .layer = 0};
    QVERIFY(std::abs(evaluationsEquivalent(card, {first}) - (2 - block / card.flopsPerToken)) < 1e-12);
    Cell known = first;
    known.losses = {1};
    QCOMPARE(evaluationsEquivalent(card, {known}), 1.0);
}

void TestScan::stopsWithin200Milliseconds()
{
    const auto folder = sharedData("models/mamba-6m"), text = sharedData("data/wikitext/wiki.valid.raw");
    SKIP_WITHOUT(folder);
    const auto model = load(folder, {.threads = 2}, {});
    VERIFY_RESULT(model);
    std::stop_source stop;
    std::atomic<Run::Clock::time_point> stopped{};
    std::thread killer;
    const auto listener = [&](const Scan &, int cell) {
        if (cell < 0 || killer.joinable())
            return;
        killer = std::thread([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(137));
            stopped = Run::Clock::now();
            stop.request_stop();
        });
    };
    const ScanRequest asked{.text = text, .protocol = {.window = 512, .maxWindows = 16}};
    const auto result = scan(*model, asked, listener, {.stop = stop.get_token()});
    const auto returned = Run::Clock::now();
    killer.join();
    QVERIFY(!result);
    QCOMPARE(result.error().code, ErrorCode::Cancelled);
    const auto delay = std::chrono::duration_cast<std::chrono::milliseconds>(returned - stopped.load()).count();
    QVERIFY2(delay < 200, qPrintable(QString("%1 ms").arg(delay)));
}

void TestScan::agreesWithReferenceFigures()
{
    const auto folder = sharedData("models/mamba-6m"), text = sharedData("data/wikitext/wiki.valid.raw");
    SKIP_WITHOUT(folder);
    const auto model = load(folder, {.threads = 2}, {});
    VERIFY_RESULT(model);
    const ScanRequest asked{.text = text, .protocol = {.window = 512, .maxWindows = 16}};
    const auto result = scan(*model, asked, {}, {});
    VERIFY_RESULT(result);
    std::ifstream stream(folder / "reference.json");
    const auto reference = nlohmann::json::parse(stream);
    const auto close = [](double value, const nlohmann::json &expected) {
        return std::abs(value - expected.get<double>()) < 2e-5;
    };
    QVERIFY(close(mean(result->denseLosses).value, reference["calibration_dense_nll"]));
    for (const Cell &cell : result->cells) {
        const auto &list = reference[cell.kind == "block" ? "block_removed_nll" : "ssm_bypassed_nll"];
        const double found = mean(cell.losses).value, expected = list[static_cast<std::size_t>(cell.layer)];
        QVERIFY2(close(found, expected), qPrintable(QString("%1: %2 expected, %3 found")
                                                        .arg(cell.unit.c_str())
                                                        .arg(expected, 0, 'g', 9)
                                                        .arg(found, 0, 'g', 9)));
    }
}

QTEST_GUILESS_MAIN(TestScan)
#include "tst_scan.moc"

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>

#include <QTest>

#include "core/values/cell.h"
#include "core/values/dtype.h"
#include "core/values/run.h"
#include "core/values/unit.h"

using namespace ecdysis;

class TestValues : public QObject
{
    Q_OBJECT

private slots:
    void meansCarryTheirError();
    void pairedDifferencesCancelWhatIsCommon();
    void typesHaveNamesAndSizes();
    void unitsHaveIds();
    void meterEstimatesWhatIsLeft();
    void meterIsSilentWithoutListener();
};

void TestValues::meansCarryTheirError()
{
    const Estimate estimate = mean({1, 2, 3, 4});
    QCOMPARE(estimate.value, 2.5);
    // Sample variance 5/3, over four windows.
    QCOMPARE(estimate.standardError, std::sqrt(5.0 / 3.0 / 4.0));
    QVERIFY(std::isnan(mean({7}).standardError));
    QVERIFY(std::isnan(mean({}).value));
}

void TestValues::pairedDifferencesCancelWhatIsCommon()
{
    const Estimate shift = pairedDifference({101, 5, 33}, {100, 4, 32});
    QCOMPARE(shift.value, 1.0);
    QCOMPARE(shift.standardError, 0.0);
}

void TestValues::typesHaveNamesAndSizes()
{
    for (int i = 0; i <= static_cast<int>(DType::F64); ++i) {
        const auto type = static_cast<DType>(i);
        QCOMPARE(dtypeFromName(name(type)), type);
    }
    QCOMPARE(byteSize(DType::BF16), std::size_t{2});
    QCOMPARE(byteSize(DType::F64), std::size_t{8});
    QVERIFY(!dtypeFromName("F8_E5M2"));
    QVERIFY(isFloating(DType::F16) && !isFloating(DType::I64));
}

void TestValues::unitsHaveIds()
{
    QCOMPARE(unitId("ssm", 11), std::string("ssm:11"));
}

void TestValues::meterEstimatesWhatIsLeft()
{
    Run::Clock::time_point now{};
    std::vector<Progress> reports;
    Run run;
    run.now = [&] { return now; };
    run.progress = [&](const Progress &progress) { reports.push_back(progress); };
    ProgressMeter meter(run, "scan", 100, 2);
    now += std::chrono::seconds(10);
    meter.advance(20);
    now += std::chrono::seconds(10);
    meter.finishStep();
    meter.advance(60);
    QCOMPARE(reports.size(), std::size_t{3});
    QVERIFY(!reports[0].remaining);
    QCOMPARE(reports[0].step, 0);
    QCOMPARE(reports[1].remaining->count(), 40.0);
    QCOMPARE(reports[2].remaining->count(), 5.0);
    QCOMPARE(reports[2].step, 1);
    QCOMPARE(reports[2].steps, 2);
    QCOMPARE(reports[2].elapsed.count(), 20.0);
    QCOMPARE(QString::fromStdString(reports[2].stage), QString("scan"));
}

void TestValues::meterIsSilentWithoutListener()
{
    const Run run;
    ProgressMeter meter(run, "scan", 1);
    meter.advance(1); // no listener to call
    QVERIFY(!run.stopRequested());
}

QTEST_GUILESS_MAIN(TestValues)
#include "tst_values.moc"

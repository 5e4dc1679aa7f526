// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/values/session_json.h"

#include <cmath>

#include <QTest>

#include "tests/support/sample_search.h"
#include "tests/support/support.h"

using namespace ecdysis;

namespace {

/// Through text and back.
template <typename T> T through(const T &value)
{
    return nlohmann::json::parse(nlohmann::json(value).dump()).get<T>();
}

Scan exampleScan()
{
    return {{"/texts/a.txt", {512, 64, 16, true}, 1000, 2, "abc"},
            {"5eed", DType::BF16, "cpu", 2, 0xffff'ffff'ffff'ffffU, {{"b", "2"}, {"a", "1"}}, "2026-11-22T10:00:00Z"},
            {4.5, 0.1 + 0.2},
            {{"block:0", "block", 0, "removal", 1, {4.625, 1e-300}}, {"ssm:0", "ssm", 0, "removal", 0.5, {}}},
            1.5};
}

} // namespace

class TestJson : public QObject
{
    Q_OBJECT

private slots:
    void cardsSurvive();
    void sessionsSurvive();
    void evaluationsSurvive();
    void reportsSurvive();
    void plansAreWhatPeopleWrite();
    void notANumberIsNull();
    void unknownTypesAreRefused();
};

void TestJson::cardsSurvive()
{
    const TensorInfo tensor{"a.weight", DType::F16, {3, 4}, "model.safetensors"};
    const Component component{"layers.0.a", 0, 12, 24, {tensor}};
    const Unit unit{.id = "block:0",
                    .kind = "block",
                    .layer = 0,
                    .parameters = 12,
                    .bytes = 24,
                    .flopsPerToken = 24.5,
                    .tensors = {"a.weight"},
                    .needs = {"attention:1"},
                    .loaders = {"transformers"},
                    .loadersIfUniform = {"mamba_ssm"},
                    .maskIsCut = false};
    const Unit heads{.id = "heads:0:2-3", .kind = "heads", .layer = 0, .from = 2, .to = 3};
    const ModelCard card{.folder = "/models/m",
                         .architecture = "mamba",
                         .title = "Mamba",
                         .layout = "hf",
                         .dtype = DType::F16,
                         .layers = 1,
                         .layerTypes = {"mamba"},
                         .dimensions = {{"width", 3}, {"height", 4}},
                         .parameters = 12,
                         .bytes = 24,
                         .flopsPerToken = 99.5,
                         .components = {component},
                         .units = {unit, heads},
                         .widths = {{"heads", 0, 8, 1}},
                         .conventions = {{"dt_floor", "none", {"time_step_min", "none"}, "which"}},
                         .tied = {"lm_head.weight"},
                         .hasTokenizer = true,
                         .warnings = {"odd: ünïcödé"}};
    QVERIFY(through(card) == card);
    // Keys that the command line promises.
    const nlohmann::json object = card;
    for (const char *key :
         {"architecture", "layout", "dtype", "layers", "parameters", "bytes", "components", "units", "warnings"})
        QVERIFY2(object.contains(key), key);
    QVERIFY(object["units"][0]["id"] == "block:0");
    QVERIFY(object["dimensions"][0][0] == "width"); // the order is kept
}

void TestJson::sessionsSurvive()
{
    const Session session{"/models/m", "Mamba", {exampleScan(), Scan{}}, {sample::search()}, "notes\n\"quoted\""};
    QVERIFY(through(session) == session);
}

void TestJson::evaluationsSurvive()
{
    const Scan scan = exampleScan();
    const Evaluation evaluation{scan.calibration,
                                scan.provenance,
                                "0f1e",
                                scan.denseLosses,
                                mean(scan.denseLosses),
                                std::exp(2.4),
                                1024,
                                3.5,
                                292.57};
    QVERIFY(through(evaluation) == evaluation);
    QVERIFY(nlohmann::json(evaluation)["windows"] == 2);
}

void TestJson::reportsSurvive()
{
    const BenchReport report{{1.5, 1.25, 2, 341.3}, {3, 2, 4, 0}, 123456789, "a processor"};
    QVERIFY(through(report) == report);
    QVERIFY(nlohmann::json(report)["prefill"]["milliseconds"]["median"] == 1.5);
}

void TestJson::plansAreWhatPeopleWrite()
{
    const auto plan =
        nlohmann::json::parse(R"({"removals": ["block:5", {"unit": "ssm:1", "reason": "weak"}]})").get<Plan>();
    QVERIFY((plan == Plan{{{"block:5", ""}, {"ssm:1", "weak"}}}));
    QVERIFY(through(plan) == plan);
    QVERIFY(nlohmann::json(plan)["removals"][0] == "block:5");
    QVERIFY(through(Plan{}) == Plan{});
    const Plan ordered{{{"heads:0:2-3", ""}}, {{"heads", 0, "magnitude", {3, 0, 2, 1}}}};
    QVERIFY(through(ordered) == ordered);
}

void TestJson::notANumberIsNull()
{
    const Estimate alone = mean({2.0}); // one window: no error
    const nlohmann::json object = alone;
    QVERIFY(object["standard_error"].is_null());
    const auto read = object.get<Estimate>();
    QCOMPARE(read.value, 2.0);
    QVERIFY(std::isnan(read.standardError));
}

void TestJson::unknownTypesAreRefused()
{
    QVERIFY_EXCEPTION_THROWN(nlohmann::json("F8_E4M3").get<DType>(), std::invalid_argument);
    QVERIFY_EXCEPTION_THROWN(nlohmann::json::parse(R"({"unit": "a"})").get<Cell>(), nlohmann::json::exception);
}

QTEST_GUILESS_MAIN(TestJson)
#include "tst_json.moc"

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>
#include <fstream>

#include <nlohmann/json.hpp>

#include "core/engine.h"
#include "tests/support/support.h"

using namespace ecdysis;

namespace {

std::filesystem::path demo(const char *name)
{
    return std::filesystem::path(ECDYSIS_RESOURCES) / "demo" / name;
}

using Losses = std::vector<double>;

double largestDifference(const Losses &found, const Losses &expected)
{
    double largest = found.size() == expected.size() ? 0 : HUGE_VAL;
    for (std::size_t i = 0; i < found.size() && i < expected.size(); ++i)
        largest = std::max(largest, std::abs(found[i] - expected[i]));
    return largest;
}

} // namespace

/// The model that comes along, as every user meets it first, against what PyTorch gave for it
/// (resources/demo/README.md).
class TestDemo : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void tokens();
    void scanMatchesReference();

private:
    nlohmann::json m_reference = nlohmann::json::parse(std::ifstream(testData("demo/reference.json")));
};

void TestDemo::tokens()
{
    const auto ids = tokenize(demo("model"), demo("text.txt"), {});
    VERIFY_RESULT(ids);
    QCOMPARE(ids->size(), m_reference.at("tokens").get<std::size_t>());
    const auto first = m_reference.at("first_ids").get<std::vector<std::int64_t>>();
    QVERIFY(std::equal(first.begin(), first.end(), ids->begin()));
}

void TestDemo::scanMatchesReference()
{
    constexpr double tolerance = 2e-4; // nats; the reference computed on a GPU
    const auto model = load(demo("model"), {}, {});
    VERIFY_RESULT(model);
    ScanRequest request{.text = demo("text.txt")};
    request.protocol.window = m_reference.at("window").get<int>();
    const auto result = scan(*model, request, {}, {});
    VERIFY_RESULT(result);
    QVERIFY(largestDifference(result->denseLosses, m_reference.at("dense_window_nll")) < tolerance);
    QCOMPARE(result->cells.size(), std::size_t{24});
    for (const Cell &cell : result->cells) {
        const char *key = cell.kind == "block" ? "block_removed_window_nll" : "ssm_bypassed_window_nll";
        const Losses expected = m_reference.at(key).at(static_cast<std::size_t>(cell.layer));
        const double difference = largestDifference(cell.losses, expected);
        QVERIFY2(difference < tolerance, qPrintable(QStringLiteral("%1: %2").arg(cell.unit.c_str()).arg(difference)));
    }
}

QTEST_GUILESS_MAIN(TestDemo)
#include "tst_demo.moc"

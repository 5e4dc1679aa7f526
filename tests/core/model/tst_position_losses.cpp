// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>

#include <QTest>

#include "core/evaluation/outputs.h"
#include "core/evaluation/perplexity.h"
#include "core/evaluation/position_losses.h"
#include "tests/core/model/model_support.h"

using namespace ecdysis;

namespace {

data::Windows windows(const WindowProtocol &protocol)
{
    std::vector<std::int64_t> tokens;
    for (int i = 0; i < 300; ++i)
        tokens.push_back(i * i * 37 % 271);
    return data::cut(tokens, "t.txt", protocol);
}

/// Mean loss of window `row` where `from` to `to` tokens come before, from the logits in double precision.
double expected(const Model::State &model, const at::Tensor &ids, std::int64_t row, int from, int to)
{
    const at::Tensor logits = evaluation::outputs(model, ids, {}, {}).logits[row].to(at::kDouble);
    return at::cross_entropy_loss(logits.narrow(0, from - 1, to - from + 1), ids[row].narrow(0, from, to - from + 1))
        .item<double>();
}

} // namespace

/// Losses by the number of tokens before.
class PositionLossesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void rangesArePowersOfTwo();
    void onlyWhatCountsIsTold();
    void aPlanStandsBesideTheDenseModel();
};

void PositionLossesTest::rangesArePowersOfTwo()
{
    const auto model = loaded("mamba", {.threads = 1});
    const data::Windows text = windows({.window = 50});
    const PositionProfile profile = evaluation::evaluateByPosition(*model, text, {}, {});
    const std::vector<std::pair<int, int>> ranges{{1, 1}, {2, 3}, {4, 7}, {8, 15}, {16, 31}, {32, 49}};
    QCOMPARE(profile.positions.size(), ranges.size());
    std::vector<double> sums(6, 0);
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        const PositionLoss &position = profile.positions[i];
        QCOMPARE(position.from, ranges[i].first);
        QCOMPARE(position.to, ranges[i].second);
        QVERIFY(position.denseLosses.empty());
        for (std::size_t row = 0; row < 6; ++row) {
            const double loss = expected(*model, text.ids, static_cast<std::int64_t>(row), position.from, position.to);
            QVERIFY(std::abs(position.losses[row] - loss) < 1e-5);
            sums[row] += position.losses[row] * (position.to - position.from + 1) / 49;
        }
    }
    const Evaluation whole = evaluation::evaluate(*model, text, {}, {});
    QVERIFY(whole.losses == profile.evaluation.losses);
    for (std::size_t row = 0; row < 6; ++row)
        QVERIFY(std::abs(sums[row] - whole.losses[row]) < 1e-12);
}

void PositionLossesTest::onlyWhatCountsIsTold()
{
    const auto model = loaded("mamba", {.threads = 1});
    const data::Windows text = windows({.window = 64, .stride = 40});
    const auto positions = evaluation::evaluateByPosition(*model, text, {}, {}).positions;
    QCOMPARE(positions.size(), std::size_t{2});
    QVERIFY(positions[0].from == 24 && positions[0].to == 31 && positions[1].from == 32 && positions[1].to == 63);
    QVERIFY(std::abs(positions[0].losses[1] - expected(*model, text.ids, 1, 24, 31)) < 1e-5);
}

void PositionLossesTest::aPlanStandsBesideTheDenseModel()
{
    const auto model = loaded("mamba", {.threads = 1});
    const data::Windows text = windows({.window = 50});
    const auto dense = evaluation::evaluateByPosition(*model, text, {}, {});
    const auto pruned = evaluation::evaluateByPosition(*model, text, {{{"block:2", ""}}}, {});
    for (std::size_t i = 0; i < dense.positions.size(); ++i) {
        QVERIFY(pruned.positions[i].denseLosses == dense.positions[i].losses);
        QVERIFY(pruned.positions[i].losses != dense.positions[i].losses);
    }
}

QTEST_GUILESS_MAIN(PositionLossesTest)
#include "tst_position_losses.moc"

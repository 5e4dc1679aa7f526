// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QTest>

#include "core/pruning/cut_weights.h"
#include "tests/core/model/rounding.h"

namespace ecdysis::architectures {
extern const Architecture worked_example;
}

using namespace ecdysis;

/// The example of HACKING.md does what it says.
class WorkedExampleTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void runs();
};

void WorkedExampleTest::runs()
{
    const auto config = valueOrThrow(io::Config::parse(
        R"({"model_type": "worked_example", "vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2,
            "intermediate_size": 24})",
        "config.json"));
    const architectures::Architecture &architecture = architectures::worked_example;
    QVERIFY(architecture.recognise(config));
    const architectures::Blueprint blueprint = architecture.describe(config);
    architectures::Weights weights;
    at::manual_seed(1);
    for (const architectures::Parameter &parameter : blueprint.parameters)
        if (parameter.tiedTo.empty())
            weights[parameter.name] = at::randn(parameter.shape).mul_(0.2);
    const auto network = architecture.build(config, weights);
    const at::Tensor ids = at::arange(12, at::kLong).view({1, 12});

    // Its units run, switched off and cut away alike.
    const pruning::Inventory inventory(blueprint);
    std::vector<architectures::Removed> removed(2);
    const Unit mlp = inventory.unit("mlp:1", "");
    removed[1] = {"mlp"};
    const at::Tensor bypassed = logitsOf(*network, ids, removed);
    const auto smaller = architecture.build(config, pruning::withoutCut(weights, inventory.cut({&mlp, 1})));
    QVERIFY(relativeError(logitsOf(*smaller, ids, {{}, {}}), bypassed) < 1e-5);
    QVERIFY(relativeError(logitsOf(*network, ids, {{}, {}}), bypassed) > 1e-3);
    const Unit channels = inventory.unit("mlp_channels:0:3-9", "");
    const pruning::Cut cut = inventory.cut({&channels, 1});
    const auto narrower = architecture.build(config, pruning::withoutCut(weights, cut));
    const auto masked = architecture.build(config, pruning::masked(weights, cut));
    QVERIFY(relativeError(logitsOf(*narrower, ids, {{}, {}}), logitsOf(*masked, ids, {{}, {}})) < 1e-5);
}

QTEST_GUILESS_MAIN(WorkedExampleTest)
#include "tst_worked_example.moc"

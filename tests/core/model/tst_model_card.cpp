// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>
#include <iterator>

#include <QTest>

#include "tests/core/model/model_support.h"

using namespace ecdysis;

namespace {

/// The units of a card that are whole parts.
std::vector<Unit> parts(const ModelCard &card)
{
    std::vector<Unit> result;
    std::ranges::copy_if(card.units, std::back_inserter(result), [](const Unit &unit) { return unit.isPart(); });
    return result;
}

} // namespace

/// What a card counts, without the weights.
class ModelCardTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void cardOfMamba();
    void cardOfMamba2();
    void cardsOfBothLayoutsAgree();
};

void ModelCardTest::cardOfMamba()
{
    const ModelCard card = readCard(testData("mamba"));
    QCOMPARE(card.architecture, std::string("mamba"));
    QCOMPARE(card.layout, std::string("hf"));
    QCOMPARE(card.layers, 4);
    const std::int64_t perLayer = 64 + 256 * 64 + 128 * 4 + 128 + 22 * 128 + 128 * 6 + 128 + 128 * 8 + 128 + 64 * 128;
    QCOMPARE(card.parameters, 272 * 64 + 64 + 4 * perLayer);
    QCOMPARE(card.bytes, 4 * card.parameters);
    QCOMPARE(parts(card).size(), std::size_t{12});
    QCOMPARE(card.units[3].id, std::string("block:1"));
    QCOMPARE(card.units[3].parameters, perLayer);
    QCOMPARE(card.units[3].loaders, (std::vector<std::string>{"transformers", "mamba_ssm"}));
    QCOMPARE(card.units[4].id, std::string("ssm:1"));
    QCOMPARE(card.units[4].parameters, std::int64_t{22 * 128 + 128 * 6 + 128 + 128 * 8 + 128});
    QVERIFY(card.units[4].loaders.empty());
    QCOMPARE(card.units[5].id, std::string("recurrence:1")); // all of it but D
    QCOMPARE(card.units[5].parameters, card.units[4].parameters - 128);
    QCOMPARE(card.components.front().name, std::string("embeddings"));
    QCOMPARE(card.components.back().name, std::string("norm_f"));
    QCOMPARE(card.components[3].name, std::string("layers.0.mixer.conv1d"));
    QCOMPARE(card.components[3].parameters, std::int64_t{128 * 5});
    QCOMPARE(card.tied, std::vector<std::string>{"lm_head.weight"});
    QVERIFY(card.warnings.empty());
    double units = 0;
    for (const Unit &unit : card.units)
        units += unit.kind == "block" ? unit.flopsPerToken : 0;
    QCOMPARE(card.flopsPerToken, units + 2.0 * 272 * 64);
}

void ModelCardTest::cardOfMamba2()
{
    const ModelCard card = readCard(testData("mamba2_g1"));
    QCOMPARE(card.title, std::string("Mamba-2"));
    QCOMPARE(card.components.back().name, std::string("lm_head"));
    QVERIFY(card.tied.empty());
    const std::int64_t rows = 2 * 32 + 16; // B, C and dt of in_proj
    QCOMPARE(card.units[1].parameters, rows * 64 + 64 * 4 + 64 + 3 * 16);
    QCOMPARE(card.units[1].bytes, 4 * card.units[1].parameters);
    QCOMPARE(card.units[1].tensors.size(), std::size_t{3});
}

void ModelCardTest::cardsOfBothLayoutsAgree()
{
    for (const std::string name : {"mamba", "mamba2"}) {
        const ModelCard one = readCard(testData(name));
        const ModelCard other = readCard(testData(name + "_original"));
        QCOMPARE(other.layout, std::string("original"));
        QCOMPARE(other.warnings.size(), one.warnings.size());
        QCOMPARE(other.parameters, one.parameters);
        QCOMPARE(other.flopsPerToken, one.flopsPerToken);
        QCOMPARE(other.units.size(), one.units.size());
        QVERIFY(other.dimensions == one.dimensions);
    }
}

QTEST_GUILESS_MAIN(ModelCardTest)
#include "tst_model_card.moc"

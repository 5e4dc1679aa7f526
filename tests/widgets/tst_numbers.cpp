// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>
#include <limits>

#include <QTest>

#include "widgets/numbers.h"
#include "widgets/unit_text.h"

using namespace ecdysis;

/// Figures as people read them.
class NumbersTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { QLocale::setDefault(QLocale(QLocale::English)); }
    void estimates_data();
    void estimates();
    void levels();
    void significantDigits();
    void counts();
    void times();
    void shares();
    void otherLocales();
    void titlesOfUnits();
    void titlesByIds();
};

void NumbersTest::estimates_data()
{
    const double nan = std::nan("");
    QTest::addColumn<double>("value");
    QTest::addColumn<double>("error");
    QTest::addColumn<QString>("text");
    QTest::newRow("two digits of the error") << 0.3781 << 0.0123 << "+0.378 ± 0.012";
    QTest::newRow("negative") << -0.0021 << 0.0040 << "−0.0021 ± 0.0040";
    QTest::newRow("large error") << 12.4 << 3.1 << "+12.4 ± 3.1";
    QTest::newRow("error of tens") << 120.0 << 31.0 << "+120 ± 31";
    QTest::newRow("one window") << 0.5 << nan << "+0.500 ± ?";
    QTest::newRow("no spread") << 0.0 << 0.0 << "0.000 ± 0.000";
    QTest::newRow("not a number") << nan << nan << "NaN ± ?";
}

void NumbersTest::estimates()
{
    QFETCH(double, value);
    QFETCH(double, error);
    QFETCH(QString, text);
    QCOMPARE(withError({value, error}), text);
}

void NumbersTest::levels()
{
    QCOMPARE(levelWithError({3.0213, 0.0041}), QStringLiteral("3.0213 ± 0.0041"));
}

void NumbersTest::significantDigits()
{
    QCOMPARE(significant(0.012345), QStringLiteral("0.0123"));
    QCOMPARE(significant(3.39876, 5), QStringLiteral("3.3988"));
    QCOMPARE(significant(-41.26), QStringLiteral("−41.3"));
    QCOMPARE(significant(0), QStringLiteral("0"));
    QCOMPARE(significant(std::numeric_limits<double>::infinity()), QStringLiteral("∞"));
    QCOMPARE(significant(1.5e-7), QStringLiteral("1.50E−07"));
}

void NumbersTest::counts()
{
    QCOMPARE(parameterCount(129135360), QStringLiteral("129.1\u202fM"));
    QCOMPARE(parameterCount(1372178432), QStringLiteral("1.37\u202fB"));
    QCOMPARE(parameterCount(768), QStringLiteral("768"));
    QCOMPARE(parameterCount(0), QStringLiteral("0"));
    QCOMPARE(byteCount(258270720), QStringLiteral("246.3\u202fMiB"));
    QCOMPARE(byteCount(1023), QStringLiteral("1,023\u202fB"));
}

void NumbersTest::times()
{
    QCOMPARE(duration(0.84), QStringLiteral("0.8 s"));
    QCOMPARE(duration(41), QStringLiteral("41 s"));
    QCOMPARE(duration(80), QStringLiteral("1 min 20 s"));
    QCOMPARE(duration(59.7), QStringLiteral("1 min 00 s"));
    QCOMPARE(duration(7510), QStringLiteral("2 h 05 min"));
    QCOMPARE(clockTime(41.2), QStringLiteral("0:41"));
    QCOMPARE(clockTime(3729), QStringLiteral("1:02:09"));
    QCOMPARE(clockTime(-3), QStringLiteral("0:00"));
}

void NumbersTest::shares()
{
    QCOMPARE(percentage(0.029), QStringLiteral("2.9\u202f%"));
    QCOMPARE(percentage(0.29), QStringLiteral("29\u202f%"));
}

void NumbersTest::otherLocales()
{
    const QLocale german(QLocale::German);
    QCOMPARE(withError({0.3781, 0.0123}, german), QStringLiteral("+0,378 ± 0,012"));
    QCOMPARE(parameterCount(129135360, german), QStringLiteral("129,1\u202fM"));
}

void NumbersTest::titlesOfUnits()
{
    QCOMPARE(unitTitle("block", 8), QStringLiteral("Block 8"));
    QCOMPARE(unitPhrase("block", 8), QStringLiteral("block 8"));
    QCOMPARE(unitTitle("ssm", 11), QStringLiteral("SSM of block 11"));
    QCOMPARE(kindTitle("low_rank_part"), QStringLiteral("Low rank part"));
    QCOMPARE(kindTitle("moe"), QStringLiteral("Experts (MoE)"));
    QCOMPARE(layerTypeTitle("mamba2"), QStringLiteral("Mamba-2"));
    QCOMPARE(layerTypeTitle("attention"), QStringLiteral("Attention"));
    QCOMPARE(layerTypeTitle("some_new"), QStringLiteral("Some new"));
    QCOMPARE(shapeText({"A_log", DType::F32, {1536, 16}, "model.safetensors"}), QStringLiteral("1536 × 16"));
}

void NumbersTest::titlesByIds()
{
    QCOMPARE(unitTitle("block:8"), QStringLiteral("Block 8"));
    QCOMPARE(unitTitle("shared_mlp:2"), QStringLiteral("Shared MLP of block 2"));
    QCOMPARE(unitTitle("heads:11:0-3"), QStringLiteral("SSM heads 0–3 of block 11"));
    QCOMPARE(unitTitle("heads:11:2-2"), QStringLiteral("SSM head 2 of block 11"));
    QCOMPARE(unitTitle("experts:5:1-1"), QStringLiteral("Expert 1 of block 5"));
    QCOMPARE(unitTitle("new_width:5:1-1"), QStringLiteral("New width 1 of block 5"));
    QCOMPARE(unitTitle("weight:layers.0.mixer.in_proj.weight"), QStringLiteral("Weight layers.0.mixer.in_proj.weight"));
    QCOMPARE(unitTitle("no id"), QStringLiteral("no id"));
}

QTEST_MAIN(NumbersTest)
#include "tst_numbers.moc"

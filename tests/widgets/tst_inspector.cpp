// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>

#include <QFormLayout>
#include <QLabel>
#include <QTest>

#include "tests/support/sample_scan.h"
#include "tests/widgets/words_of.h"
#include "widgets/inspector.h"

using namespace ecdysis;

namespace {

/// The figure beside a name of a form.
QString figureOf(const QWidget &widget, const char *name)
{
    for (const QFormLayout *form : widget.findChildren<QFormLayout *>())
        for (int row = 0; row < form->rowCount(); ++row)
            if (qobject_cast<QLabel *>(form->itemAt(row, QFormLayout::LabelRole)->widget())->text() ==
                QLatin1String(name))
                return qobject_cast<QLabel *>(form->itemAt(row, QFormLayout::FieldRole)->widget())->text();
    return {};
}

/// How the first label with this text in it is drawn.
QString roleOf(const QWidget &widget, const QString &text)
{
    for (const QLabel *label : widget.findChildren<QLabel *>())
        if (label->text().contains(text))
            return label->property("role").toString();
    return {};
}

} // namespace

/// The inspector: what it says of a unit, and how sure it is.
class InspectorTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void showsTheUnit();
    void isHonest();
    void needsAnError();
    void stale();
    void hybrids();
    void widths();
    void namesLoaders();
    void empty();

private:
    ModelCard m_card = sample::card();
};

void InspectorTest::initTestCase()
{
    QLocale::setDefault(QLocale(QLocale::English));
    applyTheme(*qApp, lightTheme());
}

void InspectorTest::showsTheUnit()
{
    Inspector inspector;
    const Scan scan = sample::scan(m_card, {"block", "ssm"});
    inspector.setUnit(m_card, scan, QStringLiteral("ssm:2"));
    const QString words = wordsOf(inspector);
    for (const char *expected :
         {"SSM of block 2", "222.7\u202fk", "435.0\u202fKiB", "Tensors that fall with it: 4",
          "x_proj.weight\ndt_proj.weight\nA_log\nD", "1536 × 16", "cannot represent", "Windows: 32 of 512 tokens"})
        QVERIFY2(words.contains(QString::fromUtf8(expected)), qPrintable(words));
    QVERIFY(figureOf(inspector, "Per million parameters").contains(QStringLiteral(" ± ")));
    QVERIFY(figureOf(inspector, "Loss without it").contains(QStringLiteral(" ± ")));
    QVERIFY(inspector.summary().startsWith(QStringLiteral("SSM of block 2: loss increase +0.10")));
    QCOMPARE(inspector.accessibleDescription(), inspector.summary());
}

void InspectorTest::isHonest()
{
    Inspector inspector;
    Scan scan = sample::scan(m_card, {"block", "ssm"});
    scan.cells[0].losses = sample::losses(scan.denseLosses, 0.001, 0.01, 5);
    scan.cells[1].losses.clear();
    inspector.setUnit(m_card, scan, QStringLiteral("block:0"));
    QVERIFY(wordsOf(inspector).contains(QStringLiteral("below two standard errors")));
    inspector.setUnit(m_card, scan, QStringLiteral("ssm:0"));
    QVERIFY(wordsOf(inspector).contains(QStringLiteral("Not measured yet")));
    QCOMPARE(inspector.summary(), QStringLiteral("SSM of block 0: not measured"));
    scan.cells[1].losses.assign(scan.denseLosses.size(), std::nan(""));
    inspector.setUnit(m_card, scan, QStringLiteral("ssm:0"));
    QVERIFY(wordsOf(inspector).contains(QStringLiteral("is not a number")));
}

void InspectorTest::needsAnError()
{
    Inspector inspector;
    Scan scan = sample::scan(m_card, {"block"});
    scan.denseLosses.resize(1);
    scan.cells[0].losses.resize(1);
    inspector.setUnit(m_card, scan, QStringLiteral("block:0"));
    QVERIFY2(wordsOf(inspector).contains(QStringLiteral("with one window its error is not known")),
             qPrintable(wordsOf(inspector)));
    QVERIFY(roleOf(inspector, QStringLiteral("± ?")).contains(QStringLiteral("Muted")));
}

void InspectorTest::stale()
{
    const QString why = QStringLiteral("Measured on another text or other windows than chosen now");
    Inspector inspector;
    inspector.setUnit(m_card, sample::scan(m_card, {"block"}), QStringLiteral("block:0"));
    const QString figure = figureOf(inspector, "Loss without it");
    QCOMPARE(roleOf(inspector, QStringLiteral(" ± ")), QStringLiteral("display"));
    QVERIFY(!wordsOf(inspector).contains(why));
    inspector.setFreshness(Freshness::Stale);
    QCOMPARE(roleOf(inspector, QStringLiteral(" ± ")), QStringLiteral("displayMuted"));
    QCOMPARE(roleOf(inspector, figure), QStringLiteral("muted"));
    QVERIFY(wordsOf(inspector).contains(why));
    QVERIFY(inspector.accessibleDescription().contains(why));
    inspector.setUnit(m_card, sample::scan(m_card, {"block"}), QStringLiteral("block:1"));
    QVERIFY(wordsOf(inspector).contains(why));
    inspector.setFreshness(Freshness::Current);
    QVERIFY(!wordsOf(inspector).contains(why));
    QVERIFY(!inspector.accessibleDescription().contains(why));
}

void InspectorTest::hybrids()
{
    const ModelCard card = sample::hybridCard();
    Inspector inspector;
    const auto says = [&inspector](const char *text) { return wordsOf(inspector).contains(QString::fromUtf8(text)); };
    inspector.setUnit(card, {}, QStringLiteral("attention:3"));
    QVERIFY2(says("attention:3 · Attention layer"), qPrintable(wordsOf(inspector)));
    QVERIFY2(says("Cannot go alone; with it must go: Attention of block 8"), qPrintable(wordsOf(inspector)));
    QVERIFY(!says("A scan measures it"));
    QVERIFY(inspector.summary().contains(QStringLiteral("Cannot go alone")));
    inspector.setUnit(card, {}, QStringLiteral("attention:8"));
    QVERIFY(says("A scan measures it"));
    inspector.setUnit(card, {}, QStringLiteral("mamba:1"));
    QVERIFY2(says("mamba:1 · Mamba-2 layer"), qPrintable(wordsOf(inspector)));
}

void InspectorTest::widths()
{
    const ModelCard card = sample::hybridCard();
    Scan scan = sample::scanOfUnits(card, {"heads"});
    Inspector inspector;
    const auto says = [&inspector](const char *text) { return wordsOf(inspector).contains(QString::fromUtf8(text)); };
    inspector.setUnit(card, scan, QStringLiteral("heads:1:8-15"));
    QVERIFY2(says("SSM heads 8–15 of block 1"), qPrintable(wordsOf(inspector)));
    QCOMPARE(figureOf(inspector, "Parameters").section(QLatin1Char(' '), 0, 0), QStringLiteral("590.0\u202fk"));
    scan.cells[0].unit = "heads:0:2-5"; // no group of the card: measured, but nothing is counted
    inspector.setUnit(card, scan, QStringLiteral("heads:0:2-5"));
    QVERIFY2(inspector.summary().startsWith(QStringLiteral("SSM heads 2–5 of block 0: loss increase")),
             qPrintable(inspector.summary()));
    inspector.show();
    QVERIFY(!inspector.findChild<QWidget *>(QStringLiteral("counted"))->isVisible());
    inspector.setUnit(card, {}, QStringLiteral("heads:0:2-5"));
    QVERIFY(says("The scans of this window measure whole parts"));
    inspector.setUnit(card, {}, QStringLiteral("heads:0:20-24")); // beyond the last one
    QCOMPARE(inspector.summary(), QStringLiteral("Nothing is selected"));
}

void InspectorTest::namesLoaders()
{
    ModelCard card = sample::hybridCard();
    Inspector inspector;
    const auto says = [&inspector](const char *text) { return wordsOf(inspector).contains(QString::fromUtf8(text)); };
    card.units[0].loaders = {"transformers", "mamba_ssm"};
    inspector.setUnit(card, {}, QStringLiteral("block:0"));
    QVERIFY2(says("Stock loaders that read the result: transformers, mamba_ssm."), qPrintable(wordsOf(inspector)));
    inspector.setUnit(card, {}, QStringLiteral("heads:0:0-7"));
    QVERIFY2(says("If every layer with such units loses as many"), qPrintable(wordsOf(inspector)));
    QVERIFY(!says("Stock loaders that read the result"));
    inspector.setUnit(card, {}, QStringLiteral("ssm:0"));
    QVERIFY(says("cannot represent"));
}

void InspectorTest::empty()
{
    Inspector inspector;
    inspector.setUnit(m_card, {}, QStringLiteral("ssm:2"));
    QVERIFY(wordsOf(inspector).contains(QStringLiteral("Not measured yet")));
    inspector.setUnit(m_card, {}, QStringLiteral("no:such"));
    QCOMPARE(inspector.summary(), QStringLiteral("Nothing is selected"));
}

QTEST_MAIN(InspectorTest)
#include "tst_inspector.moc"

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>

#include "tests/support/sample_scan.h"
#include "widgets/sensitivity_table.h"

using namespace ecdysis;

/// The table twin: a sound model, numeric order, one selection, an exact CSV.
class SensitivityTableTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { QLocale::setDefault(QLocale(QLocale::English)); }
    void modelIsSound();
    void sortsByNumber();
    void unmeasuredComesLast();
    void picking();
    void cellsArrive();
    void csvIsExact();
    void words();

private:
    static QStringList column(const SensitivityTable &table, int column);
    ModelCard m_card = sample::card(12);
};

QStringList SensitivityTableTest::column(const SensitivityTable &table, int column)
{
    QStringList texts;
    for (int row = 0; row < table.model()->rowCount(); ++row)
        texts.append(table.model()->index(row, column).data().toString());
    return texts;
}

void SensitivityTableTest::modelIsSound()
{
    SensitivityTable table;
    QAbstractItemModelTester tester(table.model(), QAbstractItemModelTester::FailureReportingMode::QtTest);
    const Scan scan = sample::scan(m_card, {"block", "ssm"}, 5);
    table.setScan(m_card, scan);
    QCOMPARE(table.model()->rowCount(), 24);
    table.updateCell(sample::scan(m_card, {"block", "ssm"}), 4);
    table.setScan(m_card, sample::scan(m_card, {"block"}));
    QCOMPARE(table.model()->rowCount(), 12);
    table.setScan({}, {});
    QCOMPARE(table.model()->rowCount(), 0);
}

void SensitivityTableTest::sortsByNumber()
{
    SensitivityTable table;
    table.setScan(m_card, sample::scan(m_card, {"block"}));
    table.model()->sort(2, Qt::DescendingOrder);
    QCOMPARE(column(table, 2).first(), QStringLiteral("11"));
    QCOMPARE(column(table, 2).at(2), QStringLiteral("9"));
    for (int sorted : {3, 4, 5, 7}) {
        table.model()->sort(sorted, Qt::AscendingOrder);
        double last = -1e9;
        for (QString text : column(table, sorted)) {
            const double value = text.replace(QChar(0x2212), QLatin1Char('-')).toDouble();
            QVERIFY2(value >= last, qPrintable(text));
            last = value;
        }
    }
}

void SensitivityTableTest::unmeasuredComesLast()
{
    SensitivityTable table;
    table.setScan(m_card, sample::scan(m_card, {"block", "ssm"}, 5, 3));
    for (const Qt::SortOrder order : {Qt::AscendingOrder, Qt::DescendingOrder}) {
        table.model()->sort(3, order);
        const QStringList deltas = column(table, 3);
        for (qsizetype i = 0; i < deltas.size(); ++i)
            QCOMPARE(deltas[i] == QStringLiteral("–") || deltas[i] == QStringLiteral("NaN"), i >= deltas.size() - 5);
    }
}

void SensitivityTableTest::picking()
{
    SensitivityTable table;
    table.resize(800, 300);
    table.setScan(m_card, sample::scan(m_card, {"block", "ssm"}));
    table.show();
    QVERIFY(QTest::qWaitForWindowExposed(&table));
    QSignalSpy picked(&table, &SensitivityTable::unitPicked);
    auto *view = table.findChild<QTableView *>();
    QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, view->visualRect(table.model()->index(3, 0)).center());
    QCOMPARE(picked.count(), 1);
    QCOMPARE(picked[0][0].toString(), QStringLiteral("ssm:1"));
    QTest::keyClick(view, Qt::Key_Down);
    QCOMPARE(picked.last()[0].toString(), QStringLiteral("block:2"));
    table.setSelection(QStringLiteral("ssm:9"));
    QCOMPARE(picked.count(), 2);
    QCOMPARE(view->currentIndex().data().toString(), QStringLiteral("SSM of block 9"));
    table.setSelection({});
    QVERIFY(!view->currentIndex().isValid());
}

void SensitivityTableTest::cellsArrive()
{
    SensitivityTable table;
    const Scan whole = sample::scan(m_card, {"block", "ssm"});
    table.setScan(m_card, sample::partial(whole, 0));
    QSignalSpy changed(table.model(), &QAbstractItemModel::dataChanged);
    table.updateCell(sample::partial(whole, 1), 0);
    QVERIFY(changed.count() >= 1);
    QVERIFY(column(table, 3).first().startsWith(QLatin1Char('+')));
    QCOMPARE(column(table, 3).at(1), QStringLiteral("–"));
    QCOMPARE(table.accessibleDescription(), QStringLiteral("1 of 24 cells measured"));
}

void SensitivityTableTest::csvIsExact()
{
    Scan scan;
    scan.denseLosses = {3, 3.25};
    scan.cells = {{"block:0", "block", 0, "removal", 1, {3.5, 4}}, {"ssm:0", "ssm", 0, "removal", 1, {}}};
    ModelCard card;
    card.layers = 1;
    card.units = {{"block:0", "block", 0, 2000000}, {"ssm:0", "ssm", 0, 500000}};
    SensitivityTable table;
    table.setScan(card, scan);
    table.model()->sort(6, Qt::AscendingOrder);
    QLocale::setDefault(QLocale(QLocale::German));
    const QString csv = table.csv();
    QLocale::setDefault(QLocale(QLocale::English));
    QCOMPARE(csv, QStringLiteral("unit,kind,layer,delta_loss,standard_error,nll,parameters,delta_per_million\n"
                                 "block:0,block,0,0.625,0.125,3.75,2000000,0.3125\n"
                                 "ssm:0,ssm,0,,,,500000,\n"));
}

void SensitivityTableTest::words()
{
    SensitivityTable table;
    QCOMPARE(table.accessibleName(), QStringLiteral("Sensitivity table"));
    QStringList headers;
    for (int i = 0; i < table.model()->columnCount(); ++i)
        headers.append(table.model()->headerData(i, Qt::Horizontal).toString());
    QCOMPARE(headers.join(QLatin1Char('|')),
             QStringLiteral("Unit|Kind|Layer|Δ loss|± error|NLL|Parameters|Δ per M parameters"));
}

QTEST_MAIN(SensitivityTableTest)
#include "tst_sensitivity_table.moc"

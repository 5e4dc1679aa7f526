// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QAbstractItemModelTester>
#include <QLabel>
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
    void widthsHaveTheirRange();
    void words();
    void everyMeanHasItsError();
    void decimalsFollowTheErrors();
    void emptyState();
    void stale();

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
    for (int sorted : {3, 4, 5, 6, 8, 9}) {
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
    card.units = {{.id = "block:0", .kind = "block", .layer = 0, .parameters = 2000000},
                  {.id = "ssm:0", .kind = "ssm", .layer = 0, .parameters = 500000}};
    SensitivityTable table;
    table.setScan(card, scan);
    table.model()->sort(7, Qt::AscendingOrder);
    QLocale::setDefault(QLocale(QLocale::German));
    const QString csv = table.csv();
    QLocale::setDefault(QLocale(QLocale::English));
    QCOMPARE(csv, QStringLiteral("unit,kind,layer,delta_loss,standard_error,nll,parameters,delta_per_million,"
                                 "nll_standard_error,delta_per_million_standard_error\n"
                                 "block:0,block,0,0.625,0.125,3.75,2000000,0.3125,0.25,0.0625\n"
                                 "ssm:0,ssm,0,,,,500000,,,\n"));
}

void SensitivityTableTest::widthsHaveTheirRange()
{
    const ModelCard hybrid = sample::hybridCard(2);
    Scan scan = sample::scanOfUnits(hybrid, {"ssm", "heads"});
    Cell other = scan.cells[1]; // a range that is none of the card's groups
    other.unit = "heads:1:2-5";
    scan.cells.push_back(other);
    SensitivityTable table;
    table.setScan(hybrid, scan);
    QCOMPARE(column(table, 0),
             (QStringList{QStringLiteral("SSM of block 0"), QStringLiteral("SSM heads 0–7 of block 0"),
                          QStringLiteral("SSM heads 8–15 of block 0"), QStringLiteral("SSM heads 16–23 of block 0"),
                          QStringLiteral("SSM of block 1"), QStringLiteral("SSM heads 0–7 of block 1"),
                          QStringLiteral("SSM heads 8–15 of block 1"), QStringLiteral("SSM heads 16–23 of block 1"),
                          QStringLiteral("SSM heads 2–5 of block 1")}));
    QCOMPARE(column(table, 1).last(), QStringLiteral("SSM heads"));
    QCOMPARE(column(table, 7).last(), QStringLiteral("–"));
    QCOMPARE(column(table, 8).last(), QString());
    QVERIFY(table.csv().contains(QStringLiteral("\nheads:1:2-5,heads,0,")));
    table.setSelection(QStringLiteral("heads:1:8-15"));
    QCOMPARE(table.findChild<QTableView *>()->currentIndex().data().toString(),
             QStringLiteral("SSM heads 8–15 of block 1"));
}

void SensitivityTableTest::words()
{
    SensitivityTable table;
    QCOMPARE(table.accessibleName(), QStringLiteral("Sensitivity table"));
    QStringList headers;
    for (int i = 0; i < table.model()->columnCount(); ++i)
        headers.append(table.model()->headerData(i, Qt::Horizontal).toString());
    QCOMPARE(headers.join(QLatin1Char('|')),
             QStringLiteral("Unit|Kind|Layer|Δ loss\nnats/token|± error|NLL\nnats/token|± error|Parameters|"
                            "Δ per M param.\nnats/token|± error"));
    QCOMPARE(table.model()->headerData(5, Qt::Horizontal, Qt::AccessibleTextRole).toString(),
             QStringLiteral("NLL, nats/token"));
    QCOMPARE(table.model()->headerData(9, Qt::Horizontal, Qt::AccessibleTextRole).toString(),
             QStringLiteral("Standard error of Δ per M param., nats/token"));
}

void SensitivityTableTest::everyMeanHasItsError()
{
    Scan scan;
    scan.denseLosses = {3, 3.25};
    scan.cells = {{"block:0", "block", 0, "removal", 1, {3.5, 4}}};
    ModelCard card;
    card.units = {{.id = "block:0", .kind = "block", .layer = 0, .parameters = 2000000}};
    SensitivityTable table;
    table.setScan(card, scan);
    const auto row = [&table] {
        QStringList texts;
        for (int i = 3; i < table.model()->columnCount(); ++i)
            texts.append(table.model()->index(0, i).data().toString());
        return texts.join(QLatin1Char('|'));
    };
    QCOMPARE(row(), QStringLiteral("+0.63|0.13|3.75|0.25|2,000,000|+0.313|0.063"));
    scan.denseLosses.resize(1);
    scan.cells[0].losses.resize(1);
    table.setScan(card, scan);
    QCOMPARE(row(), QStringLiteral("+0.500|?|3.50|?|2,000,000|+0.250|?"));
    QCOMPARE(table.model()->index(0, 3).data(Qt::ToolTipRole).toString(),
             QStringLiteral("With one window its error is not known"));
    QCOMPARE(table.model()->index(0, 3).data(Qt::ForegroundRole).value<QColor>(), lightTheme().muted);
}

void SensitivityTableTest::decimalsFollowTheErrors()
{
    Scan scan = sample::scan(m_card, {"block", "ssm"});
    SensitivityTable table;
    table.setScan(m_card, sample::partial(scan, 0));
    scan.cells[0].losses = sample::losses(scan.denseLosses, 0.5, 0.01, 3);
    scan.cells[1].losses = sample::losses(scan.denseLosses, 0.00002, 0.000004, 4);
    table.updateCell(sample::partial(scan, 1), 0);
    QCOMPARE(column(table, 3).first().size(), QStringLiteral("+0.500").size());
    QSignalSpy changed(table.model(), &QAbstractItemModel::dataChanged);
    table.updateCell(sample::partial(scan, 2), 1);
    QCOMPARE(column(table, 3).at(0), QStringLiteral("+0.500000"));
    QCOMPARE(column(table, 3).at(1), QStringLiteral("+0.000020"));
    QCOMPARE(column(table, 4).at(1).size(), QStringLiteral("0.000004").size());
    const auto *view = table.findChild<QTableView *>();
    const int text = view->fontMetrics().horizontalAdvance(QStringLiteral("0.000004"));
    QVERIFY2(view->columnWidth(4) >= text + 22, "figures are not cut off");
    bool firstTold = false;
    for (const auto &arguments : changed)
        firstTold |= arguments[0].toModelIndex().row() == 0;
    QVERIFY2(firstTold, "the lines above are written anew");
}

void SensitivityTableTest::emptyState()
{
    SensitivityTable table;
    table.show();
    QVERIFY(QTest::qWaitForWindowExposed(&table));
    auto *view = table.findChild<QTableView *>();
    const auto visible = [&table] {
        QStringList texts;
        for (const QLabel *label : table.findChildren<QLabel *>())
            if (label->isVisible())
                texts.append(label->text());
        return texts.join(QLatin1Char('|'));
    };
    QVERIFY2(visible().contains(QStringLiteral("No cells yet.\nPress S or Scan")), qPrintable(visible()));
    QVERIFY(!view->isVisible());
    QCOMPARE(table.accessibleDescription(), QStringLiteral("No cells yet"));
    table.setScan(m_card, sample::partial(sample::scan(m_card, {"block"}), 0));
    QVERIFY(view->isVisible());
    QCOMPARE(visible(), QString());
    table.setScan(m_card, {});
    QVERIFY(!view->isVisible());
}

void SensitivityTableTest::stale()
{
    const QString why = QStringLiteral("Measured on another text or other windows than chosen now");
    SensitivityTable table;
    table.setScan(m_card, sample::scan(m_card, {"block"}));
    table.show();
    QVERIFY(QTest::qWaitForWindowExposed(&table));
    const auto look = [&table](int role) { return table.model()->index(0, 3).data(role); };
    const auto words = [&table, &why] {
        int count = 0;
        for (const QLabel *label : table.findChildren<QLabel *>())
            count += label->isVisible() && label->text() == why;
        return count;
    };
    QVERIFY(!look(Qt::ForegroundRole).isValid());
    QSignalSpy changed(table.model(), &QAbstractItemModel::dataChanged);
    table.setFreshness(Freshness::Stale);
    QVERIFY(changed.count() > 0);
    QCOMPARE(look(Qt::ForegroundRole).value<QColor>(), lightTheme().muted);
    QCOMPARE(look(Qt::ToolTipRole).toString(), why);
    QCOMPARE(words(), 1);
    table.setFreshness(Freshness::Current);
    QVERIFY(!look(Qt::ForegroundRole).isValid());
    QCOMPARE(words(), 0);
}

QTEST_MAIN(SensitivityTableTest)
#include "tst_sensitivity_table.moc"

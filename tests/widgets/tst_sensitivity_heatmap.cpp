// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>
#include <ctime>

#include <QLabel>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTest>

#include "tests/support/sample_scan.h"
#include "tests/widgets/move_mouse.h"
#include "tests/widgets/shown_heatmap.h"
#include "widgets/heatmap_words.h"
#include "widgets/hover_card.h"
#include "widgets/plot.h"
#include "widgets/sensitivity_heatmap.h"

using namespace ecdysis;

/// The heatmap answers the mouse, the keys and arriving cells, and tells a sentence.
class SensitivityHeatmapTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void emptyState();
    void paintsAtAnySize();
    void summaryNamesTheLargest();
    void clickPicks();
    void clickInTheProfilePicksTheNearestLine();
    void arrowsMove();
    void enterPicksTheSelection();
    void selectionIsSilent();
    void hoverShowsTheCard();
    void hoverSaysWhatIsUncertain();
    void cellsArrive();
    void narrowKeyHasItsWordsBelow();
    void hybridModelsHaveGaps();
    void gapsSayWhy();
    void entriesOfWidthsAreLeftOut();
    void paintingIsFast();

private:
    ModelCard m_card = sample::card();
};

void SensitivityHeatmapTest::initTestCase()
{
    QLocale::setDefault(QLocale(QLocale::English));
    applyTheme(*qApp, lightTheme());
}

void SensitivityHeatmapTest::emptyState()
{
    const auto view = shown({});
    QCOMPARE(view->summary(), QStringLiteral("Nothing is measured yet"));
    QCOMPARE(view->accessibleName(), QStringLiteral("Sensitivity heatmap"));
    QVERIFY(view->findChild<QLabel *>()->text().contains(QStringLiteral("Press S or Scan")));
    QTest::keyClick(view.get(), Qt::Key_Right);
    QVERIFY(view->selection().isEmpty());
    view->setScan(m_card, sample::partial(sample::scan(m_card, {"block", "ssm"}), 0));
    QCOMPARE(view->summary(), QStringLiteral("None of 48 cells is measured yet"));
}

void SensitivityHeatmapTest::paintsAtAnySize()
{
    QTest::failOnWarning(QRegularExpression(QStringLiteral("QPainter")));
    SensitivityHeatmap early; // not laid out when the scan arrives
    early.setScan(m_card, sample::scan(m_card, {"block", "ssm"}));
    early.grab();
    const auto view = shown(sample::scan(m_card, {"block", "ssm"}));
    view->setMinimumSize(1, 1);
    for (const QSize size : {QSize(40, 30), QSize(400, 90), QSize(60, 600), QSize(880, 520)}) {
        view->resize(size);
        QTest::qWait(20);
    }
}

void SensitivityHeatmapTest::summaryNamesTheLargest()
{
    Scan scan = sample::scan(m_card, {"block", "ssm"});
    const std::size_t block8 = 16;
    QCOMPARE(scan.cells[block8].unit, std::string("block:8"));
    for (std::size_t i = 0; i < scan.denseLosses.size(); ++i)
        scan.cells[block8].losses[i] = scan.denseLosses[i] + (i % 2 ? 0.91 : 0.89);
    const auto view = shown(scan);
    QCOMPARE(view->summary(), QStringLiteral("Largest loss increase: block 8, +0.9000 ± 0.0018"));
    QCOMPARE(view->accessibleDescription(), view->summary());
    scan.cells[0].losses.clear();
    view->setScan(m_card, scan);
    QVERIFY(view->summary().endsWith(QStringLiteral("(47 of 48 cells measured)")));
}

void SensitivityHeatmapTest::clickPicks()
{
    const auto view = shown(sample::scan(m_card, {"block", "ssm"}));
    QSignalSpy picked(view.get(), &SensitivityHeatmap::unitPicked);
    QWidget *canvas = view->findChild<Plot *>()->findChild<QWidget *>();
    QTest::mouseClick(canvas, Qt::LeftButton, {}, centerOf(*view, 2, 1, 8));
    QCOMPARE(picked.count(), 1);
    QCOMPARE(picked[0][0].toString(), QStringLiteral("ssm:8"));
    QCOMPARE(view->selection(), QStringLiteral("ssm:8"));
    QTest::mouseClick(canvas, Qt::LeftButton, {}, centerOf(*view, 2, 0, 23));
    QCOMPARE(picked[1][0].toString(), QStringLiteral("block:23"));
    QTest::mouseClick(canvas, Qt::LeftButton, {}, QPoint(4, canvas->height() - 4));
    QCOMPARE(picked.count(), 2);
}

void SensitivityHeatmapTest::clickInTheProfilePicksTheNearestLine()
{
    const Scan scan = sample::scan(m_card, {"block", "ssm"});
    const auto view = shown(scan);
    QSignalSpy picked(view.get(), &SensitivityHeatmap::unitPicked);
    Plot *plot = view->findChild<Plot *>();
    const PlotScale chart = plot->chartScale();
    const double delta = pairedDifference(scan.cells[1].losses, scan.denseLosses).value;
    QTest::mouseClick(plot->findChild<QWidget *>(), Qt::LeftButton, {},
                      QPointF(chart.px(0), chart.py(delta) + 4).toPoint());
    QCOMPARE(picked.count(), 1);
    QCOMPARE(picked[0][0].toString(), QStringLiteral("ssm:0"));
}

void SensitivityHeatmapTest::arrowsMove()
{
    const auto view = shown(sample::scan(m_card, {"block", "ssm"}));
    QSignalSpy picked(view.get(), &SensitivityHeatmap::unitPicked);
    const std::pair<Qt::Key, const char *> steps[] = {{Qt::Key_Right, "block:0"},
                                                      {Qt::Key_Right, "block:1"},
                                                      {Qt::Key_Down, "ssm:1"},
                                                      {Qt::Key_Left, "ssm:0"},
                                                      {Qt::Key_Up, "block:0"}};
    for (const auto &[key, unit] : steps) {
        QTest::keyClick(view.get(), key);
        QCOMPARE(picked.last()[0].toString(), QString::fromLatin1(unit));
    }
    const auto count = picked.count();
    QTest::keyClick(view.get(), Qt::Key_Left);
    QTest::keyClick(view.get(), Qt::Key_Up);
    QCOMPARE(picked.count(), count);
    QCOMPARE(view->selection(), QStringLiteral("block:0"));
}

void SensitivityHeatmapTest::enterPicksTheSelection()
{
    const auto view = shown(sample::scan(m_card, {"block", "ssm"}));
    view->setSelection(QStringLiteral("ssm:7"));
    QSignalSpy picked(view.get(), &SensitivityHeatmap::unitPicked);
    QTest::keyClick(view.get(), Qt::Key_Return);
    QCOMPARE(picked.count(), 1);
    QCOMPARE(picked[0][0].toString(), QStringLiteral("ssm:7"));
}

void SensitivityHeatmapTest::selectionIsSilent()
{
    const auto view = shown(sample::scan(m_card, {"block", "ssm"}));
    QSignalSpy picked(view.get(), &SensitivityHeatmap::unitPicked);
    view->setSelection(QStringLiteral("ssm:7"));
    view->setScan(m_card, sample::scan(m_card, {"ssm"}));
    QCOMPARE(view->selection(), QStringLiteral("ssm:7"));
    view->setSelection(QStringLiteral("block:7"));
    QVERIFY(view->selection().isEmpty());
    QCOMPARE(picked.count(), 0);
}

void SensitivityHeatmapTest::hoverShowsTheCard()
{
    const auto view = shown(sample::scan(m_card, {"block", "ssm"}, 9, 15));
    QWidget *canvas = view->findChild<Plot *>()->findChild<QWidget *>();
    auto *card = view->findChild<HoverCard *>();
    const auto words = [card] {
        QStringList texts;
        for (const QLabel *label : card->findChildren<QLabel *>())
            texts.append(label->text());
        return texts.join(QLatin1Char('|'));
    };
    QVERIFY(card->isHidden());
    moveMouse(*canvas, centerOf(*view, 2, 0, 1));
    QTRY_VERIFY(card->isVisible());
    QVERIFY2(words().contains(QStringLiteral("Block 1")), qPrintable(words()));
    const QStringList figures = card->findChildren<QLabel *>().at(2)->text().split(QLatin1Char('\n'));
    QCOMPARE(figures.size(), 3);
    for (const QString &mean : figures.first(2))
        QVERIFY2(mean.contains(QStringLiteral(" ± ")), qPrintable(mean));
    QVERIFY(words().contains(QStringLiteral("3.77\u202fM")));
    QVERIFY(view->rect().contains(card->geometry()));
    moveMouse(*canvas, centerOf(*view, 2, 0, 4));
    QTRY_VERIFY(words().contains(QStringLiteral("Not measured yet")));
    moveMouse(*canvas, centerOf(*view, 2, 1, 15));
    QTRY_VERIFY(words().contains(QStringLiteral("not a number")));
    QEvent leave(QEvent::Leave);
    QApplication::sendEvent(canvas, &leave);
    QVERIFY(card->isHidden());
}

/// The same words in the remark and in the key.
void SensitivityHeatmapTest::hoverSaysWhatIsUncertain()
{
    Scan scan = sample::scan(m_card, {"block"});
    const Effect noise{Certainty::WithinNoise, {0.001, 0.01}, 3, 0.1};
    const Effect single{Certainty::WithinNoise, {0.5, std::nan("")}, 3, std::nan("")};
    QCOMPARE(remarkOn(noise, Freshness::Current), QStringLiteral("Below two standard errors"));
    QCOMPARE(remarkOn(single, Freshness::Current), QStringLiteral("With one window its error is not known"));
    for (std::vector<double> *losses : {&scan.denseLosses, &scan.cells[0].losses, &scan.cells[1].losses})
        losses->resize(1);
    const auto view = shown(scan);
    const QByteArray drawing = drawn(*view);
    QVERIFY(drawing.contains("error not known with one window"));
    QVERIFY(!drawing.contains("below two standard errors"));
}

void SensitivityHeatmapTest::cellsArrive()
{
    const Scan whole = sample::scan(m_card, {"block", "ssm"});
    const auto view = shown(sample::partial(whole, 0));
    const QImage before = view->grab().toImage();
    for (std::size_t i = 0; i < whole.cells.size(); ++i)
        view->updateCell(sample::partial(whole, i + 1), static_cast<int>(i));
    QTest::qWait(300);
    const auto at_once = shown(whole);
    QVERIFY(view->grab().toImage() != before);
    QCOMPARE(view->grab().toImage(), at_once->grab().toImage());
    QCOMPARE(view->summary(), at_once->summary());
}

void SensitivityHeatmapTest::narrowKeyHasItsWordsBelow()
{
    const HeatPicture picture{1, {{0, 0, {Certainty::WithinNoise, {0.1, 0.2}, 0}, 1}}, -1, -1, Freshness::Current};
    const QFont font;
    const double wide = colorKeyHeight(picture, 600, font);
    QVERIFY(colorKeyHeight(picture, 200, font) > wide);
    QCOMPARE(colorKeyHeight({}, 200, font), wide); // no marks, no words
}

void SensitivityHeatmapTest::hybridModelsHaveGaps()
{
    Scan scan = sample::scan(m_card, {"block", "ssm"});
    std::erase_if(scan.cells, [](const Cell &cell) { return cell.kind == "ssm" && cell.layer % 6 != 0; });
    const auto view = shown(scan);
    view->setSelection(QStringLiteral("ssm:6"));
    QTest::keyClick(view.get(), Qt::Key_Right);
    QCOMPARE(view->selection(), QStringLiteral("ssm:12"));
    QTest::keyClick(view.get(), Qt::Key_Up);
    QCOMPARE(view->selection(), QStringLiteral("block:12"));
}

/// Layers without such a part look unlike those that are not measured, and say why.
void SensitivityHeatmapTest::gapsSayWhy()
{
    const ModelCard hybrid = sample::hybridCard();
    Scan scan = sample::scanOfUnits(hybrid, {"block", "attention", "ssm"});
    std::erase_if(scan.cells, [](const Cell &cell) { return cell.unit == "block:2"; });
    const auto view = shown({});
    view->setScan(hybrid, scan);
    QTest::qWait(50);
    QWidget *canvas = view->findChild<Plot *>()->findChild<QWidget *>();
    auto *card = view->findChild<HoverCard *>();
    const auto words = [&](int row, int layer) {
        moveMouse(*canvas, centerOf(*view, 3, row, layer));
        QStringList texts;
        for (const QLabel *label : card->findChildren<QLabel *>())
            if (!label->text().isEmpty())
                texts.append(label->text());
        return texts.join(QLatin1Char('|'));
    };
    // Rows in the card's order, whatever that of the scan: block, ssm, attention.
    QCOMPARE(words(1, 3), QStringLiteral("SSM of block 3|The layer has no such part"));
    QCOMPARE(words(2, 0), QStringLiteral("Attention of block 0|The layer has no such part"));
    QCOMPARE(words(2, 3),
             QStringLiteral("Attention of block 3|Cannot go alone; with it must go: Attention of block 8"));
    QCOMPARE(words(0, 2), QStringLiteral("Block 2|Not measured yet"));
    QVERIFY(words(2, 8).startsWith(QStringLiteral("Attention of block 8|Loss increase")));
    const QByteArray figure = drawn(*view);
    for (const char *expected : {"no such part", "cannot go alone", "not measured"})
        QVERIFY2(figure.contains(expected), expected);
    QSignalSpy picked(view.get(), &SensitivityHeatmap::unitPicked);
    QTest::mouseClick(canvas, Qt::LeftButton, {}, centerOf(*view, 3, 2, 0));
    QCOMPARE(picked.count(), 0);
    view->setScan(m_card, sample::scan(m_card, {"block", "ssm"}));
    QVERIFY(!drawn(*view).contains("no such part"));
}

/// Several ranges of a width lie in one layer: the table shows them, the heatmap whole parts.
void SensitivityHeatmapTest::entriesOfWidthsAreLeftOut()
{
    const ModelCard hybrid = sample::hybridCard();
    Scan scan = sample::scanOfUnits(hybrid, {"heads", "ssm"});
    scan.cells.insert(scan.cells.begin(), {"weight:layers.0.mixer.weight", "weight", 0, "removal", 1, {}});
    const auto view = shown({});
    view->setScan(hybrid, scan);
    QVERIFY2(view->summary().startsWith(QStringLiteral("Largest loss increase: SSM of block")),
             qPrintable(view->summary()));
    QVERIFY2(!view->summary().contains(QStringLiteral("measured)")), "only cells that are seen are counted");
    for (int i = 0; i < static_cast<int>(scan.cells.size()); ++i)
        view->updateCell(scan, i);
    view->updateCell(scan, -1);
    view->setSelection(QStringLiteral("heads:1:8-15"));
    QVERIFY(view->selection().isEmpty());
    QTest::keyClick(view.get(), Qt::Key_Right);
    QTest::keyClick(view.get(), Qt::Key_Right);
    QCOMPARE(view->selection(), QStringLiteral("ssm:1"));
    std::erase_if(scan.cells, [](const Cell &cell) { return cell.kind == "ssm"; });
    view->setScan(hybrid, scan);
    QVERIFY(view->selection().isEmpty());
    QVERIFY(view->findChild<QLabel *>()->text().contains(QStringLiteral("The table shows")));
}

/// 64 layers with six kinds, in processor time since the machine may be busy: an arriving cell and a drawing of the
/// whole view stay far below the 16 ms of a frame; the limits leave room for slow processors.
void SensitivityHeatmapTest::paintingIsFast()
{
    const ModelCard card = sample::card(64);
    const Scan scan = sample::scan(card, {"block", "ssm", "attention", "mlp", "moe", "shared_mlp"}, 31);
    const auto view = shown(scan, card);
    view->resize(1600, 1000);
    QTest::qWait(30);
    const auto now = [] { return 1000.0 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };
    std::vector<double> wholes, updates;
    for (int i = 0; i < 15; ++i) {
        const double start = now();
        view->updateCell(scan, i);
        updates.push_back(now() - start);
    }
    QTest::qWait(300); // the cells have appeared
    for (int i = 0; i < 15; ++i) {
        const double start = now();
        view->findChild<Plot *>()->refresh();
        QCoreApplication::processEvents();
        wholes.push_back(now() - start);
    }
    std::sort(wholes.begin(), wholes.end());
    std::sort(updates.begin(), updates.end());
    qInfo("an arriving cell %.2f ms, the whole view %.2f ms (medians of processor time)", updates[7], wholes[7]);
    QVERIFY(updates[7] < 4);
    QVERIFY(wholes[7] > 0.1 && wholes[7] < 64);
}

QTEST_MAIN(SensitivityHeatmapTest)
#include "tst_sensitivity_heatmap.moc"

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QDropEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QMimeData>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include "tests/support/sample_scan.h"
#include "tests/widgets/words_of.h"
#include "widgets/command_palette.h"
#include "widgets/job_bar.h"
#include "widgets/layer_strip.h"
#include "widgets/message_list.h"
#include "widgets/model_facts.h"
#include "widgets/start_page.h"

using namespace ecdysis;

/// The smaller views: what they say and what they tell others.
class PanelsTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void jobBarRuns();
    void jobBarCancels();
    void progressWords();
    void stripPicks();
    void stripKeys();
    void stripOfHybrids();
    void factsOfModels();
    void startPageButtons();
    void startPageDrops();
    void startPageRecent();
    void messagesCopy();
    void bannerDetails();
    void paletteFindsAndRuns();

private:
    ModelCard m_card = sample::card();
};

void PanelsTest::initTestCase()
{
    QLocale::setDefault(QLocale(QLocale::English));
    applyTheme(*qApp, lightTheme());
}

void PanelsTest::jobBarRuns()
{
    JobBar bar;
    auto *progress = bar.findChild<QProgressBar *>();
    QVERIFY(progress->isHidden());
    bar.setProgress({"Scanning", 12e9, 48e9, 12, 48, std::chrono::seconds(14), std::chrono::seconds(41)});
    QVERIFY(!progress->isHidden());
    QCOMPARE(progress->value(), 250);
    QVERIFY(wordsOf(bar).contains(QStringLiteral("12 of 48 cells · 0:41 left")));
    QCOMPARE(bar.accessibleDescription(), QStringLiteral("Scanning: 12 of 48 cells · 0:41 left"));
    bar.setLosses({3.0213, 0.0041});
    QVERIFY(wordsOf(bar).contains(QStringLiteral("3.0213 ± 0.0041")));
    bar.setIdle(QStringLiteral("Scan finished in 55 s"));
    QVERIFY(progress->isHidden());
    QVERIFY(wordsOf(bar).contains(QStringLiteral("Scan finished in 55 s")));
    bar.setProgress({"Loading", 0, 0});
    QCOMPARE(progress->maximum(), 0);
}

void PanelsTest::jobBarCancels()
{
    JobBar bar;
    QSignalSpy cancelled(&bar, &JobBar::cancelRequested);
    bar.setProgress({"Loading", 1, 2});
    auto *button = bar.findChild<QToolButton *>();
    QVERIFY(!button->accessibleName().isEmpty() && !button->toolTip().isEmpty());
    QTest::mouseClick(button, Qt::LeftButton);
    QCOMPARE(cancelled.count(), 1);
}

void PanelsTest::progressWords()
{
    QCOMPARE(JobBar::progressText({"Loading", 1, 4}), QStringLiteral("25\u202f%"));
    QCOMPARE(JobBar::progressText({"Loading", 0, 0}), QString());
    QCOMPARE(JobBar::progressText({"Scan", 0, 4, 0, 24}), QStringLiteral("0 of 24 cells"));
}

void PanelsTest::stripPicks()
{
    LayerStrip strip;
    strip.resize(264, 56);
    QSignalSpy picked(&strip, &LayerStrip::unitPicked);
    QTest::mouseClick(&strip, Qt::LeftButton, {}, QPoint(20, 16));
    QCOMPARE(picked.count(), 0);
    strip.setCard(m_card);
    QTest::mouseClick(&strip, Qt::LeftButton, {}, QPoint(12 + 10 * 7 + 4, 16));
    QCOMPARE(picked.last()[0].toString(), QStringLiteral("block:7"));
    QTest::mouseClick(&strip, Qt::LeftButton, {}, QPoint(263, 16));
    QCOMPARE(picked.last()[0].toString(), QStringLiteral("block:23"));
    QCOMPARE(strip.summary(), QStringLiteral("Layers: 24"));
    const QImage before = strip.grab().toImage();
    strip.setScan(sample::scan(m_card, {"block"}));
    QVERIFY(strip.grab().toImage() != before);
    QVERIFY(strip.accessibleDescription().contains(QStringLiteral("coloured")));
}

void PanelsTest::stripKeys()
{
    LayerStrip strip;
    strip.setCard(m_card);
    QSignalSpy picked(&strip, &LayerStrip::unitPicked);
    strip.setSelection(QStringLiteral("ssm:22"));
    QCOMPARE(picked.count(), 0);
    for (const char *unit : {"block:23", "block:23"}) {
        QTest::keyClick(&strip, Qt::Key_Right);
        QCOMPARE(picked.last()[0].toString(), QString::fromLatin1(unit));
    }
    QTest::keyClick(&strip, Qt::Key_Left);
    QCOMPARE(picked.last()[0].toString(), QStringLiteral("block:22"));
}

void PanelsTest::stripOfHybrids()
{
    const ModelCard card = sample::hybridCard(10);
    LayerStrip strip;
    strip.resize(264, 56);
    strip.setTheme(lightTheme());
    strip.setCard(card);
    const QImage image = strip.grab().toImage();
    const auto color = [&image](int layer) { return image.pixelColor(12 + layer * 24 + 10, 16); };
    QCOMPARE(color(2), color(0));
    QVERIFY2(color(3).lightness() < color(2).lightness(), "rarer types of layers are darker");
    strip.setSelection(QStringLiteral("heads:4:2-5"));
    QVERIFY(strip.grab().toImage().pixelColor(12 + 4 * 24 + 10, 16) != color(4));
    strip.setScan(sample::scanOfUnits(card, {"heads", "ssm"}));
    QCOMPARE(strip.summary(), QStringLiteral("Layers: 10"));
}

void PanelsTest::factsOfModels()
{
    ModelCard card = sample::hybridCard(10);
    card.conventions = {{"dt_floor", "none", {"time_step_min", "none"}, "Smallest step size of %3 states."},
                        {"gated_norm", "width", {"width"}, "The gated norm of 2 groups: so or so."}};
    ModelFacts facts;
    facts.setCard(card);
    facts.show();
    QVERIFY2(wordsOf(facts).startsWith(QStringLiteral("Layers: 8 Mamba-2, 2 Attention")), qPrintable(wordsOf(facts)));
    auto *button = facts.findChild<QToolButton *>(QStringLiteral("dt_floor"));
    QCOMPARE(button->text(), QStringLiteral("dt_floor: none"));
    QVERIFY(!wordsOf(facts).contains(QStringLiteral("Smallest step size")));
    QTest::keyClick(button, Qt::Key_Space);
    QVERIFY2(wordsOf(facts).contains(QStringLiteral("Smallest step size of %3 states.\nOther readings")),
             qPrintable(wordsOf(facts)));
    QVERIFY2(wordsOf(facts).contains(QStringLiteral(": time_step_min")), qPrintable(wordsOf(facts)));
    facts.findChild<QToolButton *>(QStringLiteral("gated_norm"))->click();
    QVERIFY(wordsOf(facts).endsWith(QStringLiteral("The gated norm of 2 groups: so or so.")));
    facts.setCard(m_card);
    QVERIFY(facts.isHidden());
    QVERIFY(!facts.findChild<QToolButton *>());
}

void PanelsTest::startPageButtons()
{
    StartPage page;
    QSignalSpy open(&page, &StartPage::openModelRequested), demo(&page, &StartPage::demoRequested);
    for (QPushButton *button : page.findChildren<QPushButton *>())
        button->click();
    QCOMPARE(open.count(), 1);
    QCOMPARE(demo.count(), 1);
}

void PanelsTest::startPageDrops()
{
    StartPage page;
    QSignalSpy dropped(&page, &StartPage::modelDropped);
    QTemporaryDir folder;
    const auto drop = [&](const QUrl &url) {
        QMimeData data;
        data.setUrls({url});
        QDragEnterEvent enter(QPoint(5, 5), Qt::CopyAction, &data, Qt::LeftButton, {});
        enter.ignore();
        QApplication::sendEvent(&page, &enter);
        QDropEvent event(QPointF(5, 5), Qt::CopyAction, &data, Qt::LeftButton, {});
        QApplication::sendEvent(&page, &event);
        return enter.isAccepted();
    };
    QVERIFY(drop(QUrl::fromLocalFile(folder.path())));
    QCOMPARE(dropped.count(), 1);
    QCOMPARE(dropped[0][0].toString(), folder.path());
    QVERIFY(!drop(QUrl(QStringLiteral("https://example.org/model"))));
    QVERIFY(!drop(QUrl::fromLocalFile(folder.filePath(QStringLiteral("picture.png")))));
    QCOMPARE(dropped.count(), 1);
    QVERIFY(drop(QUrl::fromLocalFile(folder.filePath(QStringLiteral("work.ecdysis")))));
    QCOMPARE(dropped.count(), 2);
}

void PanelsTest::startPageRecent()
{
    StartPage page;
    QSignalSpy picked(&page, &StartPage::recentPicked);
    page.setRecent({{"/one", "One", "first", {}}, {"/two", "Two", "second", {}}});
    QList<QPushButton *> buttons;
    for (QPushButton *button : page.findChildren<QPushButton *>())
        if (button->accessibleName() == QLatin1String("Two"))
            buttons.append(button);
    QCOMPARE(buttons.size(), 1);
    buttons.first()->click();
    QCOMPARE(picked.count(), 1);
    QCOMPARE(picked[0][0].toString(), QStringLiteral("/two"));
    page.setTheme(darkTheme());
    QVERIFY(wordsOf(page).contains(QStringLiteral("second")));
}

void PanelsTest::messagesCopy()
{
    MessageList list;
    list.setMessages(
        {{Severity::Warning, "Odd.", "config.json", {}}, {Severity::Error, "Broken.", "a.bin", "offset 7"}});
    QCOMPARE(list.plainText(), QStringLiteral("Odd.\nconfig.json\n\nBroken.\na.bin\noffset 7"));
    list.findChild<QToolButton *>()->click();
    QCOMPARE(QApplication::clipboard()->text(), list.plainText());
    list.findChild<QListWidget *>()->item(1)->setSelected(true);
    QTest::keyClick(&list, Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("Broken.\na.bin\noffset 7"));
    QCOMPARE(list.accessibleDescription(), QStringLiteral("Messages: 2"));
}

void PanelsTest::bannerDetails()
{
    Banner banner;
    QVERIFY(banner.isHidden());
    QSignalSpy closed(&banner, &Banner::closed);
    banner.showMessage({Severity::Error, "It is cut off.", "model.safetensors", "expected 8, found 4"});
    QVERIFY(banner.isVisible());
    QVERIFY(!wordsOf(banner).contains(QStringLiteral("expected 8")));
    banner.findChild<QPushButton *>()->click();
    QVERIFY(wordsOf(banner).contains(QStringLiteral("expected 8, found 4")));
    for (QToolButton *button : banner.findChildren<QToolButton *>())
        button->click();
    QCOMPARE(QApplication::clipboard()->text(),
             QStringLiteral("It is cut off.\nmodel.safetensors\nexpected 8, found 4"));
    QCOMPARE(closed.count(), 1);
    QVERIFY(banner.isHidden());
    banner.showMessage({Severity::Note, "Done.", {}, {}});
    QVERIFY(banner.findChild<QPushButton *>()->isHidden());
}

void PanelsTest::paletteFindsAndRuns()
{
    QAction open(QStringLiteral("&Open model folder…")), scan(QStringLiteral("Scan what is visible")),
        off(QStringLiteral("Not now")), fail(QStringLiteral("Export the scan"));
    off.setEnabled(false);
    QSignalSpy scanned(&scan, &QAction::triggered), exported(&fail, &QAction::triggered);
    CommandPalette palette({&open, &scan, &off, &fail}, lightTheme());
    palette.show();
    auto *list = palette.findChild<QListWidget *>();
    auto *search = palette.findChild<QLineEdit *>();
    QCOMPARE(list->count(), 3);
    QCOMPARE(list->item(0)->text(), QStringLiteral("Open model folder"));
    QTest::keyClicks(search, QStringLiteral("scan"));
    QCOMPARE(list->count(), 2);
    QCOMPARE(list->item(0)->text(), QStringLiteral("Scan what is visible"));
    QTest::keyClick(search, Qt::Key_Down);
    QTest::keyClick(search, Qt::Key_Down);
    QTest::keyClick(search, Qt::Key_Return);
    QCOMPARE(palette.result(), static_cast<int>(QDialog::Accepted));
    QTRY_COMPARE(scanned.count(), 1);
    QCOMPARE(exported.count(), 0);
}

QTEST_MAIN(PanelsTest)
#include "tst_panels.moc"

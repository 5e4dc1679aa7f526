// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QDropEvent>
#include <QFormLayout>
#include <QLabel>
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
#include "widgets/command_palette.h"
#include "widgets/inspector.h"
#include "widgets/job_bar.h"
#include "widgets/layer_strip.h"
#include "widgets/message_list.h"
#include "widgets/model_facts.h"
#include "widgets/start_page.h"

using namespace ecdysis;

namespace {

QString wordsOf(const QWidget &widget)
{
    QStringList words;
    for (const QLabel *label : widget.findChildren<QLabel *>())
        if (!label->isHidden())
            words.append(label->text());
    return words.join(QLatin1Char('|'));
}

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

/// The smaller views: what they say and what they tell others.
class PanelsTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void themes();
    void everyIconExists();
    void inspectorShowsTheUnit();
    void inspectorIsHonest();
    void inspectorNeedsAnError();
    void inspectorStale();
    void inspectorOfHybrids();
    void inspectorOfWidths();
    void inspectorNamesLoaders();
    void inspectorEmpty();
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

/// Text is read well on both grounds in every theme: contrast of at least 4.5 (WCAG 2.1).
void PanelsTest::themes()
{
    const auto luminance = [](const QColor &color) {
        const auto linear = [](double part) {
            return part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
        };
        return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
    };
    const auto contrast = [&](const QColor &a, const QColor &b) {
        const double x = luminance(a) + 0.05, y = luminance(b) + 0.05;
        return std::max(x, y) / std::min(x, y);
    };
    for (const Theme &theme : {lightTheme(), darkTheme(), highContrastTheme()}) {
        for (const QColor &ground : {theme.surface, theme.raised})
            for (const QColor &ink : {theme.text, theme.muted, theme.error, theme.warning})
                QVERIFY2(contrast(ink, ground) >= 4.5, qPrintable(ink.name() + ground.name()));
        QVERIFY(contrast(theme.accent, theme.raised) >= 3);
        applyTheme(*qApp, theme);
        QVERIFY(!qApp->styleSheet().contains(QStringLiteral("${")));
        QCOMPARE(qApp->palette().color(QPalette::WindowText), theme.text);
    }
    applyTheme(*qApp, lightTheme());
}

void PanelsTest::everyIconExists()
{
    const QStringList files = QDir(QStringLiteral(":/icons")).entryList();
    QVERIFY(files.size() > 20);
    for (const QString &file : files) {
        const QImage dark = themedIcon(file.chopped(4), darkTheme()).pixmap(20, 20).toImage();
        const QImage light = themedIcon(file.chopped(4), lightTheme()).pixmap(20, 20).toImage();
        QVERIFY2(dark != light, qPrintable(file));
        QImage nothing(light.size(), light.format());
        nothing.fill(Qt::transparent);
        QVERIFY2(light != nothing, qPrintable(file));
    }
    QTest::ignoreMessage(QtWarningMsg, "there is no icon \"absent\"");
    QVERIFY(themedIcon(QStringLiteral("absent"), lightTheme()).isNull());
}

void PanelsTest::inspectorShowsTheUnit()
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

void PanelsTest::inspectorIsHonest()
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

void PanelsTest::inspectorNeedsAnError()
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

void PanelsTest::inspectorStale()
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

void PanelsTest::inspectorOfHybrids()
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

void PanelsTest::inspectorOfWidths()
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

void PanelsTest::inspectorNamesLoaders()
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

void PanelsTest::inspectorEmpty()
{
    Inspector inspector;
    inspector.setUnit(m_card, {}, QStringLiteral("ssm:2"));
    QVERIFY(wordsOf(inspector).contains(QStringLiteral("Not measured yet")));
    inspector.setUnit(m_card, {}, QStringLiteral("no:such"));
    QCOMPARE(inspector.summary(), QStringLiteral("Nothing is selected"));
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

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <functional>

#include <QAction>
#include <QApplication>
#include <QFontDatabase>
#include <QListWidget>
#include <QMouseEvent>
#include <QProxyStyle>
#include <QStyleFactory>
#include <QTest>

#include "tests/support/image_compare.h"
#include "tests/support/sample_scan.h"
#include "widgets/command_palette.h"
#include "widgets/inspector.h"
#include "widgets/job_bar.h"
#include "widgets/layer_strip.h"
#include "widgets/message_list.h"
#include "widgets/model_tree.h"
#include "widgets/sensitivity_heatmap.h"
#include "widgets/sensitivity_table.h"
#include "widgets/start_page.h"

using namespace ecdysis;

namespace {

using Made = std::unique_ptr<QWidget>;

Made heatmap(const Theme &theme, const ModelCard &card, const Scan &scan, const QString &selection)
{
    auto view = std::make_unique<SensitivityHeatmap>();
    view->setTheme(theme);
    view->setScan(card, scan);
    view->setSelection(selection);
    return view;
}

Made heatmap24(const Theme &theme)
{
    const ModelCard card = sample::card();
    return heatmap(theme, card, sample::scan(card, {"block", "ssm"}, 9, 15), QStringLiteral("ssm:11"));
}

Made heatmapRunning(const Theme &theme)
{
    const ModelCard card = sample::card();
    return heatmap(theme, card, sample::partial(sample::scan(card, {"block", "ssm"}), 17), {});
}

Made heatmap64(const Theme &theme)
{
    const ModelCard card = sample::card(64);
    return heatmap(theme, card, sample::scan(card, {"block", "ssm", "attention", "mlp", "moe", "shared_mlp"}, 31),
                   QStringLiteral("mlp:40"));
}

/// Parts that not every layer has, one that cannot go alone, entries of widths that only the table shows.
Made heatmapHybrid(const Theme &theme)
{
    const ModelCard card = sample::hybridCard(24);
    const Scan scan = sample::scanOfUnits(card, {"block", "mamba", "ssm", "attention", "mlp", "heads"});
    return heatmap(theme, card, sample::partial(scan, 110), QStringLiteral("mlp:11"));
}

Made heatmap12(const Theme &theme)
{
    const ModelCard card = sample::card(12);
    return heatmap(theme, card, sample::scan(card, {"ssm"}), {});
}

/// One giant: an arrow in the chart, a clipped end on the colour bar.
Made heatmapGiant(const Theme &theme)
{
    const ModelCard card = sample::card();
    Scan scan = sample::scan(card, {"block", "ssm"});
    scan.cells[0].losses = sample::losses(scan.denseLosses, 7.31, 0.11, 3);
    return heatmap(theme, card, scan, {});
}

/// Measured on another text than the one that is chosen now.
Made heatmapStale(const Theme &theme)
{
    const ModelCard card = sample::card();
    Made view = heatmap(theme, card, sample::scan(card, {"block", "ssm"}, 9, 15), QStringLiteral("ssm:11"));
    static_cast<SensitivityHeatmap &>(*view).setFreshness(Freshness::Stale);
    return view;
}

Made heatmapEmpty(const Theme &theme)
{
    return heatmap(theme, sample::card(), {}, {});
}

Made table(const Theme &theme)
{
    auto view = std::make_unique<SensitivityTable>();
    const ModelCard card = sample::card();
    view->setTheme(theme);
    view->setScan(card, sample::scan(card, {"block", "ssm"}, 9, 3));
    view->setSelection(QStringLiteral("ssm:2"));
    return view;
}

Made tableStale(const Theme &theme)
{
    Made view = table(theme);
    static_cast<SensitivityTable &>(*view).setFreshness(Freshness::Stale);
    return view;
}

Made tableEmpty(const Theme &theme)
{
    auto view = std::make_unique<SensitivityTable>();
    view->setTheme(theme);
    view->setScan(sample::card(), {});
    return view;
}

Made tree(const Theme &theme)
{
    auto view = std::make_unique<ModelTree>();
    view->setTheme(theme);
    view->setCard(sample::card());
    view->setSelection(QStringLiteral("ssm:1"));
    return view;
}

Made strip(const Theme &theme)
{
    auto view = std::make_unique<LayerStrip>();
    view->setTheme(theme);
    view->setCard(sample::card());
    view->setScan(sample::scan(sample::card(), {"block", "ssm"}, 9));
    view->setSelection(QStringLiteral("ssm:11"));
    return view;
}

Made inspector(const Theme &theme)
{
    auto view = std::make_unique<Inspector>();
    const ModelCard card = sample::card();
    view->setTheme(theme);
    view->setUnit(card, sample::scan(card, {"block", "ssm"}), QStringLiteral("ssm:2"));
    return view;
}

Made inspectorBound(const Theme &theme)
{
    auto view = std::make_unique<Inspector>();
    view->setTheme(theme);
    view->setUnit(sample::hybridCard(), {}, QStringLiteral("attention:3"));
    return view;
}

Made stripHybrid(const Theme &theme)
{
    auto view = std::make_unique<LayerStrip>();
    view->setTheme(theme);
    view->setCard(sample::hybridCard(24));
    view->setSelection(QStringLiteral("block:11"));
    return view;
}

Made inspectorStale(const Theme &theme)
{
    Made view = inspector(theme);
    static_cast<Inspector &>(*view).setFreshness(Freshness::Stale);
    return view;
}

Made jobBar(const Theme &theme)
{
    auto view = std::make_unique<JobBar>();
    view->setTheme(theme);
    view->setProgress({"Scanning block and SSM", 12, 48, 12, 48, std::chrono::seconds(14), std::chrono::seconds(41)});
    view->setLosses({3.0213, 0.0041});
    return view;
}

Made startPage(const Theme &theme)
{
    const ModelCard card = sample::card();
    SensitivityHeatmap heatmap;
    heatmap.setTheme(theme);
    heatmap.setScan(card, sample::scan(card, {"block", "ssm"}, 9));
    auto view = std::make_unique<StartPage>();
    view->setTheme(theme);
    view->setRecent({{"/data/first.ecdysis", "mamba-130m on wiki", "Mamba · 24 layers · 129.1 M parameters",
                      heatmap.thumbnail({144, 64})},
                     {"/models/mamba2", "mamba2-370m", "Mamba-2 · 48 layers · 368.0 M parameters", {}}});
    return view;
}

Made messages(const Theme &theme)
{
    auto view = std::make_unique<MessageList>();
    view->setTheme(theme);
    view->setMessages(
        {{Severity::Warning,
          "The vocabulary is padded: 50,280 rows, 50,254 known tokens.",
          "config.json: vocab_size",
          {}},
         {Severity::Error, "The file ends 4,096 bytes too early.", "model-00002-of-00003.safetensors", {}},
         {Severity::Note, "No tokenizer was found; texts must be given as token ids.", {}, {}}});
    return view;
}

Made banner(const Theme &theme)
{
    auto view = std::make_unique<Banner>();
    view->setTheme(theme);
    view->showMessage({Severity::Error, "This model cannot be opened: one of its files is cut off. Fetch it again.",
                       "model-00002-of-00003.safetensors", "expected 1,048,576 bytes, found 1,044,480"});
    return view;
}

Made palette(const Theme &theme)
{
    static QList<QAction *> actions;
    if (actions.isEmpty())
        for (const auto &[text, keys] : {std::pair{"&Open model folder…", "Ctrl+O"},
                                         {"Scan what is visible", "S"},
                                         {"Export figure…", "E"},
                                         {"Show table", "2"},
                                         {"Dark theme", ""}}) {
            actions.append(new QAction(QString::fromUtf8(text), qApp));
            actions.last()->setShortcut(QKeySequence(QString::fromLatin1(keys)));
        }
    const char *icons[] = {"open", "scan", "figure", "table", "dark"};
    for (int i = 0; i < 5; ++i)
        actions[i]->setIcon(themedIcon(QString::fromLatin1(icons[i]), theme));
    return std::make_unique<CommandPalette>(actions, theme);
}

Made icons(const Theme &theme)
{
    auto view = std::make_unique<QListWidget>();
    view->setViewMode(QListView::IconMode);
    view->setGridSize(QSize(88, 60));
    view->setIconSize(QSize(20, 20));
    for (const QString &file : QDir(QStringLiteral(":/icons")).entryList()) {
        const QString name = file.chopped(4);
        new QListWidgetItem(themedIcon(name, theme), name, view.get());
    }
    return view;
}

/// Fusion without motion: pictures show the end of every change.
class StillStyle : public QProxyStyle
{
public:
    StillStyle() : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion"))) { setObjectName("fusion"); }
    int styleHint(StyleHint hint, const QStyleOption *option, const QWidget *widget,
                  QStyleHintReturn *data) const override
    {
        return hint == SH_Widget_Animation_Duration || hint == SH_BlinkCursorWhenTextSelected
                   ? 0
                   : QProxyStyle::styleHint(hint, option, widget, data);
    }
};

} // namespace

using Maker = Made (*)(const Theme &);
Q_DECLARE_METATYPE(Maker)

/// Every widget with fixed data, compared with the stored pictures.
class ScreenshotTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void looks_data();
    void looks();
};

void ScreenshotTest::initTestCase()
{
    QLocale::setDefault(QLocale::c());
    const QString font = QStringLiteral("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf");
    if (!QFile::exists(font))
        QSKIP("the pictures were made with the font DejaVu Sans, which is not installed");
    QFontDatabase::addApplicationFont(font);
    QApplication::setStyle(new StillStyle);
    QFont family(QStringLiteral("DejaVu Sans"));
    family.setHintingPreference(QFont::PreferNoHinting);
    QApplication::setFont(family);
}

void ScreenshotTest::looks_data()
{
    struct Case
    {
        const char *name;
        QSize size;
        Maker make;
    };
    const Case cases[] = {
        {"heatmap", {880, 520}, heatmap24},
        {"heatmap-small", {560, 380}, heatmap24},
        {"heatmap-running", {720, 420}, heatmapRunning},
        {"heatmap-64x6", {900, 560}, heatmap64},
        {"heatmap-hybrid", {880, 520}, heatmapHybrid},
        {"heatmap-12x1", {560, 380}, heatmap12},
        {"heatmap-giant", {720, 420}, heatmapGiant},
        {"heatmap-stale", {720, 420}, heatmapStale},
        {"heatmap-empty", {560, 300}, heatmapEmpty},
        {"table", {860, 320}, table},
        {"table-stale", {860, 200}, tableStale},
        {"table-empty", {560, 160}, tableEmpty},
        {"tree", {480, 420}, tree},
        {"strip", {260, 56}, strip},
        {"inspector", {320, 620}, inspector},
        {"inspector-stale", {320, 420}, inspectorStale},
        {"inspector-bound", {320, 420}, inspectorBound},
        {"strip-hybrid", {260, 56}, stripHybrid},
        {"job-bar", {900, 36}, jobBar},
        {"start-page", {900, 600}, startPage},
        {"messages", {480, 200}, messages},
        {"banner", {640, 64}, banner},
        {"palette", {520, 300}, palette},
        {"icons", {640, 480}, icons},
    };
    const std::pair<const char *, Theme> themes[] = {{"light", lightTheme()}, {"dark", darkTheme()}};
    QTest::addColumn<QString>("name");
    QTest::addColumn<QSize>("size");
    QTest::addColumn<Maker>("make");
    QTest::addColumn<bool>("dark");
    for (const auto &[themeName, theme] : themes)
        for (const Case &one : cases) {
            const QString name = QStringLiteral("%1-%2").arg(QLatin1String(one.name), QLatin1String(themeName));
            QTest::newRow(qPrintable(name)) << name << one.size << one.make << theme.dark;
        }
}

void ScreenshotTest::looks()
{
    QFETCH(QString, name);
    QFETCH(QSize, size);
    QFETCH(Maker, make);
    QFETCH(bool, dark);
    const Theme theme = dark ? darkTheme() : lightTheme();
    applyTheme(*qApp, theme);
    const Made view = make(theme);
    view->resize(size);
    view->show();
    QVERIFY(QTest::qWaitForWindowExposed(view.get()));
    QTest::qWait(30);
    QCOMPARE(view->size(), size);
    const QString problem = compareWithStored(view->grab().toImage(), name);
    QVERIFY2(problem.isEmpty(), qPrintable(problem));
}

QTEST_MAIN(ScreenshotTest)
#include "tst_screenshots.moc"

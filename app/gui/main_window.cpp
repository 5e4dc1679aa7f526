// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/main_window.h"

#include <QAction>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QMimeData>
#include <QScreen>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTabWidget>
#include <QToolBar>
#include <QToolButton>
#include <QUrl>
#include <QVBoxLayout>

#include "app/gui/appearance.h"
#include "app/gui/compute_button.h"
#include "app/gui/document.h"
#include "app/gui/help_dialog.h"
#include "app/gui/menus.h"
#include "app/gui/messages.h"
#include "app/gui/operations.h"
#include "app/gui/panels.h"
#include "app/gui/scan_bar.h"
#include "app/gui/settings.h"
#include "app/gui/thumbnails.h"
#include "app/gui/views.h"
#include "widgets/command_palette.h"
#include "widgets/effect.h"
#include "widgets/job_bar.h"
#include "widgets/sensitivity_heatmap.h"
#include "widgets/sensitivity_table.h"
#include "widgets/start_page.h"

namespace ecdysis {

namespace {

/// The one thing of a drop that this window can open, or nothing.
QString openablePath(const QMimeData &data)
{
    for (const QUrl &url : data.urls()) {
        const QFileInfo file(url.toLocalFile());
        if (file.isDir() || file.suffix() == QLatin1String("ecdysis"))
            return file.absoluteFilePath();
        if (file.exists()) // a file of a model stands for its folder
            return file.absolutePath();
    }
    return {};
}

} // namespace

struct MainWindow::Parts
{
    Banner *banner = nullptr;
    QStackedWidget *pages = nullptr;
    StartPage *start = nullptr;
    QTabWidget *tabs = nullptr;
    QToolButton *session = nullptr;
    JobBar *jobs = nullptr;
    Menus *menus = nullptr;
    Panels *panels = nullptr;
    HelpDialog *help = nullptr;     ///< made when first asked for
    std::unique_ptr<QObject> named; ///< owns what the palette shows by a longer name
};

MainWindow::MainWindow(const Context &context, QWidget *parent)
    : QMainWindow(parent), m_context(context), m_parts(std::make_unique<Parts>())
{
    setAcceptDrops(true);
    setDockOptions(AnimatedDocks | AllowNestedDocks | AllowTabbedDocks);
    setUnifiedTitleAndToolBarOnMac(true);
    buildCentre();
    buildBars();
    connectDocument();
    connectOperations();
    takeTheme(context.appearance.theme());
    connect(&context.appearance, &Appearance::themeChanged, this, &MainWindow::takeTheme);
    resize(QSize(1440, 900).boundedTo(screen()->availableSize()));
    restoreGeometry(context.settings.geometry);
    showDocument();
    showBusy();
}

MainWindow::~MainWindow() = default;

void MainWindow::buildCentre()
{
    Parts &parts = *m_parts;
    auto *centre = new QWidget(this);
    auto *rows = new QVBoxLayout(centre);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(0);
    parts.banner = new Banner(centre);
    parts.pages = new QStackedWidget(centre);
    rows->addWidget(parts.banner);
    rows->addWidget(parts.pages, 1);
    parts.start = new StartPage(parts.pages);
    parts.tabs = new QTabWidget(parts.pages);
    parts.tabs->setDocumentMode(true);
    parts.pages->addWidget(parts.start);
    parts.pages->addWidget(parts.tabs);
    setCentralWidget(centre);
    parts.panels = new Panels(m_context, *this, *parts.tabs);
}

void MainWindow::buildBars()
{
    Parts &parts = *m_parts;
    auto *toolbar = addToolBar(tr("Toolbar"));
    toolbar->setObjectName(QStringLiteral("toolbar"));
    toolbar->setMovable(false);
    toolbar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    parts.menus = new Menus(m_context, *this, *toolbar);
    connect(parts.menus, &Menus::viewRequested, parts.panels, &Panels::show);
    parts.session = new QToolButton(toolbar);
    parts.session->setObjectName(QStringLiteral("session"));
    parts.session->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    parts.session->setToolTip(tr("What is open; models and sessions of late"));
    parts.session->setPopupMode(QToolButton::InstantPopup);
    parts.session->setMenu(parts.menus->recentMenu());
    toolbar->insertWidget(parts.menus->action("save"), parts.session);
    buildTools();
    auto *space = new QWidget(toolbar);
    space->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    toolbar->addWidget(space);
    toolbar->addWidget(new ComputeButton(m_context, toolbar));
    parts.jobs = new JobBar(this);
    statusBar()->setSizeGripEnabled(false);
    statusBar()->addPermanentWidget(parts.jobs, 1);
}

/// At the right end of the tabs: copy and export what the tab shows.
void MainWindow::buildTools()
{
    QTabWidget *tabs = m_parts->tabs;
    auto *tools = new QWidget(tabs);
    tools->setAutoFillBackground(true); // over the line that the tabs draw there
    auto *row = new QHBoxLayout(tools);
    row->setContentsMargins(0, 0, 12, 0);
    row->setSpacing(4);
    QList<QToolButton *> buttons;
    for (std::size_t i = 0; i < View().tools.size(); ++i) {
        buttons.append(new QToolButton(tools));
        row->addWidget(buttons.last());
    }
    const auto show = [this, buttons](int tab) {
        const View &view = m_parts->panels->viewOfTab(tab);
        for (std::size_t i = 0; i < view.tools.size(); ++i) {
            QToolButton *button = buttons[static_cast<qsizetype>(i)];
            for (QAction *old : button->actions())
                button->removeAction(old);
            button->setDefaultAction(m_parts->menus->action(QLatin1String(view.tools[i])));
        }
    };
    connect(tabs, &QTabWidget::currentChanged, this, show);
    show(tabs->currentIndex());
    tabs->setCornerWidget(tools);
}

void MainWindow::connectDocument()
{
    const Document &document = m_context.document;
    connect(&document, &Document::opened, this, &MainWindow::showDocument);
    connect(&document, &Document::opened, this, &MainWindow::rememberDocument);
    connect(&document, &Document::scanChanged, this, &MainWindow::showLosses);
    connect(&document, &Document::scanChanged, this, &MainWindow::rememberDocument);
    connect(&document, &Document::sessionFileChanged, this, &MainWindow::showTitle);
    connect(&document, &Document::sessionFileChanged, this, &MainWindow::rememberDocument);
    StartPage *start = m_parts->start;
    connect(start, &StartPage::openModelRequested, this, [this] { m_parts->menus->action("open")->trigger(); });
    connect(start, &StartPage::demoRequested, this, [this] { m_parts->menus->action("demo")->trigger(); });
    connect(start, &StartPage::modelDropped, this, &MainWindow::open);
    connect(start, &StartPage::recentPicked, this, &MainWindow::open);
}

void MainWindow::connectOperations()
{
    const Operations &operations = m_context.operations;
    connect(&operations, &Operations::progressed, this, &MainWindow::showProgress);
    connect(&operations, &Operations::busyChanged, this, &MainWindow::showBusy);
    connect(&operations, &Operations::noticed, this, &MainWindow::showNotice);
    connect(&operations, &Operations::scanEnded, this, &MainWindow::rememberDocument);
    connect(&operations, &Operations::timingChanged, this, [this] {
        const bool timing = m_context.operations.isTiming();
        showNotice(timing ? tr("Timing this machine on a few windows") : m_context.document.summary());
        m_parts->menus->update();
    });
    connect(&operations, &Operations::failed, this, [this](const Error &error) {
        showNotice({});
        showMessage(message(error));
    });
    connect(m_parts->jobs, &JobBar::cancelRequested, &m_context.operations, &Operations::cancel);
}

void MainWindow::open(const QString &path)
{
    m_parts->banner->hide();
    m_context.operations.open(path.toStdString());
}

void MainWindow::showMessage(const Message &message)
{
    m_parts->banner->showMessage(message);
}

void MainWindow::showNotice(const QString &notice)
{
    if (!m_context.operations.isBusy())
        m_parts->jobs->setIdle(notice);
}

void MainWindow::showProgress(const Progress &progress)
{
    Progress shown = progress;
    const QString stage = m_context.operations.isOpening() ? tr("Opening")
                          : progress.steps >= 0            ? tr("Sensitivity scan")
                                                           : tr("Loading the model");
    shown.stage = stage.toStdString();
    m_parts->jobs->setProgress(shown);
}

void MainWindow::showBusy()
{
    if (m_context.operations.isBusy())
        showProgress({});
    else
        m_parts->jobs->setIdle(m_context.document.summary());
    m_parts->menus->update();
}

void MainWindow::showLosses()
{
    const Scan &scan = m_context.document.scan();
    if (scan.denseLosses.empty())
        m_parts->jobs->clearLosses();
    else
        m_parts->jobs->setLosses(mean(scan.denseLosses));
    m_parts->menus->update();
}

void MainWindow::showDocument()
{
    const Document &document = m_context.document;
    m_parts->pages->setCurrentIndex(document.isOpen() ? 1 : 0);
    // The page that is not seen does not decide how narrow the window may become.
    const auto hidden = document.isOpen() ? QSizePolicy::Ignored : QSizePolicy::Preferred;
    m_parts->start->setSizePolicy(hidden, hidden);
    centralWidget()->layout()->activate(); // before the docks ask for room
    m_parts->start->setRecent(m_context.thumbnails.entries(m_context.settings.recent));
    m_parts->panels->follow(document.isOpen(), document.isOpen() && !document.card().warnings.empty());
    showTitle();
    showLosses();
}

void MainWindow::showTitle()
{
    const Document &document = m_context.document;
    const QString file = QString::fromStdString(document.sessionFile().string());
    setWindowTitle(document.isOpen() ? document.title() : QString());
    setWindowFilePath(file);
    const bool unnamed = file.isEmpty() || m_context.operations.isUnnamed();
    const QString name = !document.isOpen() ? tr("Recent")
                         : unnamed          ? document.title()
                                            : QFileInfo(file).completeBaseName();
    m_parts->session->setText(fontMetrics().elidedText(name, Qt::ElideMiddle, 240) + QStringLiteral(" ▾"));
    m_parts->menus->update();
}

void MainWindow::takeTheme(const Theme &theme)
{
    m_parts->banner->setTheme(theme);
    m_parts->start->setTheme(theme);
    m_parts->jobs->setTheme(theme);
    m_parts->menus->setTheme(theme);
    m_parts->panels->setTheme(theme);
    m_parts->session->setIcon(themedIcon(QStringLiteral("session"), theme));
}

void MainWindow::showPalette()
{
    // They outlive the palette, which triggers one of them after it has closed.
    m_parts->named = std::make_unique<QObject>();
    const QList<QAction *> actions = m_parts->menus->paletteActions(*m_parts->named);
    auto *palette = new CommandPalette(actions, m_context.appearance.theme(), this);
    palette->setAttribute(Qt::WA_DeleteOnClose);
    palette->open();
}

void MainWindow::showHelp(const QString &page)
{
    if (!m_parts->help)
        m_parts->help = new HelpDialog(this);
    m_parts->help->showPage(page);
    m_parts->help->show();
    m_parts->help->raise();
    m_parts->help->activateWindow();
}

QString MainWindow::viewInWork() const
{
    return m_context.document.isOpen() ? m_parts->panels->inWork() : QStringLiteral("start");
}

void MainWindow::toggleViewAlone()
{
    m_parts->panels->toggleAlone();
}

SensitivityHeatmap &MainWindow::heatmap() const
{
    return *findChild<SensitivityHeatmap *>();
}
SensitivityTable &MainWindow::table() const
{
    return *findChild<SensitivityTable *>();
}
ScanBar &MainWindow::scanBar() const
{
    return *findChild<ScanBar *>();
}

void MainWindow::rememberDocument()
{
    const Document &document = m_context.document;
    if (!document.isOpen())
        return;
    const std::filesystem::path &session = document.sessionFile();
    const bool kept = document.hasScan() && !session.empty();
    const QString path = QString::fromStdString((kept ? session : document.card().folder).string());
    const QString done =
        tr("%1 of %2 cells measured").arg(measuredCells(document.scan())).arg(document.scan().cells.size());
    remember(m_context.settings.recent, {path, document.title(), kept ? done : document.summary()});
    if (kept)
        m_context.thumbnails.save(path, heatmap().thumbnail(QSize(192, 108)));
}

void MainWindow::rememberState() const
{
    Settings &settings = m_context.settings;
    settings.geometry = saveGeometry();
    m_parts->panels->rememberArrangement();
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    // Nothing to ask: every finished cell is in its session file already.
    rememberState();
    event->accept();
}

void MainWindow::dragEnterEvent(QDragEnterEvent *event)
{
    if (!openablePath(*event->mimeData()).isEmpty())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent *event)
{
    const QString path = openablePath(*event->mimeData());
    if (path.isEmpty())
        return;
    event->acceptProposedAction();
    open(path);
}

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/commands.h"

#include <QApplication>
#include <QClipboard>
#include <QCoreApplication>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>
#include <QMimeData>
#include <QPrintDialog>
#include <QPrinter>

#include "app/gui/demo.h"
#include "app/gui/document.h"
#include "app/gui/export.h"
#include "app/gui/main_window.h"
#include "app/gui/messages.h"
#include "app/gui/operations.h"
#include "app/gui/scan_bar.h"
#include "app/gui/settings.h"

namespace ecdysis {

namespace {

struct Commands
{
    Q_DECLARE_TR_FUNCTIONS(Commands)
};

bool always(const Context &)
{
    return true;
}
bool hasDemo(const Context &)
{
    return !demoFolder().empty();
}
bool isOpen(const Context &context)
{
    return context.document.isOpen();
}
bool isWorking(const Context &context)
{
    return context.operations.isBusy() || context.operations.isTiming();
}
bool canScan(const Context &context)
{
    return context.document.isOpen() && !context.operations.isBusy();
}
bool hasCells(const Context &context)
{
    return context.document.hasScan();
}
bool hasSession(const Context &context)
{
    return context.document.hasScan() && !context.document.sessionFile().empty();
}

void openModel(const Context &context, MainWindow &window)
{
    const QString folder =
        QFileDialog::getExistingDirectory(&window, Commands::tr("Open a model folder"), context.settings.folder);
    if (folder.isEmpty())
        return;
    context.settings.folder = QFileInfo(folder).absolutePath();
    window.open(folder);
}

void openSession(const Context &context, MainWindow &window)
{
    const QString file = QFileDialog::getOpenFileName(&window, Commands::tr("Open a session"), context.settings.folder,
                                                      Commands::tr("Sessions (*.ecdysis)"));
    if (file.isEmpty())
        return;
    context.settings.folder = QFileInfo(file).absolutePath();
    window.open(file);
}

void openDemo(const Context &, MainWindow &window)
{
    window.open(QString::fromStdString((demoFolder() / "model").string()));
}

/// A file name asked for, beside the last one, with the first suffix of the filter when none is typed.
QString askTarget(const Context &context, MainWindow &window, const QString &title, const QString &name,
                  const QString &filter)
{
    QString file = QFileDialog::getSaveFileName(&window, title, QDir(context.settings.folder).filePath(name), filter);
    if (file.isEmpty())
        return {};
    if (QFileInfo(file).suffix().isEmpty())
        file += QLatin1Char('.') + QFileInfo(name).suffix();
    context.settings.folder = QFileInfo(file).absolutePath();
    return file;
}

void saveSession(const Context &context, MainWindow &window)
{
    const QString file =
        askTarget(context, window, Commands::tr("Save the session"),
                  context.document.title() + QStringLiteral(".ecdysis"), Commands::tr("Sessions (*.ecdysis)"));
    if (file.isEmpty())
        return;
    const auto saved = context.operations.saveSession(file.toStdString());
    if (saved)
        window.showNotice(Commands::tr("Saved as %1").arg(QFileInfo(file).fileName()));
    else
        window.showMessage(message(saved.error()));
}

void exportTo(const Context &context, MainWindow &window, const QString &suffix, const QString &filter)
{
    const QString file = askTarget(context, window, Commands::tr("Export"), context.document.title() + suffix, filter);
    if (file.isEmpty())
        return;
    const auto written = exportScan(file, window.heatmap(), window.table(), figureStyle(context.settings.figureWidth));
    if (written)
        window.showNotice(Commands::tr("Written to %1").arg(QFileInfo(file).fileName()));
    else
        window.showMessage(message(written.error()));
}

void exportFigure(const Context &context, MainWindow &window)
{
    exportTo(context, window, QStringLiteral("-sensitivity.pdf"), Commands::tr("Figures (*.pdf *.svg *.png)"));
}

void exportTable(const Context &context, MainWindow &window)
{
    exportTo(context, window, QStringLiteral("-sensitivity.csv"), Commands::tr("Tables (*.csv)"));
}

void copyFigure(const Context &context, MainWindow &window)
{
    const FigureStyle style = figureStyle(context.settings.figureWidth);
    QApplication::clipboard()->setMimeData(copyOfFigure(window.heatmap(), style).release());
    window.showNotice(Commands::tr("Figure copied"));
}

void copyTable(const Context &, MainWindow &window)
{
    QApplication::clipboard()->setMimeData(copyOfTable(window.table()).release());
    window.showNotice(Commands::tr("Table copied"));
}

void printScan(const Context &, MainWindow &window)
{
    QPrinter printer(QPrinter::HighResolution);
    QPrintDialog dialog(&printer, &window);
    if (dialog.exec() != QDialog::Accepted)
        return;
    if (const auto printed = printFigure(printer, window.heatmap()); !printed)
        window.showMessage(message(printed.error()));
}

void startScan(const Context &, MainWindow &window)
{
    window.scanBar().start();
}
void cancel(const Context &context, MainWindow &)
{
    context.operations.cancel();
}
void showPalette(const Context &, MainWindow &window)
{
    window.showPalette();
}
void toggleViewAlone(const Context &, MainWindow &window)
{
    window.toggleViewAlone();
}
void showHelp(const Context &, MainWindow &window)
{
    window.showHelp(window.viewInWork());
}
void showKeys(const Context &, MainWindow &window)
{
    window.showHelp(QStringLiteral("keys"));
}
void closeModel(const Context &context, MainWindow &)
{
    context.operations.close();
}
void quit(const Context &, MainWindow &window)
{
    window.close();
}

void about(const Context &, MainWindow &window)
{
    QMessageBox::about(&window, Commands::tr("About Ecdysis"),
                       Commands::tr("<h3>Ecdysis %1</h3><p>Explore, score and prune state-space and hybrid language "
                                    "models.</p><p>Free software under the GNU General Public License, version 3 or "
                                    "later; its core under the Apache License 2.0.</p>")
                           .arg(QCoreApplication::applicationVersion()));
}

constexpr const char *fileMenu = QT_TRANSLATE_NOOP("Commands", "&File");
constexpr const char *scanMenu = QT_TRANSLATE_NOOP("Commands", "&Scan");
constexpr const char *viewMenu = QT_TRANSLATE_NOOP("Commands", "&View");
constexpr const char *helpMenu = QT_TRANSLATE_NOOP("Commands", "&Help");

const Command table[] = {
    {"open", fileMenu, QT_TRANSLATE_NOOP("Commands", "&Open model folder…"), "open", "Ctrl+O",
     QT_TRANSLATE_NOOP("Commands", "Open"), always, openModel},
    {"openSession", fileMenu, QT_TRANSLATE_NOOP("Commands", "Open s&ession…"), "session", "Ctrl+Shift+O", "", always,
     openSession},
    {"demo", fileMenu, QT_TRANSLATE_NOOP("Commands", "Try the &demo"), "demo", "", "", hasDemo, openDemo},
    {"save", fileMenu, QT_TRANSLATE_NOOP("Commands", "&Save session as…"), "save", "Ctrl+S; Ctrl+Shift+S",
     QT_TRANSLATE_NOOP("Commands", "Save"), hasSession, saveSession},
    {"exportFigure", fileMenu, QT_TRANSLATE_NOOP("Commands", "Export &figure…"), "export", "E", "", hasCells,
     exportFigure},
    {"exportTable", fileMenu, QT_TRANSLATE_NOOP("Commands", "Export &table…"), "export", "Shift+E", "", hasCells,
     exportTable},
    {"copyFigure", fileMenu, QT_TRANSLATE_NOOP("Commands", "Cop&y figure"), "copy", "C", "", hasCells, copyFigure},
    {"copyTable", fileMenu, QT_TRANSLATE_NOOP("Commands", "Copy ta&ble"), "copy", "Shift+C", "", hasCells, copyTable},
    {"print", fileMenu, QT_TRANSLATE_NOOP("Commands", "&Print figure…"), "", "Ctrl+P", "", hasCells, printScan},
    {"close", fileMenu, QT_TRANSLATE_NOOP("Commands", "&Close model"), "close", "Ctrl+W", "", isOpen, closeModel},
    {"quit", fileMenu, QT_TRANSLATE_NOOP("Commands", "&Quit"), "", "Ctrl+Q", "", always, quit},
    {"scan", scanMenu, QT_TRANSLATE_NOOP("Commands", "&Start or continue the scan"), "scan", "S", "", canScan,
     startScan},
    {"cancel", scanMenu, QT_TRANSLATE_NOOP("Commands", "&Cancel what is running"), "cancel", "Esc", "", isWorking,
     cancel},
    {"palette", viewMenu, QT_TRANSLATE_NOOP("Commands", "&All commands…"), "command", "Ctrl+K",
     QT_TRANSLATE_NOOP("Commands", "Commands"), always, showPalette},
    {"alone", viewMenu, QT_TRANSLATE_NOOP("Commands", "View a&lone"), "fullscreen", "F11", "", isOpen, toggleViewAlone},
    {"help", helpMenu, QT_TRANSLATE_NOOP("Commands", "&Help on this view"), "help", "F1", "", always, showHelp},
    {"keys", helpMenu, QT_TRANSLATE_NOOP("Commands", "&Keys"), "", "", "", always, showKeys},
    {"about", helpMenu, QT_TRANSLATE_NOOP("Commands", "&About Ecdysis"), "info", "", "", always, about},
};
} // namespace

std::span<const Command> commands()
{
    return table;
}

QString commandText(const char *source)
{
    return Commands::tr(source);
}

} // namespace ecdysis

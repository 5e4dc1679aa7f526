// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <memory>

#include <QMainWindow>

#include "app/gui/context.h"
#include "widgets/message_list.h"

namespace ecdysis {

struct Progress;
struct Theme;
class JobBar;
class ScanBar;
class SensitivityHeatmap;
class SensitivityTable;

/// The window: docks and tabs from the table of views, menus and toolbar from the table of commands.
class MainWindow : public QMainWindow
{
    Q_OBJECT

public:
    explicit MainWindow(const Context &context, QWidget *parent = nullptr);
    ~MainWindow() override;

    /// Opens a model folder or a session file.
    void open(const QString &path);
    void showMessage(const Message &message);
    void showNotice(const QString &notice);
    void showPalette();
    /// Shows a page of the guide; see HelpDialog.
    void showHelp(const QString &page);
    /// The id of the view that has the keyboard or the middle; "start" while nothing is open.
    QString viewInWork() const;
    /// Hides everything but the view in work, or brings it back.
    void toggleViewAlone();

    SensitivityHeatmap &heatmap() const;
    SensitivityTable &table() const;
    ScanBar &scanBar() const;

    /// Writes place, size and docks into the settings.
    void rememberState() const;

protected:
    void closeEvent(QCloseEvent *event) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    struct Parts;
    void buildCentre();
    void buildBars();
    void buildTools();
    void connectDocument();
    void connectOperations();
    void showDocument();
    void showTitle();
    void showLosses();
    void showProgress(const Progress &progress);
    void showBusy();
    void takeTheme(const Theme &theme);
    void rememberDocument();

    Context m_context;
    std::unique_ptr<Parts> m_parts;
};

} // namespace ecdysis

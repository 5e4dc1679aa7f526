// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <memory>

#include <QObject>

#include "app/gui/appearance.h"
#include "app/gui/command_line.h"
#include "app/gui/context.h"
#include "app/gui/document.h"
#include "app/gui/language.h"
#include "app/gui/main_window.h"
#include "app/gui/operations.h"
#include "app/gui/selection.h"
#include "app/gui/settings.h"
#include "app/gui/thumbnails.h"

class QApplication;

namespace ecdysis {

/// Names the program to the toolkit; settings and data folders follow from it.
void nameApplication();

/// The objects of the program, made by hand and passed by reference; stores the settings at its end.
class Application : public QObject
{
    Q_OBJECT

public:
    explicit Application(QApplication &application);
    ~Application() override;

    /// Shows the window and does what the command line asks for.
    void start(const CommandLine &line);

private:
    void makeWindow();
    void leaveMissingDevice(); ///< for the processor, when the settings name a device that is not there
    void warn(const QStringList &warnings);
    void takeScreenshot(const CommandLine &line);

    QSettings m_store;
    Settings m_settings;
    Thumbnails m_thumbnails;
    Appearance m_appearance;
    Language m_language;
    Document m_document;
    Selection m_selection;
    Operations m_operations;
    Context m_context;
    std::unique_ptr<MainWindow> m_window;
};

} // namespace ecdysis

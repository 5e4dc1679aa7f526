// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <cstdlib>

#include <QApplication>

#include "app/gui/application.h"
#include "app/gui/command_line.h"
#include "app/gui/headless.h"

int main(int argc, char **argv)
{
    if (ecdysis::wantsNoDisplay(argc, argv))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    ecdysis::keepFromToolkit(argc, argv);
    QApplication application(argc, argv);
    ecdysis::nameApplication();
    const ecdysis::CommandLine line = ecdysis::parseCommandLine(QCoreApplication::arguments());
    if (line.headless)
        return ecdysis::runHeadless(line);
    ecdysis::Application ecdysis(application);
    ecdysis.start(line);
    return QApplication::exec();
}

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QSize>
#include <QString>
#include <QStringList>

#include "core/values/calibration.h"

namespace ecdysis {

/// What the program was started with.
struct CommandLine
{
    QString path; ///< model folder or session file; empty: none
    bool demo = false;
    bool headless = false;
    QString text;
    WindowProtocol protocol;
    QStringList kinds = {QStringLiteral("block"), QStringLiteral("ssm")};
    QString session;
    QString exportFile;
    bool table = false;
    QString screenshot;
    QSize size = {1440, 900};
    QString theme;
    QString language;
    QString unit; ///< chosen in the picture

    bool operator==(const CommandLine &) const = default;
};

/// Whether a display is not to be used; asked before there is an application object.
bool wantsNoDisplay(int argc, char **argv);

/// Renames --session, which the toolkit would take for its own option of that name.
void keepFromToolkit(int argc, char **argv);

/// Reads the arguments; prints and ends the program for --help, --version and bad usage (status 2).
CommandLine parseCommandLine(const QStringList &arguments);

} // namespace ecdysis

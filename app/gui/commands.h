// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <span>

#include <QString>

#include "app/gui/context.h"

namespace ecdysis {

class MainWindow;

/// One thing a user can do: the menu, toolbar, palette and shortcut come from its row.
struct Command
{
    const char *id;
    const char *menu;      ///< untranslated title, context "Commands"
    const char *text;      ///< untranslated, context "Commands"
    const char *icon;      ///< may be empty
    const char *keys;      ///< portable text, several joined by "; "
    const char *shortText; ///< on the toolbar; empty: not there
    bool (*enabled)(const Context &context);
    void (*run)(const Context &context, MainWindow &window);
};

/// All commands in menu order.
std::span<const Command> commands();

/// A text of the table in the user's language.
QString commandText(const char *source);

} // namespace ecdysis

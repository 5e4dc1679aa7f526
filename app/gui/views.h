// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <array>
#include <span>

#include <QString>
#include <Qt>

#include "app/gui/context.h"

class QWidget;

namespace ecdysis {

/// One view of the window: what it is called, where it belongs, and how it is made and connected.
struct View
{
    const char *id;    ///< object name of its dock or tab
    const char *title; ///< untranslated, context "Views"
    const char *icon;
    Qt::DockWidgetArea area; ///< NoDockWidgetArea: a tab in the middle
    QWidget *(*make)(const Context &context, QWidget *parent);
    std::array<const char *, 2> tools = {}; ///< commands at the right end of its bar, to copy and to export it

    QString translatedTitle() const;
};

/// All views in the order of the menu, the number keys and the tabs.
std::span<const View> views();

} // namespace ecdysis

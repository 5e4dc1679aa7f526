// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QHash>
#include <QList>
#include <QObject>

#include "app/gui/context.h"
#include "widgets/theme.h"

class QAction;
class QMenu;
class QToolBar;

namespace ecdysis {

class MainWindow;

/// Every QAction of the window: made from the tables of commands, views, themes and languages.
class Menus : public QObject
{
    Q_OBJECT

public:
    Menus(const Context &context, MainWindow &window, QToolBar &toolbar);

    QAction *action(const QString &id) const { return m_actions.value(id); }
    /// What can be done now, as the palette shows it: a choice by its whole name. New actions belong to `owner`.
    QList<QAction *> paletteActions(QObject &owner) const;
    /// Enables each command by its own rule.
    void update();
    void setTheme(const Theme &theme);
    /// Models and sessions that were open lately.
    QMenu *recentMenu() const { return m_recent; }

signals:
    void viewRequested(int index);

private:
    QMenu *menu(const QString &title);
    QAction *add(QMenu &menu, const QString &id, const QString &text, const QString &keys);
    void addCommands(QToolBar &toolbar);
    void addFigureWidths(QMenu &place);
    void addViews();
    void addThemes();
    void addLanguages();
    void fillRecent();

    Context m_context;
    MainWindow &m_window;
    QMenu *m_recent = nullptr;
    QHash<QString, QAction *> m_actions;
    QHash<QAction *, QString> m_wholeNames; ///< of actions whose text needs its menu's title to be understood
    QList<QAction *> m_order;
};

} // namespace ecdysis

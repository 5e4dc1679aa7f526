// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>
#include <QList>
#include <QObject>
#include <QString>

#include "app/gui/context.h"
#include "widgets/theme.h"

class QDockWidget;
class QMainWindow;
class QTabWidget;

namespace ecdysis {

struct View;

/// The views in their places: tabs in the middle, docks at the sides, and which of them show.
class Panels : public QObject
{
    Q_OBJECT

public:
    Panels(const Context &context, QMainWindow &window, QTabWidget &tabs);

    /// Brings the view of that row to the front, with the keyboard; a dock that has it goes away.
    void show(int index);
    /// The id of the view that has the keyboard, or else of the one in the middle.
    QString inWork() const;
    /// The view that a tab shows.
    const View &viewOfTab(int tab) const;
    /// Docks belong to an open model: shows them as they were last, or hides them all.
    void follow(bool open, bool problems);
    /// Only the tabs' content, or everything again.
    void toggleAlone();
    /// Writes the arrangement into the settings.
    void rememberArrangement();
    void setTheme(const Theme &theme);

private:
    void hideAll();
    void restore();

    Context m_context;
    QMainWindow &m_window;
    QTabWidget &m_tabs;
    QList<QDockWidget *> m_docks;
    bool m_open = false;
    bool m_alone = false;
};

} // namespace ecdysis

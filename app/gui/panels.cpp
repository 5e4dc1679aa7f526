// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/panels.h"

#include <algorithm>

#include <QDockWidget>
#include <QMainWindow>
#include <QMenuBar>
#include <QStatusBar>
#include <QTabBar>
#include <QTabWidget>
#include <QToolBar>

#include "app/gui/settings.h"
#include "app/gui/views.h"

namespace ecdysis {

namespace {

constexpr int stateVersion = 1; // another set of docks needs another number

} // namespace

Panels::Panels(const Context &context, QMainWindow &window, QTabWidget &tabs)
    : QObject(&window), m_context(context), m_window(window), m_tabs(tabs)
{
    window.setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
    window.setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);
    for (const View &view : views()) {
        const QString title = view.translatedTitle();
        if (view.area == Qt::NoDockWidgetArea) {
            QWidget *page = view.make(context, &tabs);
            page->setAccessibleName(title);
            tabs.addTab(page, title);
            continue;
        }
        auto *dock = new QDockWidget(title, &window);
        dock->setObjectName(QLatin1String(view.id));
        QWidget *content = view.make(context, dock);
        content->setAccessibleName(title);
        dock->setWidget(content);
        window.addDockWidget(view.area, dock);
        m_docks.append(dock);
    }
    window.resizeDocks(m_docks, QList<int>(m_docks.size(), 320), Qt::Horizontal);
    hideAll();
}

void Panels::show(int index)
{
    const View &view = views()[static_cast<std::size_t>(index)];
    auto *dock = m_window.findChild<QDockWidget *>(QLatin1String(view.id));
    QWidget *content = dock ? dock->widget() : m_tabs.widget(index);
    if (dock && dock->isVisible() && dock->isAncestorOf(m_window.focusWidget())) {
        dock->hide(); // asked for once more
        m_tabs.currentWidget()->setFocus();
        return;
    }
    if (dock) {
        dock->show();
        dock->raise();
    } else {
        m_tabs.setCurrentIndex(index);
    }
    content->setFocus();
}

QString Panels::inWork() const
{
    const QWidget *focused = m_window.focusWidget();
    for (const QDockWidget *dock : m_docks)
        if (focused && dock->isVisible() && dock->isAncestorOf(focused))
            return dock->objectName();
    return QLatin1String(viewOfTab(m_tabs.currentIndex()).id);
}

const View &Panels::viewOfTab(int tab) const
{
    // The tabs stand in the order of the table.
    const auto found = std::find_if(views().begin(), views().end(), [&tab](const View &view) {
        return view.area == Qt::NoDockWidgetArea && tab-- == 0;
    });
    return *found;
}

void Panels::follow(bool open, bool problems)
{
    if (!open && m_alone)
        toggleAlone(); // the start page needs its menu
    if (open && !m_open)
        restore();
    if (!open && m_open) {
        rememberArrangement();
        hideAll();
    }
    m_open = open;
    if (auto *dock = m_window.findChild<QDockWidget *>(QStringLiteral("problems")))
        dock->setVisible(open && problems && !m_alone);
}

void Panels::toggleAlone()
{
    if (!m_alone)
        rememberArrangement();
    m_alone = !m_alone;
    m_window.menuBar()->setVisible(!m_alone);
    m_window.statusBar()->setVisible(!m_alone);
    for (QToolBar *bar : m_window.findChildren<QToolBar *>())
        bar->setVisible(!m_alone);
    m_tabs.tabBar()->setVisible(!m_alone);
    if (m_alone)
        hideAll();
    else
        restore();
}

void Panels::rememberArrangement()
{
    if (m_open && !m_alone)
        m_context.settings.windowState = m_window.saveState(stateVersion);
}

void Panels::setTheme(const Theme &theme)
{
    int tab = 0;
    for (const View &view : views())
        if (view.area == Qt::NoDockWidgetArea)
            m_tabs.setTabIcon(tab++, themedIcon(QLatin1String(view.icon), theme));
}

void Panels::hideAll()
{
    for (QDockWidget *dock : m_docks)
        dock->hide();
}

void Panels::restore()
{
    for (QDockWidget *dock : m_docks)
        dock->setVisible(dock->objectName() != QLatin1String("problems"));
    m_window.restoreState(m_context.settings.windowState, stateVersion);
}

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/menus.h"

#include <QAction>
#include <QActionGroup>
#include <QCoreApplication>
#include <QFileInfo>
#include <QLocale>
#include <QMenu>
#include <QMenuBar>
#include <QToolBar>

#include "app/gui/appearance.h"
#include "app/gui/commands.h"
#include "app/gui/document.h"
#include "app/gui/language.h"
#include "app/gui/main_window.h"
#include "app/gui/settings.h"
#include "app/gui/views.h"

namespace ecdysis {

namespace {

struct FigureWidth
{
    int millimetres;
    const char *use;
};

constexpr FigureWidth figureWidths[] = {
    {84, QT_TRANSLATE_NOOP("ecdysis::Menus", "one column")},
    {127, QT_TRANSLATE_NOOP("ecdysis::Menus", "one and a half")},
    {170, QT_TRANSLATE_NOOP("ecdysis::Menus", "the whole page")},
    {254, QT_TRANSLATE_NOOP("ecdysis::Menus", "a slide")},
};

QString withoutMnemonic(QString text)
{
    return text.remove(QLatin1Char('&'));
}

} // namespace

Menus::Menus(const Context &context, MainWindow &window, QToolBar &toolbar)
    : QObject(&window), m_context(context), m_window(window)
{
    addCommands(toolbar);
    addViews();
    addThemes();
    addLanguages();
}

QMenu *Menus::menu(const QString &title)
{
    for (QAction *action : m_window.menuBar()->actions())
        if (action->text() == title)
            return action->menu();
    return m_window.menuBar()->addMenu(title);
}

QAction *Menus::add(QMenu &menu, const QString &id, const QString &text, const QString &keys)
{
    auto *action = new QAction(text, this);
    action->setObjectName(id);
    action->setShortcuts(QKeySequence::listFromString(keys));
    const QString shortcut = action->shortcut().toString(QKeySequence::NativeText);
    const QString name = withoutMnemonic(text).remove(QStringLiteral("…"));
    action->setToolTip(shortcut.isEmpty() ? name : QStringLiteral("%1 (%2)").arg(name, shortcut));
    menu.addAction(action);
    m_window.addAction(action); // a hidden menu bar must not take the keys with it
    m_actions.insert(id, action);
    m_order.append(action);
    return action;
}

void Menus::addCommands(QToolBar &toolbar)
{
    for (const Command &command : commands()) {
        QMenu *place = menu(commandText(command.menu));
        QAction *action =
            add(*place, QLatin1String(command.id), commandText(command.text), QLatin1String(command.keys));
        connect(action, &QAction::triggered, this, [this, &command] { command.run(m_context, m_window); });
        if (*command.shortText) {
            action->setIconText(commandText(command.shortText));
            toolbar.addAction(action);
        }
        if (action->objectName() == QLatin1String("demo")) {
            m_recent = place->addMenu(tr("Open &recent"));
            connect(m_recent, &QMenu::aboutToShow, this, &Menus::fillRecent);
        }
        if (action->objectName() == QLatin1String("exportTable"))
            addFigureWidths(*place);
    }
}

void Menus::addFigureWidths(QMenu &place)
{
    QMenu *widths = place.addMenu(tr("Figure &width"));
    auto *group = new QActionGroup(this);
    for (const FigureWidth &width : figureWidths) {
        const QString text = tr("%1 mm: %2").arg(width.millimetres).arg(tr(width.use));
        QAction *action = add(*widths, QStringLiteral("figureWidth-%1").arg(width.millimetres), text, {});
        action->setCheckable(true);
        action->setChecked(width.millimetres == m_context.settings.figureWidth);
        m_wholeNames.insert(action, tr("Figure width: %1").arg(text));
        group->addAction(action);
        connect(action, &QAction::triggered, this,
                [this, &width] { m_context.settings.figureWidth = width.millimetres; });
    }
}

void Menus::addViews()
{
    QMenu *place = menu(commandText("&View"));
    place->addSeparator();
    int index = 0;
    for (const View &view : views()) {
        QAction *action = add(*place, QStringLiteral("view-") + QLatin1String(view.id), view.translatedTitle(),
                              QString::number(index + 1));
        connect(action, &QAction::triggered, this, [this, index] { emit viewRequested(index); });
        ++index;
    }
    place->addSeparator();
}

void Menus::addThemes()
{
    QMenu *place = menu(commandText("&View"))->addMenu(tr("&Theme"));
    auto *group = new QActionGroup(this);
    for (const ThemeChoice &choice : themeChoices()) {
        const QString id = QLatin1String(choice.id);
        QAction *action =
            add(*place, QStringLiteral("theme-") + id, QCoreApplication::translate("Appearance", choice.title), {});
        action->setCheckable(true);
        action->setChecked(id == m_context.appearance.choice());
        m_wholeNames.insert(action, tr("Theme: %1").arg(action->text()));
        group->addAction(action);
        connect(action, &QAction::triggered, this, [this, id] {
            m_context.settings.theme = id;
            m_context.appearance.choose(id);
        });
    }
}

void Menus::addLanguages()
{
    QMenu *place = menu(commandText("&View"))->addMenu(tr("&Language"));
    auto *group = new QActionGroup(this);
    for (const QString &code : QStringList{QString()} + Language::codes()) {
        const QString title = code.isEmpty() ? tr("As the system") : QLocale(code).nativeLanguageName();
        QAction *action = add(*place, QStringLiteral("language-") + code, title, {});
        action->setCheckable(true);
        action->setChecked(code == m_context.language.choice());
        m_wholeNames.insert(action, tr("Language: %1").arg(title));
        group->addAction(action);
        connect(action, &QAction::triggered, this, [this, code] {
            m_context.settings.language = code;
            m_context.language.choose(code);
        });
    }
}

void Menus::fillRecent()
{
    QMenu &menu = *m_recent;
    menu.clear();
    for (const Recent &recent : m_context.settings.recent) {
        if (!QFileInfo::exists(recent.path))
            continue;
        QAction *action = menu.addAction(QStringLiteral("%1  —  %2").arg(recent.title, recent.path));
        connect(action, &QAction::triggered, this, [this, path = recent.path] { m_window.open(path); });
    }
    if (menu.isEmpty())
        menu.addAction(tr("Nothing yet"))->setEnabled(false);
}

QList<QAction *> Menus::paletteActions(QObject &owner) const
{
    QList<QAction *> shown;
    for (QAction *action : m_order) {
        if (!action->isEnabled() || action->objectName() == QLatin1String("palette"))
            continue;
        if (!m_wholeNames.contains(action)) {
            shown.append(action);
            continue;
        }
        auto *named = new QAction(m_wholeNames.value(action), &owner);
        connect(named, &QAction::triggered, action, &QAction::trigger);
        shown.append(named);
    }
    return shown;
}

void Menus::update()
{
    for (const Command &command : commands())
        action(QLatin1String(command.id))->setEnabled(command.enabled(m_context));
    for (const View &view : views()) // they show an open model
        action(QStringLiteral("view-") + QLatin1String(view.id))->setEnabled(m_context.document.isOpen());
}

void Menus::setTheme(const Theme &theme)
{
    for (const Command &command : commands())
        if (*command.icon)
            action(QLatin1String(command.id))->setIcon(themedIcon(QLatin1String(command.icon), theme));
    for (const View &view : views())
        action(QStringLiteral("view-") + QLatin1String(view.id))->setIcon(themedIcon(QLatin1String(view.icon), theme));
}

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/appearance.h"

#include <QApplication>
#include <QPalette>

namespace ecdysis {

namespace {

const ThemeChoice choices[] = {
    {"system", QT_TRANSLATE_NOOP("Appearance", "As the system")},
    {"light", QT_TRANSLATE_NOOP("Appearance", "Light")},
    {"dark", QT_TRANSLATE_NOOP("Appearance", "Dark")},
    {"contrast", QT_TRANSLATE_NOOP("Appearance", "High contrast")},
};

bool isDark(const QPalette &palette)
{
    return palette.color(QPalette::Window).lightness() < palette.color(QPalette::WindowText).lightness();
}

Theme themeOf(const QString &id, bool systemIsDark)
{
    if (id == QLatin1String("contrast"))
        return highContrastTheme();
    if (id == QLatin1String("dark") || (id != QLatin1String("light") && systemIsDark))
        return darkTheme();
    return lightTheme();
}

} // namespace

std::span<const ThemeChoice> themeChoices()
{
    return choices;
}

Appearance::Appearance(QApplication &application)
    : m_application(application), m_systemIsDark(isDark(QApplication::palette())), m_choice(QStringLiteral("system")),
      m_theme(themeOf(m_choice, m_systemIsDark))
{
}

void Appearance::choose(const QString &id)
{
    m_choice = id;
    m_theme = themeOf(id, m_systemIsDark);
    applyTheme(m_application, m_theme);
    emit themeChanged(m_theme);
}

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <span>

#include <QObject>
#include <QString>

#include "widgets/theme.h"

class QApplication;

namespace ecdysis {

/// A theme the user can choose.
struct ThemeChoice
{
    const char *id;
    const char *title; ///< untranslated, context "Appearance"
};

/// The choices in menu order; the first follows the system.
std::span<const ThemeChoice> themeChoices();

/// The theme in use and its change signal.
class Appearance : public QObject
{
    Q_OBJECT

public:
    explicit Appearance(QApplication &application);
    const Theme &theme() const { return m_theme; }
    const QString &choice() const { return m_choice; }

    /// Applies the theme of that id to the application and tells the views. An unknown id is the system's.
    void choose(const QString &id);

signals:
    void themeChanged(const ecdysis::Theme &theme);

private:
    QApplication &m_application;
    bool m_systemIsDark; ///< as the desktop had it before a palette of ours was set
    QString m_choice;
    Theme m_theme;
};

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>
#include <QList>
#include <QSettings>
#include <QString>
#include <QStringList>
#include <QVariantMap>

#include "core/engine.h"

namespace ecdysis {

/// A model or session that was open lately.
struct Recent
{
    QString path;
    QString title;
    QString subtitle;

    bool operator==(const Recent &) const = default;
};

/// What the window remembers between two starts.
struct Settings
{
    QString theme = QStringLiteral("system"); ///< an id of the theme table: "system", "light", "dark", "contrast"
    QString language;                         ///< "en", "de"; empty: the system's
    ComputeOptions compute;
    QStringList kinds = {QStringLiteral("block"), QStringLiteral("ssm")};
    QString text; ///< the calibration text chosen last; empty: the demo's
    int window = 512;
    int maxWindows = 16;
    int figureWidth = 170; ///< of exported and copied figures, in millimetres
    QString folder;        ///< where the last file dialog was
    QList<Recent> recent;
    QVariantMap shownScans; ///< by session file, of those in `recent`: index of the scan that was shown last
    QByteArray geometry;
    QByteArray windowState;
    double flopsPerSecond = 0; ///< rate of the last scan on this machine; 0: not known

    bool operator==(const Settings &) const = default;
};

/// The stored settings; keys that are missing keep their defaults.
Settings loadSettings(const QSettings &store);

/// Writes all of them.
void saveSettings(QSettings &store, const Settings &settings);

/// Puts an entry in front of the list, which keeps its newest ten; an entry of the same path is replaced.
void remember(QList<Recent> &list, const Recent &entry);

} // namespace ecdysis

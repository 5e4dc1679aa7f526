// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <memory>

#include <QObject>
#include <QString>
#include <QStringList>
#include <QTranslator>

namespace ecdysis {

/// The language of the window: our translators, Qt's own and the format of numbers.
class Language : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    /// Codes of the languages there are: English, and those of the embedded translations.
    static QStringList codes();
    const QString &choice() const { return m_choice; } ///< empty: the system's

    /// Installs the translators; texts made from then on are in that language.
    void choose(const QString &code);

signals:
    void changed(); ///< windows are to be made anew

private:
    QString m_choice;
    std::unique_ptr<QTranslator> m_ours;
    std::unique_ptr<QTranslator> m_toolkit;
};

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/language.h"

#include <QCoreApplication>
#include <QDir>
#include <QLibraryInfo>
#include <QLocale>

namespace ecdysis {

namespace {

std::unique_ptr<QTranslator> install(const QLocale &locale, const QString &name, const QString &folder)
{
    auto translator = std::make_unique<QTranslator>();
    if (!translator->load(locale, name, QStringLiteral("_"), folder))
        return nullptr;
    QCoreApplication::installTranslator(translator.get());
    return translator;
}

} // namespace

QStringList Language::codes()
{
    QStringList codes{QStringLiteral("en")};
    const QString prefix = QStringLiteral("ecdysis_");
    for (const QString &file : QDir(QStringLiteral(":/i18n")).entryList({prefix + QStringLiteral("*.qm")}))
        codes.append(file.mid(prefix.size()).chopped(3));
    codes.removeDuplicates();
    return codes;
}

void Language::choose(const QString &code)
{
    m_choice = code;
    const QLocale locale = code.isEmpty() ? QLocale::system() : QLocale(code);
    QLocale::setDefault(locale);
    m_ours = install(locale, QStringLiteral("ecdysis"), QStringLiteral(":/i18n"));
    if (!m_ours) // the plurals of the source language
        m_ours = install(QLocale(QLocale::English), QStringLiteral("ecdysis"), QStringLiteral(":/i18n"));
    m_toolkit = install(locale, QStringLiteral("qtbase"), QLibraryInfo::path(QLibraryInfo::TranslationsPath));
    emit changed();
}

} // namespace ecdysis

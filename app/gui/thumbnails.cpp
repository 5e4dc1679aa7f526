// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/thumbnails.h"

#include <QCryptographicHash>
#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QLocale>

namespace ecdysis {

namespace {

/// Sessions of one model are told apart by when they were written.
QString withTime(const Recent &recent)
{
    const QFileInfo file(recent.path);
    if (!file.isFile())
        return recent.subtitle;
    return QStringLiteral("%1 · %2").arg(recent.subtitle,
                                         QLocale().toString(file.lastModified(), QLocale::ShortFormat));
}

} // namespace

QString Thumbnails::file(const QString &path) const
{
    const QByteArray hash = QCryptographicHash::hash(path.toUtf8(), QCryptographicHash::Sha1).toHex();
    return QDir(m_folder).filePath(QString::fromLatin1(hash) + QStringLiteral(".png"));
}

QImage Thumbnails::load(const QString &path) const
{
    return QImage(file(path));
}

void Thumbnails::save(const QString &path, const QImage &image) const
{
    // A picture that cannot be kept is made again with the next scan.
    QDir().mkpath(m_folder);
    image.save(file(path));
}

QList<RecentEntry> Thumbnails::entries(const QList<Recent> &recent) const
{
    QList<RecentEntry> entries;
    for (const Recent &one : recent)
        if (QFileInfo::exists(one.path))
            entries.append({one.path, one.title, withTime(one), load(one.path)});
    return entries;
}

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QImage>
#include <QList>
#include <QString>

#include "app/gui/settings.h"
#include "widgets/start_page.h"

namespace ecdysis {

/// Small pictures of heatmaps, one file for each recent path.
class Thumbnails
{
public:
    explicit Thumbnails(QString folder) : m_folder(std::move(folder)) {}
    QImage load(const QString &path) const; ///< null when there is none
    void save(const QString &path, const QImage &image) const;

    /// The remembered ones that still exist, with their pictures.
    QList<RecentEntry> entries(const QList<Recent> &recent) const;

private:
    QString file(const QString &path) const;

    QString m_folder;
};

} // namespace ecdysis

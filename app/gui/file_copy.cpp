// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/file_copy.h"

#include <QFile>
#include <QSaveFile>
#include <QString>

namespace ecdysis {

Result<void> copyWhole(const std::filesystem::path &from, const std::filesystem::path &to)
{
    QFile source(QString::fromStdString(from.string()));
    if (!source.open(QIODevice::ReadOnly))
        return failure(ErrorCode::ReadFailed, source.errorString().toStdString(), from.string());
    QSaveFile target(QString::fromStdString(to.string()));
    if (!target.open(QIODevice::WriteOnly))
        return failure(ErrorCode::WriteFailed, target.errorString().toStdString(), to.string());
    constexpr qint64 block = 1 << 20;
    for (QByteArray bytes = source.read(block); !bytes.isEmpty(); bytes = source.read(block))
        target.write(bytes);
    if (source.error() != QFileDevice::NoError)
        return failure(ErrorCode::ReadFailed, source.errorString().toStdString(), from.string());
    if (!target.commit())
        return failure(ErrorCode::WriteFailed, target.errorString().toStdString(), to.string());
    return {};
}

} // namespace ecdysis

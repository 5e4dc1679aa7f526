// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QFile>
#include <QTemporaryDir>

#include "tests/support/tiny_model.h"

/// A folder with a checkpoint of the test data (the smallest if none is named), a tokenizer for it and a
/// text; gone with the object.
struct TinyModel
{
    explicit TinyModel(const std::string &fixture = "mamba")
    {
        makeTinyModel(fixture, folder.path().toStdString(), 4000);
    }
    TinyModel(const TinyModel &) = delete;
    TinyModel &operator=(const TinyModel &) = delete;

    QString path(const char *name) const { return folder.filePath(QLatin1String(name)); }
    void write(const char *name, const QByteArray &bytes) const
    {
        QFile file(path(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
            qFatal("cannot write %s", name);
    }

    QTemporaryDir folder;
};

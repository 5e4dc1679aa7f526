// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <filesystem>

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>

#include "tests/support/support.h"

/// The id of each byte is the byte itself: the smallest byte-level tokenizer.
inline QByteArray byteTokenizer()
{
    QJsonObject vocabulary;
    char16_t next = 256;
    for (int byte = 0; byte < 256; ++byte) {
        const bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
        vocabulary[QString(QChar(printable ? static_cast<char16_t>(byte) : next++))] = byte;
    }
    const QJsonObject byteLevel{
        {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
    const QJsonObject model{{"type", "BPE"},
                            {"dropout", QJsonValue::Null},
                            {"unk_token", QJsonValue::Null},
                            {"continuing_subword_prefix", QJsonValue::Null},
                            {"end_of_word_suffix", QJsonValue::Null},
                            {"fuse_unk", false},
                            {"byte_fallback", false},
                            {"vocab", vocabulary},
                            {"merges", QJsonArray()}};
    const QJsonObject tokenizer{{"version", "1.0"},
                                {"truncation", QJsonValue::Null},
                                {"padding", QJsonValue::Null},
                                {"added_tokens", QJsonArray()},
                                {"normalizer", QJsonValue::Null},
                                {"pre_tokenizer", byteLevel},
                                {"post_processor", QJsonValue::Null},
                                {"decoder", byteLevel},
                                {"model", model}};
    return QJsonDocument(tokenizer).toJson();
}

/// A folder with the smallest checkpoint of the test data, a tokenizer for it and a text; gone with the object.
struct TinyModel
{
    TinyModel()
    {
        for (const char *name : {"config.json", "model.safetensors"})
            QFile::copy(QString::fromStdString((testData("mamba") / name).string()), path(name));
        write("tokenizer.json", byteTokenizer());
        QByteArray text;
        for (int i = 0; text.size() < 4000; ++i)
            text += "Line " + QByteArray::number(i * i) + " of a text that is long enough.\n";
        write("text.txt", text);
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

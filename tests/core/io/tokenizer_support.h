// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <QTemporaryDir>
#include <nlohmann/json.hpp>

#include "core/io/tokenizer.h"
#include "tests/support/support.h"

/// \file
/// What the tests of tokenizers share: tokenizer files made in memory, and pairs of texts and ids.

using Ids = std::vector<std::int64_t>;

inline std::string readAll(const std::filesystem::path &file)
{
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline void writeAll(const std::filesystem::path &file, const std::string &text)
{
    std::ofstream(file, std::ios::binary) << text;
}

/// A model folder with the given files, gone at the end of the scope.
class TokenizerFolder
{
public:
    explicit TokenizerFolder(const std::string &tokenizer, const std::string &config = {})
    {
        writeAll(path() / "tokenizer.json", tokenizer);
        if (!config.empty())
            writeAll(path() / "tokenizer_config.json", config);
    }
    explicit TokenizerFolder(const nlohmann::json &tokenizer, const nlohmann::json &config = {})
        : TokenizerFolder(tokenizer.dump(), config.is_null() ? std::string() : config.dump())
    {
    }

    std::filesystem::path path() const { return m_folder.path().toStdString(); }
    ecdysis::Result<ecdysis::io::Tokenizer> open() const { return ecdysis::io::Tokenizer::open(path()); }

private:
    QTemporaryDir m_folder;
};

/// One text and the ids it must give.
struct TextAndIds
{
    std::string text;
    Ids ids;
};

/// Texts of `inputs`, separated by lines `__ggml_vocab_test__`, and their ids, a line each in `outputs`.
inline std::vector<TextAndIds> readPairs(const std::filesystem::path &inputs, const std::filesystem::path &outputs)
{
    const std::string all = readAll(inputs);
    const std::string separator = "\n__ggml_vocab_test__\n";
    std::ifstream lines(outputs);
    std::vector<TextAndIds> pairs;
    std::string line;
    for (std::size_t begin = 0; std::getline(lines, line);) {
        const std::size_t end = std::min(all.find(separator, begin), all.size());
        std::istringstream numbers(line);
        pairs.push_back({all.substr(begin, end - begin),
                         Ids(std::istream_iterator<std::int64_t>(numbers), std::istream_iterator<std::int64_t>())});
        begin = std::min(end + separator.size(), all.size());
    }
    return pairs;
}

inline QString describe(const std::string &text, const Ids &found, const Ids &expected)
{
    const auto join = [](const Ids &ids) {
        QString all;
        for (std::size_t i = 0; i < std::min<std::size_t>(ids.size(), 60); ++i)
            all += QString::number(ids[i]) + ' ';
        return all;
    };
    return QString("\"%1\": found %2, expected %3").arg(QString::fromStdString(text), join(found), join(expected));
}

/// Fails unless the text has just these ids.
#define VERIFY_IDS(tokenizer, text, addSpecial, ...)                                                                   \
    do {                                                                                                               \
        const std::string verifiedText = (text);                                                                       \
        const Ids expectedIds = __VA_ARGS__;                                                                           \
        const auto foundIds = (tokenizer).encode(verifiedText, addSpecial);                                            \
        VERIFY_RESULT(foundIds);                                                                                       \
        QVERIFY2(*foundIds == expectedIds, qPrintable(describe(verifiedText, *foundIds, expectedIds)));                \
    } while (false)

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <filesystem>
#include <string>

#include <QTest>

/// \file
/// What tests share: places of data, and reading a Result.

/// tests/data of the source tree.
inline std::filesystem::path testData(const std::string &name)
{
    return std::filesystem::path(ECDYSIS_TEST_DATA) / name;
}

/// Data that is not part of the project; use with SKIP_WITHOUT.
inline std::filesystem::path sharedData(const std::string &name)
{
    return std::filesystem::path(ECDYSIS_SHARED) / name;
}

/// Skips the test when an optional file is absent.
#define SKIP_WITHOUT(path)                                                                                             \
    do {                                                                                                               \
        if (!std::filesystem::exists(path))                                                                            \
            QSKIP(qPrintable("optional data is absent: " + QString::fromStdString((path).string())));                  \
    } while (false)

/// Fails the test with the error's own words when a Result holds one.
#define VERIFY_RESULT(result)                                                                                          \
    QVERIFY2((result).has_value(),                                                                                     \
             (result).has_value() ? "" : ((result).error().where + ": " + (result).error().message).c_str())

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <QDir>
#include <QImage>
#include <QTest>

/// \file
/// Comparing a picture with the stored one, forgiving what font rasterisers differ in.

/// How much two pictures may differ.
struct ImageTolerance
{
    int channel = 48;    ///< difference of one channel that is not counted
    double share = 0.02; ///< of the pixels that may differ by more
};

/// What differs: the share of pixels, and a picture with those pixels in magenta over the faded actual one.
struct ImageDifference
{
    double share = 1;
    QImage picture;
};

inline ImageDifference difference(const QImage &actual, const QImage &expected, int channel)
{
    if (actual.size() != expected.size())
        return {};
    const QImage a = actual.convertToFormat(QImage::Format_RGB32), b = expected.convertToFormat(QImage::Format_RGB32);
    QImage picture = a.copy();
    qsizetype count = 0;
    for (int y = 0; y < a.height(); ++y)
        for (int x = 0; x < a.width(); ++x) {
            const QRgb p = a.pixel(x, y), q = b.pixel(x, y);
            const int most =
                std::max({std::abs(qRed(p) - qRed(q)), std::abs(qGreen(p) - qGreen(q)), std::abs(qBlue(p) - qBlue(q))});
            count += most > channel;
            picture.setPixel(x, y,
                             most > channel ? qRgb(255, 0, 255)
                                            : qRgb(191 + qRed(p) / 4, 191 + qGreen(p) / 4, 191 + qBlue(p) / 4));
        }
    return {static_cast<double>(count) / (static_cast<double>(a.width()) * a.height()), picture};
}

/// Compares with tests/screenshots/<name>.png; UPDATE_SCREENSHOTS=1 rewrites that instead. On a difference the actual
/// picture and the difference are left in `screenshots` beside the test program, and the answer says where.
/// Empty: alike enough.
inline QString compareWithStored(const QImage &actual, const QString &name, const ImageTolerance &tolerance = {})
{
    const QString stored = QStringLiteral(ECDYSIS_TEST_DATA "/../screenshots/%1.png").arg(name);
    if (qEnvironmentVariableIntValue("UPDATE_SCREENSHOTS") == 1)
        return actual.save(stored) ? QString() : QStringLiteral("%1 could not be written").arg(stored);
    const QImage expected(stored);
    const ImageDifference found = difference(actual, expected, tolerance.channel);
    if (found.share <= tolerance.share)
        return {};
    const QString folder = QCoreApplication::applicationDirPath() + QStringLiteral("/screenshots");
    QDir().mkpath(folder);
    actual.save(folder + QStringLiteral("/%1-actual.png").arg(name));
    found.picture.save(folder + QStringLiteral("/%1-difference.png").arg(name));
    if (expected.isNull())
        return QStringLiteral("%1 is missing; the actual picture is in %2").arg(stored, folder);
    return QStringLiteral("%1: %2 % of the pixels differ (%3 x %4, stored %5 x %6); see %7")
        .arg(name)
        .arg(100 * found.share, 0, 'f', 2)
        .arg(actual.width())
        .arg(actual.height())
        .arg(expected.width())
        .arg(expected.height())
        .arg(folder);
}

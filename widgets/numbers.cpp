// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/numbers.h"

#include <algorithm>
#include <cmath>

#include <QCoreApplication>

namespace ecdysis {

namespace {

constexpr QChar minus(0x2212);
constexpr QChar thinSpace(0x202f);

QString typographic(QString text, const QLocale &locale)
{
    return text.replace(locale.negativeSign(), QString(minus));
}

/// "129.1 M": four digits at most, the prefix by thousands.
QString scaled(double value, double step, std::initializer_list<const char *> units, const QLocale &locale)
{
    auto unit = units.begin();
    while (std::abs(value) >= step && std::next(unit) != units.end()) {
        value /= step;
        ++unit;
    }
    const int decimals = unit == units.begin() ? 0 : std::abs(value) < 10 ? 2 : 1;
    const QString number = typographic(locale.toString(value, 'f', decimals), locale);
    const QString suffix = QString::fromLatin1(*unit);
    return suffix.isEmpty() ? number : number + thinSpace + suffix;
}

QString number(double value, int decimals, const QLocale &locale)
{
    return std::isfinite(value) ? typographic(locale.toString(value, 'f', decimals), locale)
           : std::isnan(value)  ? QStringLiteral("NaN")
           : value > 0          ? QStringLiteral("∞")
                                : minus + QStringLiteral("∞");
}

QString withErrorTo(const QString &value, double error, int decimals, const QLocale &locale)
{
    const QString margin = std::isfinite(error) ? locale.toString(error, 'f', decimals) : QStringLiteral("?");
    return value + QStringLiteral(" ± ") + margin;
}

QString translated(const char *text)
{
    return QCoreApplication::translate("ecdysis::Numbers", text);
}

} // namespace

QString significant(double value, int digits, const QLocale &locale)
{
    if (value == 0 || !std::isfinite(value))
        return number(value, 0, locale);
    const double magnitude = std::floor(std::log10(std::abs(value)));
    if (magnitude < -4 || magnitude >= 6)
        return typographic(locale.toString(value, 'e', digits - 1), locale);
    return number(value, std::max(0, digits - 1 - static_cast<int>(magnitude)), locale);
}

int decimalsOf(double standardError)
{
    if (!(standardError > 0) || !std::isfinite(standardError))
        return 3;
    return std::clamp(1 - static_cast<int>(std::floor(std::log10(standardError))), 0, 8);
}

QString signedNumber(double value, int decimals, const QLocale &locale)
{
    const QString text = number(value, decimals, locale);
    return value > 0 ? QLatin1Char('+') + text : text;
}

QString withError(const Estimate &estimate, const QLocale &locale)
{
    const int decimals = decimalsOf(estimate.standardError);
    return withErrorTo(signedNumber(estimate.value, decimals, locale), estimate.standardError, decimals, locale);
}

QString levelWithError(const Estimate &estimate, const QLocale &locale)
{
    const int decimals = decimalsOf(estimate.standardError);
    return withErrorTo(number(estimate.value, decimals, locale), estimate.standardError, decimals, locale);
}

QString parameterCount(std::int64_t count, const QLocale &locale)
{
    return scaled(static_cast<double>(count), 1000, {"", "k", "M", "B", "T"}, locale);
}

QString byteCount(std::int64_t bytes, const QLocale &locale)
{
    return scaled(static_cast<double>(bytes), 1024, {"B", "KiB", "MiB", "GiB", "TiB"}, locale);
}

QString duration(double seconds, const QLocale &locale)
{
    if (!std::isfinite(seconds))
        return QStringLiteral("?");
    if (seconds < 9.95)
        return translated(QT_TRANSLATE_NOOP("ecdysis::Numbers", "%1 s")).arg(locale.toString(seconds, 'f', 1));
    const auto whole = std::llround(seconds);
    if (whole < 60)
        return translated(QT_TRANSLATE_NOOP("ecdysis::Numbers", "%1 s")).arg(whole);
    if (whole < 3600)
        return translated(QT_TRANSLATE_NOOP("ecdysis::Numbers", "%1 min %2 s"))
            .arg(whole / 60)
            .arg(whole % 60, 2, 10, QLatin1Char('0'));
    return translated(QT_TRANSLATE_NOOP("ecdysis::Numbers", "%1 h %2 min"))
        .arg(whole / 3600)
        .arg(whole / 60 % 60, 2, 10, QLatin1Char('0'));
}

QString clockTime(double seconds)
{
    const auto whole = std::llround(std::max(seconds, 0.0));
    const QLatin1Char zero('0');
    if (whole < 3600)
        return QStringLiteral("%1:%2").arg(whole / 60).arg(whole % 60, 2, 10, zero);
    return QStringLiteral("%1:%2:%3").arg(whole / 3600).arg(whole / 60 % 60, 2, 10, zero).arg(whole % 60, 2, 10, zero);
}

QString percentage(double share, const QLocale &locale)
{
    const double percent = share * 100;
    return number(percent, std::abs(percent) < 10 ? 1 : 0, locale) + thinSpace + QLatin1Char('%');
}

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <cstdint>

#include <QLocale>
#include <QString>

#include "core/values/cell.h"

namespace ecdysis {

/// A number with so many significant digits, never in exponents between 1e-4 and 1e6; "NaN" for what is none.
QString significant(double value, int digits = 3, const QLocale &locale = QLocale());

/// Decimals that show an error with two significant digits, at least 0 and at most 8; 3 where there is no error.
int decimalsOf(double standardError);

/// A number with sign and so many decimals; the minus is the typographic one, as wide as the plus.
QString signedNumber(double value, int decimals, const QLocale &locale = QLocale());

/// "+0.378 ± 0.012": both to the decimals of the error's two leading digits. Without an error: "+0.378 ± ?".
QString withError(const Estimate &estimate, const QLocale &locale = QLocale());

/// The same without a sign for positive values: "3.021 ± 0.004".
QString levelWithError(const Estimate &estimate, const QLocale &locale = QLocale());

/// "129.1 M", "1.37 B", "49.2 k", "512".
QString parameterCount(std::int64_t count, const QLocale &locale = QLocale());

/// "246.3 MiB", "1.32 GiB".
QString byteCount(std::int64_t bytes, const QLocale &locale = QLocale());

/// "0.8 s", "41 s", "1 min 20 s", "2 h 05 min".
QString duration(double seconds, const QLocale &locale = QLocale());

/// "0:41", "1:02:09": what is left, beside a bar.
QString clockTime(double seconds);

/// "2.9 %"; one decimal below ten per cent.
QString percentage(double share, const QLocale &locale = QLocale());

} // namespace ecdysis

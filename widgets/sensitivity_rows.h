// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include <QList>
#include <QString>

#include "core/values/model_card.h"
#include "core/values/session.h"
#include "widgets/effect.h"

namespace ecdysis {

/// What is said of every cell, in the order of the table.
enum SensitivityColumn {
    UnitColumn,
    KindColumn,
    LayerColumn,
    DeltaColumn,
    ErrorColumn,
    NllColumn,
    NllErrorColumn,
    ParametersColumn,
    PerMillionColumn,
    PerMillionErrorColumn,
    ColumnCount
};

/// A column of means, and that of their errors.
inline constexpr std::pair<SensitivityColumn, SensitivityColumn> sensitivityMeasures[] = {
    {DeltaColumn, ErrorColumn}, {NllColumn, NllErrorColumn}, {PerMillionColumn, PerMillionErrorColumn}};

/// Whether a column has what the scan found, rather than what the card says.
bool isMeasured(int column);

/// Whether a column has differences, which show their sign.
bool isSigned(int column);

/// One cell of a scan in numbers, with its names.
struct SensitivityRow
{
    QString unit;
    QString kind;
    QString title;
    int layer = -1;
    std::int64_t parameters = -1; ///< -1: the card does not list the unit
    Effect effect;
};

/// All cells of a scan, in its order.
QList<SensitivityRow> rowsOf(const ModelCard &card, const Scan &scan);

/// Whether a row has the measure of a column; its figure may not be known all the same: the error of one window.
bool hasMeasure(const SensitivityRow &row, int column);

/// The figure that a column sorts by; NaN for what is not measured.
double figure(const SensitivityRow &row, int column);

using ColumnDecimals = std::array<int, ColumnCount>;

/// One number of decimals for a whole column keeps the points under one another: as many as its smallest error needs
/// or, without errors, as show its smallest figure. Losses come from single precision, which holds no more than six.
ColumnDecimals columnDecimals(const QList<SensitivityRow> &rows);

/// What SensitivityTable::csv() gives.
QString csvOf(const QList<SensitivityRow> &rows);

} // namespace ecdysis

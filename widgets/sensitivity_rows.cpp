// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/sensitivity_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_map>

#include <QStringList>

#include "widgets/numbers.h"
#include "widgets/unit_text.h"

namespace ecdysis {

namespace {

bool isPerMillion(int column)
{
    return column == PerMillionColumn || column == PerMillionErrorColumn;
}

double perMillion(const SensitivityRow &row, double nats)
{
    return nats / (static_cast<double>(row.parameters) / 1e6);
}

/// The smallest figure of a column above zero; infinite: none.
double smallest(const QList<SensitivityRow> &rows, SensitivityColumn column)
{
    double result = std::numeric_limits<double>::infinity();
    for (const SensitivityRow &row : rows)
        if (const double size = std::abs(figure(row, column)); size > 0)
            result = std::min(result, size);
    return result;
}

int decimalsFor(const QList<SensitivityRow> &rows, SensitivityColumn values, SensitivityColumn errors)
{
    const double error = smallest(rows, errors);
    return std::min(decimalsOf(std::isfinite(error) ? error : smallest(rows, values) / 10), 6);
}

QString plain(double value)
{
    return std::isnan(value) ? QString() : QString::number(value, 'g', 17);
}

} // namespace

bool isMeasured(int column)
{
    return column >= DeltaColumn && column != ParametersColumn;
}

bool isSigned(int column)
{
    return column == DeltaColumn || column == PerMillionColumn;
}

QList<SensitivityRow> rowsOf(const ModelCard &card, const Scan &scan)
{
    std::unordered_map<std::string, std::int64_t> units;
    for (const Unit &unit : card.units)
        units.emplace(unit.id, unit.parameters);
    QList<SensitivityRow> rows;
    for (const Cell &cell : scan.cells) {
        const auto unit = units.find(cell.unit);
        rows.append({QString::fromStdString(cell.unit), kindTitle(cell.kind), unitTitle(cell.unit), cell.layer,
                     unit == units.end() ? -1 : unit->second, effectOf(scan, cell)});
    }
    return rows;
}

bool hasMeasure(const SensitivityRow &row, int column)
{
    return row.effect.measured() && !(isPerMillion(column) && row.parameters <= 0);
}

double figure(const SensitivityRow &row, int column)
{
    if (column == LayerColumn)
        return row.layer;
    if (column == ParametersColumn)
        return row.parameters < 0 ? std::nan("") : static_cast<double>(row.parameters);
    if (!hasMeasure(row, column))
        return std::nan("");
    switch (column) {
    case DeltaColumn:
        return row.effect.delta.value;
    case ErrorColumn:
        return row.effect.delta.standardError;
    case NllColumn:
        return row.effect.nll;
    case NllErrorColumn:
        return row.effect.nllError;
    case PerMillionColumn:
        return perMillion(row, row.effect.delta.value);
    default:
        return perMillion(row, row.effect.delta.standardError);
    }
}

ColumnDecimals columnDecimals(const QList<SensitivityRow> &rows)
{
    ColumnDecimals result{};
    for (const auto &[values, errors] : sensitivityMeasures)
        result[values] = result[errors] = decimalsFor(rows, values, errors);
    return result;
}

QString csvOf(const QList<SensitivityRow> &rows)
{
    // Columns of later versions come last: programs may know the others by their place.
    QString text = QStringLiteral("unit,kind,layer,delta_loss,standard_error,nll,parameters,delta_per_million,"
                                  "nll_standard_error,delta_per_million_standard_error\n");
    for (const SensitivityRow &row : rows) {
        const QString kind = row.unit.section(QLatin1Char(':'), 0, 0);
        QStringList fields = {row.unit, kind, QString::number(row.layer)};
        for (int column : {DeltaColumn, ErrorColumn, NllColumn})
            fields.append(plain(figure(row, column)));
        fields.append(row.parameters < 0 ? QString() : QString::number(row.parameters));
        for (int column : {PerMillionColumn, NllErrorColumn, PerMillionErrorColumn})
            fields.append(plain(figure(row, column)));
        text += fields.join(QLatin1Char(',')) + QLatin1Char('\n');
    }
    return text;
}

} // namespace ecdysis

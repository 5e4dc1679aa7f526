// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/sensitivity_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <QLocale>

#include "widgets/heatmap_words.h"
#include "widgets/numbers.h"
#include "widgets/sensitivity_table.h"

namespace ecdysis {

namespace {

/// What stands above a column: its name, and below that its unit.
QString headerOf(int column)
{
    const auto withUnit = [](const QString &name) -> QString {
        return name + QLatin1Char('\n') + SensitivityTable::tr("nats/token");
    };
    switch (column) {
    case UnitColumn:
        return SensitivityTable::tr("Unit");
    case KindColumn:
        return SensitivityTable::tr("Kind");
    case LayerColumn:
        return SensitivityTable::tr("Layer");
    case DeltaColumn:
        return withUnit(SensitivityTable::tr("Δ loss"));
    case NllColumn:
        return withUnit(SensitivityTable::tr("NLL"));
    case ParametersColumn:
        return SensitivityTable::tr("Parameters");
    case PerMillionColumn:
        return withUnit(SensitivityTable::tr("Δ per M param."));
    default:
        return SensitivityTable::tr("± error");
    }
}

/// The same in words that can be read out: an error says whose it is.
QString spokenHeader(int column)
{
    const auto measure = std::find_if(std::begin(sensitivityMeasures), std::end(sensitivityMeasures),
                                      [column](const auto &one) { return one.second == column; });
    const QString header = headerOf(measure == std::end(sensitivityMeasures) ? column : measure->first);
    const QString words = QString(header).replace(QLatin1Char('\n'), QStringLiteral(", "));
    return measure == std::end(sensitivityMeasures) ? words : SensitivityTable::tr("Standard error of %1").arg(words);
}

} // namespace

void SensitivityModel::set(const ModelCard &card, const Scan &scan)
{
    beginResetModel();
    m_rows = rowsOf(card, scan);
    m_decimals = columnDecimals(m_rows);
    endResetModel();
}

void SensitivityModel::update(const Scan &scan, int first, int last)
{
    for (int i = first; i <= last; ++i)
        m_rows[i].effect = effectOf(scan, scan.cells[static_cast<std::size_t>(i)]);
    const ColumnDecimals before = std::exchange(m_decimals, columnDecimals(m_rows));
    if (before != m_decimals)
        touchAll();
    else
        emit dataChanged(index(first, 0), index(last, ColumnCount - 1));
}

void SensitivityModel::touchAll()
{
    if (!m_rows.isEmpty())
        emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

QString SensitivityModel::widest(SensitivityColumn column) const
{
    double most = 0;
    for (const SensitivityRow &row : m_rows)
        if (const double size = std::abs(figure(row, column)); size > most && std::isfinite(size))
            most = size;
    const int decimals = m_decimals[column];
    return isSigned(column) ? signedNumber(-most, decimals) : QLocale().toString(most, 'f', decimals);
}

QVariant SensitivityModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant((section >= LayerColumn ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role == Qt::AccessibleTextRole || (role == Qt::ToolTipRole && isMeasured(section)))
        return spokenHeader(section);
    return role == Qt::DisplayRole ? headerOf(section) : QVariant();
}

QString SensitivityModel::shown(const SensitivityRow &row, int column) const
{
    if (column == UnitColumn)
        return row.title;
    if (column == KindColumn)
        return row.kind;
    if (column == LayerColumn)
        return QLocale().toString(row.layer);
    if (column == ParametersColumn)
        return row.parameters < 0 ? QStringLiteral("–") : QLocale().toString(static_cast<qlonglong>(row.parameters));
    if (row.effect.certainty == Certainty::NotANumber)
        return column == DeltaColumn ? QStringLiteral("NaN") : QString();
    const double value = figure(row, column);
    if (std::isnan(value) && hasMeasure(row, column)) // the error of one window
        return QStringLiteral("?");
    if (std::isnan(value))
        return column == DeltaColumn ? QStringLiteral("–") : QString();
    const int decimals = m_decimals[static_cast<std::size_t>(column)];
    return isSigned(column) ? signedNumber(value, decimals) : QLocale().toString(value, 'f', decimals);
}

/// Nothing: the usual colour.
QVariant SensitivityModel::ink(const SensitivityRow &row, int column) const
{
    if (row.effect.certainty == Certainty::NotANumber && column == DeltaColumn)
        return theme.error;
    const bool sure = row.effect.certainty == Certainty::Clear && freshness == Freshness::Current;
    return isMeasured(column) && !sure ? QVariant(theme.muted) : QVariant();
}

/// What is to be minded; titles are said in full, since long ones are cut off.
QString SensitivityModel::toolTip(const SensitivityRow &row, int column) const
{
    const QString remark = remarkOn(row.effect, freshness);
    if (column != UnitColumn)
        return remark;
    return remark.isEmpty() ? row.title : row.title + QLatin1Char('\n') + remark;
}

QVariant SensitivityModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const SensitivityRow &row = m_rows[index.row()];
    const bool text = index.column() == UnitColumn || index.column() == KindColumn;
    if (role == Qt::DisplayRole)
        return shown(row, index.column());
    if (role == figureRole && text)
        return index.column() == UnitColumn ? QVariant(index.row()) : QVariant(row.kind);
    if (role == figureRole)
        return figure(row, index.column());
    if (role == Qt::TextAlignmentRole)
        return QVariant((text ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role == Qt::ForegroundRole)
        return ink(row, index.column());
    return role == Qt::ToolTipRole ? toolTip(row, index.column()) : QVariant();
}

bool SensitivityOrder::lessThan(const QModelIndex &left, const QModelIndex &right) const
{
    const QVariant a = left.data(SensitivityModel::figureRole), b = right.data(SensitivityModel::figureRole);
    if (a.typeId() != QMetaType::Double)
        return QSortFilterProxyModel::lessThan(left, right);
    const bool aNone = std::isnan(a.toDouble()), bNone = std::isnan(b.toDouble());
    if (aNone || bNone)
        return aNone != bNone && (sortOrder() == Qt::AscendingOrder ? bNone : aNone);
    return a.toDouble() < b.toDouble();
}

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/sensitivity_table.h"

#include <cmath>

#include <QAbstractTableModel>
#include <QAccessible>
#include <QHeaderView>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QVBoxLayout>

#include "widgets/effect.h"
#include "widgets/numbers.h"
#include "widgets/unit_text.h"

namespace ecdysis {

namespace {

enum Column {
    UnitColumn,
    KindColumn,
    LayerColumn,
    DeltaColumn,
    ErrorColumn,
    NllColumn,
    ParametersColumn,
    PerMillionColumn,
    ColumnCount
};

constexpr int figureRole = Qt::UserRole;

/// One line of the table, in numbers.
struct Row
{
    QString unit;
    QString kind;
    QString title;
    int layer = -1;
    std::int64_t parameters = 0;
    Effect effect;

    double perMillion() const { return effect.delta.value / (static_cast<double>(parameters) / 1e6); }
};

class ScanModel : public QAbstractTableModel
{
public:
    using QAbstractTableModel::QAbstractTableModel;

    Theme theme = lightTheme();

    void set(const ModelCard &card, const Scan &scan)
    {
        beginResetModel();
        m_rows.clear();
        for (const Cell &cell : scan.cells) {
            std::int64_t parameters = 0;
            for (const Unit &unit : card.units)
                if (unit.id == cell.unit)
                    parameters = unit.parameters;
            m_rows.append({QString::fromStdString(cell.unit), kindTitle(cell.kind), unitTitle(cell.kind, cell.layer),
                           cell.layer, parameters, effectOf(scan, cell)});
        }
        endResetModel();
    }

    void update(const Scan &scan, int first, int last)
    {
        for (int i = first; i <= last; ++i)
            m_rows[i].effect = effectOf(scan, scan.cells[static_cast<std::size_t>(i)]);
        emit dataChanged(index(first, 0), index(last, ColumnCount - 1));
    }

    const QList<Row> &rows() const { return m_rows; }
    int rowCount(const QModelIndex &parent = {}) const override
    {
        return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
    }
    int columnCount(const QModelIndex &parent = {}) const override { return parent.isValid() ? 0 : ColumnCount; }
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    QVariant data(const QModelIndex &index, int role) const override;

private:
    QList<Row> m_rows;
};

QVariant ScanModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant((section >= LayerColumn ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole && section >= DeltaColumn && section <= NllColumn)
        return SensitivityTable::tr("Nats per token");
    if (role != Qt::DisplayRole)
        return {};
    const QString names[] = {SensitivityTable::tr("Unit"),       SensitivityTable::tr("Kind"),
                             SensitivityTable::tr("Layer"),      SensitivityTable::tr("Δ loss"),
                             SensitivityTable::tr("± error"),    SensitivityTable::tr("NLL"),
                             SensitivityTable::tr("Parameters"), SensitivityTable::tr("Δ per M parameters")};
    return names[section];
}

/// The figure that a column sorts by; NaN for what is not measured.
double figure(const Row &row, int column)
{
    const bool measured = row.effect.measured();
    switch (column) {
    case LayerColumn:
        return row.layer;
    case ParametersColumn:
        return static_cast<double>(row.parameters);
    case DeltaColumn:
        return measured ? row.effect.delta.value : std::nan("");
    case ErrorColumn:
        return measured ? row.effect.delta.standardError : std::nan("");
    case NllColumn:
        return measured ? row.effect.nll : std::nan("");
    default:
        return measured && row.parameters > 0 ? row.perMillion() : std::nan("");
    }
}

QString shown(const Row &row, int column)
{
    if (column == UnitColumn)
        return row.title;
    if (column == KindColumn)
        return row.kind;
    if (column == LayerColumn)
        return QLocale().toString(row.layer);
    if (column == ParametersColumn)
        return QLocale().toString(static_cast<qlonglong>(row.parameters));
    if (row.effect.certainty == Certainty::NotANumber)
        return column == DeltaColumn ? QStringLiteral("NaN") : QString();
    const double value = figure(row, column);
    if (std::isnan(value))
        return column == DeltaColumn ? QStringLiteral("–") : QString();
    // One number of decimals for a whole column keeps the points under one another.
    const int decimals = 4;
    return column == DeltaColumn || column == PerMillionColumn ? signedNumber(value, decimals)
                                                               : QLocale().toString(value, 'f', decimals);
}

QVariant ScanModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Row &row = m_rows[index.row()];
    const bool text = index.column() == UnitColumn || index.column() == KindColumn;
    if (role == Qt::DisplayRole)
        return shown(row, index.column());
    if (role == figureRole && text)
        return index.column() == UnitColumn ? QVariant(index.row()) : QVariant(row.kind);
    if (role == figureRole)
        return figure(row, index.column());
    if (role == Qt::TextAlignmentRole)
        return QVariant((text ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role == Qt::ForegroundRole && row.effect.certainty == Certainty::NotANumber && index.column() == DeltaColumn)
        return theme.error;
    if (role == Qt::ForegroundRole && !text && index.column() != ParametersColumn && index.column() != LayerColumn &&
        row.effect.certainty != Certainty::Clear)
        return theme.muted;
    if (role == Qt::ToolTipRole && row.effect.certainty == Certainty::WithinNoise)
        return SensitivityTable::tr("Below two standard errors");
    return {};
}

/// Sorts numbers as numbers; what is not measured comes last whichever way.
class ScanOrder : public QSortFilterProxyModel
{
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;

protected:
    bool lessThan(const QModelIndex &left, const QModelIndex &right) const override
    {
        const QVariant a = left.data(figureRole), b = right.data(figureRole);
        if (a.typeId() != QMetaType::Double)
            return QSortFilterProxyModel::lessThan(left, right);
        const bool aNone = std::isnan(a.toDouble()), bNone = std::isnan(b.toDouble());
        if (aNone || bNone)
            return aNone != bNone && (sortOrder() == Qt::AscendingOrder ? bNone : aNone);
        return a.toDouble() < b.toDouble();
    }
};

QString plain(double value)
{
    return std::isnan(value) ? QString() : QString::number(value, 'g', 17);
}

} // namespace

struct SensitivityTable::Parts
{
    ScanModel model;
    ScanOrder order;
    QTableView *view = nullptr;
    ModelCard card;
    bool quiet = false;

    int rowOf(const QString &unit) const
    {
        const auto &rows = model.rows();
        for (int i = 0; i < rows.size(); ++i)
            if (rows[i].unit == unit)
                return i;
        return -1;
    }
};

SensitivityTable::SensitivityTable(QWidget *parent) : QWidget(parent), m_parts(std::make_unique<Parts>())
{
    m_parts->order.setSourceModel(&m_parts->model);
    m_parts->order.setSortRole(figureRole);
    m_parts->order.setDynamicSortFilter(true);
    auto *view = m_parts->view = new QTableView;
    view->setModel(&m_parts->order);
    view->setAccessibleName(tr("Sensitivity table"));
    setAccessibleName(tr("Sensitivity table"));
    setFocusProxy(view);
    view->setSortingEnabled(true);
    view->sortByColumn(UnitColumn, Qt::AscendingOrder);
    view->setSelectionBehavior(QAbstractItemView::SelectRows);
    view->setSelectionMode(QAbstractItemView::SingleSelection);
    view->setShowGrid(false);
    view->setWordWrap(false);
    view->setTabKeyNavigation(false);
    view->verticalHeader()->hide();
    view->verticalHeader()->setDefaultSectionSize(26);
    view->horizontalHeader()->setHighlightSections(false);
    view->horizontalHeader()->setSectionResizeMode(QHeaderView::Interactive);
    view->horizontalHeader()->setStretchLastSection(true);
    const int widths[] = {150, 80, 64, 96, 84, 84, 116, 150};
    for (int i = 0; i < ColumnCount; ++i)
        view->setColumnWidth(i, widths[i]);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(view);
    connect(view->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex &current) {
        if (current.isValid() && !m_parts->quiet)
            emit unitPicked(m_parts->model.rows()[m_parts->order.mapToSource(current).row()].unit);
    });
}

SensitivityTable::~SensitivityTable() = default;

void SensitivityTable::setTheme(const Theme &theme)
{
    m_parts->model.theme = theme;
    m_parts->view->viewport()->update();
}

void SensitivityTable::setScan(const ModelCard &card, const Scan &scan)
{
    m_parts->card = card;
    m_parts->model.set(card, scan);
    setAccessibleDescription(tr("%1 of %2 cells measured").arg(measuredCells(scan)).arg(scan.cells.size()));
}

void SensitivityTable::updateCell(const Scan &scan, int cell)
{
    if (m_parts->model.rowCount() != static_cast<int>(scan.cells.size())) {
        setScan(m_parts->card, scan);
        return;
    }
    if (!scan.cells.empty())
        m_parts->model.update(scan, std::max(cell, 0), cell < 0 ? m_parts->model.rowCount() - 1 : cell);
    setAccessibleDescription(tr("%1 of %2 cells measured").arg(measuredCells(scan)).arg(scan.cells.size()));
}

void SensitivityTable::setSelection(const QString &unitId)
{
    m_parts->quiet = true;
    const QModelIndex index = m_parts->order.mapFromSource(m_parts->model.index(m_parts->rowOf(unitId), 0));
    if (index.isValid()) {
        m_parts->view->setCurrentIndex(index);
        m_parts->view->scrollTo(index);
    } else {
        m_parts->view->selectionModel()->clear();
    }
    m_parts->quiet = false;
}

QString SensitivityTable::csv() const
{
    QString text = QStringLiteral("unit,kind,layer,delta_loss,standard_error,nll,parameters,delta_per_million\n");
    for (const Row &row : m_parts->model.rows()) {
        const QString kind = row.unit.section(QLatin1Char(':'), 0, 0);
        QStringList fields = {row.unit, kind, QString::number(row.layer)};
        for (int column : {DeltaColumn, ErrorColumn, NllColumn})
            fields.append(plain(figure(row, column)));
        fields.append(QString::number(row.parameters));
        fields.append(plain(figure(row, PerMillionColumn)));
        text += fields.join(QLatin1Char(',')) + QLatin1Char('\n');
    }
    return text;
}

QAbstractItemModel *SensitivityTable::model() const
{
    return &m_parts->order;
}

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/sensitivity_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_map>
#include <utility>

#include <QAbstractTableModel>
#include <QAccessible>
#include <QHeaderView>
#include <QLabel>
#include <QSortFilterProxyModel>
#include <QStackedLayout>
#include <QTableView>
#include <QVBoxLayout>

#include "widgets/heatmap_words.h"
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
    NllErrorColumn,
    ParametersColumn,
    PerMillionColumn,
    PerMillionErrorColumn,
    ColumnCount
};

/// A column of means, and that of their errors.
constexpr std::pair<Column, Column> measures[] = {
    {DeltaColumn, ErrorColumn}, {NllColumn, NllErrorColumn}, {PerMillionColumn, PerMillionErrorColumn}};

bool isMeasured(int column)
{
    return column >= DeltaColumn && column != ParametersColumn;
}

bool isPerMillion(int column)
{
    return column == PerMillionColumn || column == PerMillionErrorColumn;
}

bool isSigned(int column)
{
    return column == DeltaColumn || column == PerMillionColumn;
}

constexpr int figureRole = Qt::UserRole;

/// One line of the table, in numbers.
struct Row
{
    QString unit;
    QString kind;
    QString title;
    int layer = -1;
    std::int64_t parameters = -1; ///< -1: the card does not list the unit
    Effect effect;

    double perMillion(double nats) const { return nats / (static_cast<double>(parameters) / 1e6); }
};

/// The figure that a column sorts by; NaN for what is not measured.
double figure(const Row &row, int column)
{
    if (column == LayerColumn)
        return row.layer;
    if (column == ParametersColumn)
        return row.parameters < 0 ? std::nan("") : static_cast<double>(row.parameters);
    if (!row.effect.measured() || (isPerMillion(column) && row.parameters <= 0))
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
        return row.perMillion(row.effect.delta.value);
    default:
        return row.perMillion(row.effect.delta.standardError);
    }
}

/// The smallest figure of a column above zero; infinite: none.
double smallest(const QList<Row> &rows, Column column)
{
    double result = std::numeric_limits<double>::infinity();
    for (const Row &row : rows)
        if (const double size = std::abs(figure(row, column)); size > 0)
            result = std::min(result, size);
    return result;
}

/// One number of decimals for a whole column keeps the points under one another: as many as its smallest error needs
/// or, without errors, as show its smallest figure. Losses come from single precision, which holds no more than six.
int decimalsFor(const QList<Row> &rows, Column values, Column errors)
{
    const double error = smallest(rows, errors);
    return std::min(decimalsOf(std::isfinite(error) ? error : smallest(rows, values) / 10), 6);
}

using Decimals = std::array<int, ColumnCount>;

class ScanModel : public QAbstractTableModel
{
public:
    using QAbstractTableModel::QAbstractTableModel;

    Theme theme = lightTheme();
    Freshness freshness = Freshness::Current;

    void set(const ModelCard &card, const Scan &scan)
    {
        beginResetModel();
        m_rows.clear();
        std::unordered_map<std::string, std::int64_t> units;
        for (const Unit &unit : card.units)
            units.emplace(unit.id, unit.parameters);
        for (const Cell &cell : scan.cells) {
            const auto unit = units.find(cell.unit);
            m_rows.append({QString::fromStdString(cell.unit), kindTitle(cell.kind), unitTitle(cell.unit), cell.layer,
                           unit == units.end() ? -1 : unit->second, effectOf(scan, cell)});
        }
        m_decimals = decimals();
        endResetModel();
    }

    void update(const Scan &scan, int first, int last)
    {
        for (int i = first; i <= last; ++i)
            m_rows[i].effect = effectOf(scan, scan.cells[static_cast<std::size_t>(i)]);
        const Decimals before = std::exchange(m_decimals, decimals());
        if (before != m_decimals)
            touchAll();
        else
            emit dataChanged(index(first, 0), index(last, ColumnCount - 1));
    }

    /// All lines are shown in another way.
    void touchAll()
    {
        if (!m_rows.isEmpty())
            emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
    }

    /// A text as wide as any figure of a column.
    QString widest(Column column) const
    {
        double most = 0;
        for (const Row &row : m_rows)
            if (const double size = std::abs(figure(row, column)); size > most && std::isfinite(size))
                most = size;
        const int decimals = m_decimals[column];
        return isSigned(column) ? signedNumber(-most, decimals) : QLocale().toString(most, 'f', decimals);
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
    Decimals decimals() const;
    QString shown(const Row &row, int column) const;
    QVariant ink(const Row &row, int column) const;
    QString toolTip(const Row &row, int column) const;

    QList<Row> m_rows;
    Decimals m_decimals{};
};

Decimals ScanModel::decimals() const
{
    Decimals result{};
    for (const auto &[values, errors] : measures)
        result[values] = result[errors] = decimalsFor(m_rows, values, errors);
    return result;
}

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
    const auto measure = std::find_if(std::begin(measures), std::end(measures),
                                      [column](const auto &one) { return one.second == column; });
    const QString header = headerOf(measure == std::end(measures) ? column : measure->first);
    const QString words = QString(header).replace(QLatin1Char('\n'), QStringLiteral(", "));
    return measure == std::end(measures) ? words : SensitivityTable::tr("Standard error of %1").arg(words);
}

QVariant ScanModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant((section >= LayerColumn ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role == Qt::AccessibleTextRole || (role == Qt::ToolTipRole && isMeasured(section)))
        return spokenHeader(section);
    return role == Qt::DisplayRole ? headerOf(section) : QVariant();
}

QString ScanModel::shown(const Row &row, int column) const
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
    if (std::isnan(value) && row.effect.measured() &&
        !(isPerMillion(column) && row.parameters <= 0)) // the error of one window
        return QStringLiteral("?");
    if (std::isnan(value))
        return column == DeltaColumn ? QStringLiteral("–") : QString();
    const int decimals = m_decimals[static_cast<std::size_t>(column)];
    return isSigned(column) ? signedNumber(value, decimals) : QLocale().toString(value, 'f', decimals);
}

/// Nothing: the usual colour.
QVariant ScanModel::ink(const Row &row, int column) const
{
    if (row.effect.certainty == Certainty::NotANumber && column == DeltaColumn)
        return theme.error;
    const bool sure = row.effect.certainty == Certainty::Clear && freshness == Freshness::Current;
    return isMeasured(column) && !sure ? QVariant(theme.muted) : QVariant();
}

/// What is to be minded; titles are said in full, since long ones are cut off.
QString ScanModel::toolTip(const Row &row, int column) const
{
    const QString remark = remarkOn(row.effect, freshness);
    if (column != UnitColumn)
        return remark;
    return remark.isEmpty() ? row.title : row.title + QLatin1Char('\n') + remark;
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
    if (role == Qt::ForegroundRole)
        return ink(row, index.column());
    return role == Qt::ToolTipRole ? toolTip(row, index.column()) : QVariant();
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
    QStackedLayout *pages = nullptr;
    QLabel *stale = nullptr; ///< why all figures are muted
    ModelCard card;
    bool quiet = false;

    void build(SensitivityTable *owner);
    void showState(SensitivityTable &owner, const Scan &scan);
    void showStaleness();
    void makeRoom();
    void makeRoomForNames();
    void widen(int column, int needed);

    int rowOf(const QString &unit) const
    {
        const auto &rows = model.rows();
        for (int i = 0; i < rows.size(); ++i)
            if (rows[i].unit == unit)
                return i;
        return -1;
    }
};

void SensitivityTable::Parts::build(SensitivityTable *owner)
{
    order.setSourceModel(&model);
    order.setSortRole(figureRole);
    order.setDynamicSortFilter(true);
    view = new QTableView;
    view->setModel(&order);
    view->setAccessibleName(tr("Sensitivity table"));
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
    const int widths[] = {126, 60, 60, 80, 60, 78, 60, 84, 100, 60}; // all fit between the panels of a usual window
    static_assert(std::size(widths) == ColumnCount);
    for (int i = 0; i < ColumnCount; ++i)
        view->setColumnWidth(i, widths[i]);
    stale = new QLabel(remarkOn({Certainty::Clear, {}, 0, 0}, Freshness::Stale));
    auto *empty = new QLabel(tr("No cells yet.\nPress S or Scan to measure them: each gets a line with its figures."));
    empty->setAlignment(Qt::AlignCenter);
    for (QLabel *label : {stale, empty}) {
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        label->setProperty("role", label == stale ? QStringLiteral("small") : QStringLiteral("muted"));
        label->setContentsMargins(12, 8, 12, 8);
    }
    auto *page = new QWidget;
    auto *rows = new QVBoxLayout(page);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(0);
    rows->addWidget(stale);
    rows->addWidget(view, 1);
    pages = new QStackedLayout(owner);
    pages->addWidget(empty);
    pages->addWidget(page);
}

/// Whether there are lines at all, and how many of them have figures.
void SensitivityTable::Parts::showState(SensitivityTable &owner, const Scan &scan)
{
    pages->setCurrentIndex(scan.cells.empty() ? 0 : 1);
    owner.setAccessibleDescription(scan.cells.empty()
                                       ? tr("No cells yet")
                                       : tr("%1 of %2 cells measured").arg(measuredCells(scan)).arg(scan.cells.size()));
    showStaleness();
    makeRoom();
}

void SensitivityTable::Parts::widen(int column, int needed)
{
    if (view->columnWidth(column) < needed)
        view->setColumnWidth(column, needed);
}

/// Figures are never cut off. Columns only grow, since the user may have widened them.
void SensitivityTable::Parts::makeRoom()
{
    constexpr int padding = 24;
    const QFontMetrics metrics = view->fontMetrics();
    for (int column = DeltaColumn; column < ColumnCount; ++column)
        widen(column, metrics.horizontalAdvance(model.widest(static_cast<Column>(column))) + padding);
}

/// Of names as much as leaves room for figures.
void SensitivityTable::Parts::makeRoomForNames()
{
    constexpr int padding = 26;
    const QFontMetrics metrics = view->fontMetrics();
    int title = 0, kind = 0;
    for (const Row &row : model.rows()) {
        title = std::max(title, metrics.horizontalAdvance(row.title));
        kind = std::max(kind, metrics.horizontalAdvance(row.kind));
    }
    widen(UnitColumn, std::min(title + padding, 224));
    widen(KindColumn, std::min(kind + padding, 140));
}

void SensitivityTable::Parts::showStaleness()
{
    const auto &rows = model.rows();
    stale->setVisible(model.freshness == Freshness::Stale &&
                      std::any_of(rows.begin(), rows.end(), [](const Row &row) { return row.effect.measured(); }));
}

SensitivityTable::SensitivityTable(QWidget *parent) : QWidget(parent), m_parts(std::make_unique<Parts>())
{
    setAccessibleName(tr("Sensitivity table"));
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_parts->build(this);
    m_parts->showState(*this, {});
    QTableView *view = m_parts->view;
    setFocusProxy(view);
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
    m_parts->makeRoomForNames();
    m_parts->showState(*this, scan);
}

void SensitivityTable::updateCell(const Scan &scan, int cell)
{
    if (m_parts->model.rowCount() != static_cast<int>(scan.cells.size())) {
        setScan(m_parts->card, scan);
        return;
    }
    if (!scan.cells.empty())
        m_parts->model.update(scan, std::max(cell, 0), cell < 0 ? m_parts->model.rowCount() - 1 : cell);
    m_parts->showState(*this, scan);
}

void SensitivityTable::setFreshness(Freshness freshness)
{
    m_parts->model.freshness = freshness;
    m_parts->model.touchAll();
    m_parts->showStaleness();
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
    // Columns of later versions come last: programs may know the others by their place.
    QString text = QStringLiteral("unit,kind,layer,delta_loss,standard_error,nll,parameters,delta_per_million,"
                                  "nll_standard_error,delta_per_million_standard_error\n");
    for (const Row &row : m_parts->model.rows()) {
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

QAbstractItemModel *SensitivityTable::model() const
{
    return &m_parts->order;
}

} // namespace ecdysis

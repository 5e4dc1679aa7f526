// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/sensitivity_table.h"

#include <algorithm>
#include <iterator>

#include <QHeaderView>
#include <QLabel>
#include <QStackedLayout>
#include <QTableView>
#include <QVBoxLayout>

#include "widgets/heatmap_words.h"
#include "widgets/sensitivity_model.h"

namespace ecdysis {

struct SensitivityTable::Parts
{
    SensitivityModel model;
    SensitivityOrder order;
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
    order.setSortRole(SensitivityModel::figureRole);
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
        widen(column, metrics.horizontalAdvance(model.widest(static_cast<SensitivityColumn>(column))) + padding);
}

/// Of names as much as leaves room for figures.
void SensitivityTable::Parts::makeRoomForNames()
{
    constexpr int padding = 26;
    const QFontMetrics metrics = view->fontMetrics();
    int title = 0, kind = 0;
    for (const SensitivityRow &row : model.rows()) {
        title = std::max(title, metrics.horizontalAdvance(row.title));
        kind = std::max(kind, metrics.horizontalAdvance(row.kind));
    }
    widen(UnitColumn, std::min(title + padding, 224));
    widen(KindColumn, std::min(kind + padding, 140));
}

void SensitivityTable::Parts::showStaleness()
{
    const auto &rows = model.rows();
    stale->setVisible(
        model.freshness == Freshness::Stale &&
        std::any_of(rows.begin(), rows.end(), [](const SensitivityRow &row) { return row.effect.measured(); }));
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
    return csvOf(m_parts->model.rows());
}

QAbstractItemModel *SensitivityTable::model() const
{
    return &m_parts->order;
}

} // namespace ecdysis

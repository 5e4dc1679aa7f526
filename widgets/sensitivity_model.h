// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>

#include "widgets/sensitivity_rows.h"
#include "widgets/theme.h"

namespace ecdysis {

/// The rows of a scan as a view shows them: texts with the decimals of their column, colours, remarks.
class SensitivityModel : public QAbstractTableModel
{
public:
    /// Of an item: what its column sorts by.
    static constexpr int figureRole = Qt::UserRole;

    using QAbstractTableModel::QAbstractTableModel;

    Theme theme = lightTheme();
    Freshness freshness = Freshness::Current;

    void set(const ModelCard &card, const Scan &scan);
    /// The cells from first to last have other losses now.
    void update(const Scan &scan, int first, int last);
    /// All lines are shown in another way.
    void touchAll();

    /// A text as wide as any figure of a column.
    QString widest(SensitivityColumn column) const;

    const QList<SensitivityRow> &rows() const { return m_rows; }
    int rowCount(const QModelIndex &parent = {}) const override
    {
        return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
    }
    int columnCount(const QModelIndex &parent = {}) const override { return parent.isValid() ? 0 : ColumnCount; }
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    QVariant data(const QModelIndex &index, int role) const override;

private:
    QString shown(const SensitivityRow &row, int column) const;
    QVariant ink(const SensitivityRow &row, int column) const;
    QString toolTip(const SensitivityRow &row, int column) const;

    QList<SensitivityRow> m_rows;
    ColumnDecimals m_decimals{};
};

/// Sorts numbers as numbers; what is not measured comes last whichever way.
class SensitivityOrder : public QSortFilterProxyModel
{
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;

protected:
    bool lessThan(const QModelIndex &left, const QModelIndex &right) const override;
};

} // namespace ecdysis

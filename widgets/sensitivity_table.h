// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <memory>

#include <QWidget>

#include "core/values/model_card.h"
#include "core/values/session.h"
#include "widgets/effect.h"
#include "widgets/theme.h"

class QAbstractItemModel;

namespace ecdysis {

/// The heatmap as a table: one row for each cell, sortable by every column.
class SensitivityTable : public QWidget
{
    Q_OBJECT

public:
    explicit SensitivityTable(QWidget *parent = nullptr);
    ~SensitivityTable() override;

    void setTheme(const Theme &theme);
    void setScan(const ModelCard &card, const Scan &scan);
    void updateCell(const Scan &scan, int cell);
    /// Figures of a stale scan are muted, and words say why.
    void setFreshness(Freshness freshness);
    /// Emits nothing.
    void setSelection(const QString &unitId);

    /// All rows in reading order with a header line; numbers in full precision with a point, what is not measured
    /// empty.
    QString csv() const;
    /// For tests and accessibility.
    QAbstractItemModel *model() const;

signals:
    void unitPicked(const QString &unitId);

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <memory>
#include <utility>

#include <QFrame>
#include <QList>

#include "widgets/theme.h"

class QLabel;

namespace ecdysis {

/// A small card beside the pointer: a title, names with right-aligned figures, a remark. Lies over its parent.
class HoverCard : public QFrame
{
    Q_OBJECT

public:
    explicit HoverCard(QWidget *parent);

    /// Shows itself near `pointer` (parent's coordinates), inside the parent.
    void present(QPoint pointer, const QString &title, const QList<std::pair<QString, QString>> &rows,
                 const QString &remark);

private:
    QLabel *m_title;
    QLabel *m_names;
    QLabel *m_values;
    QLabel *m_remark;
};

} // namespace ecdysis

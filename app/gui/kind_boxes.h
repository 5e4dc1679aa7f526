// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <vector>

#include <QStringList>
#include <QWidget>

#include "core/values/session.h"
#include "core/values/unit.h"

class QCheckBox;

namespace ecdysis {

/// A check box for each kind of unit that the model has.
class KindBoxes : public QWidget
{
    Q_OBJECT

public:
    explicit KindBoxes(QWidget *parent = nullptr);

    /// Makes the boxes anew; those of `chosen` are checked, all when none of them is there.
    void setUnits(const std::vector<Unit> &units, const QStringList &chosen);
    void setChosen(const QStringList &kinds);
    void setChosen(const Scan &scan); ///< the kinds of its cells
    QStringList chosen() const;

signals:
    void changed();

private:
    QList<QCheckBox *> m_boxes; ///< each has its kind as object name
};

} // namespace ecdysis

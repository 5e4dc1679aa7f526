// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/kind_boxes.h"

#include <algorithm>

#include <QCheckBox>
#include <QHBoxLayout>

#include "widgets/effect.h"
#include "widgets/unit_text.h"

namespace ecdysis {

KindBoxes::KindBoxes(QWidget *parent) : QWidget(parent)
{
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(12);
}

void KindBoxes::setUnits(const std::vector<Unit> &units, const QStringList &chosen)
{
    qDeleteAll(m_boxes);
    m_boxes.clear();
    QStringList kinds;
    for (const Unit &unit : units)
        if (const QString kind = QString::fromStdString(unit.kind); unit.isPart() && !kinds.contains(kind))
            kinds.append(kind);
    const bool any =
        std::any_of(kinds.begin(), kinds.end(), [&](const QString &kind) { return chosen.contains(kind); });
    for (const QString &kind : kinds) {
        auto *box = new QCheckBox(kindTitle(kind.toStdString()), this);
        box->setObjectName(kind);
        box->setChecked(!any || chosen.contains(kind));
        connect(box, &QCheckBox::toggled, this, &KindBoxes::changed);
        layout()->addWidget(box);
        m_boxes.append(box);
    }
}

void KindBoxes::setChosen(const QStringList &kinds)
{
    for (QCheckBox *box : m_boxes)
        box->setChecked(kinds.contains(box->objectName()));
}

void KindBoxes::setChosen(const Scan &scan)
{
    QStringList kinds;
    for (const std::string &kind : kindsOf(scan))
        kinds.append(QString::fromStdString(kind));
    setChosen(kinds);
}

QStringList KindBoxes::chosen() const
{
    QStringList kinds;
    for (const QCheckBox *box : m_boxes)
        if (box->isChecked())
            kinds.append(box->objectName());
    return kinds;
}

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/hover_card.h"

#include <algorithm>

#include <QGridLayout>
#include <QLabel>

namespace ecdysis {

HoverCard::HoverCard(QWidget *parent)
    : QFrame(parent), m_title(new QLabel), m_names(new QLabel), m_values(new QLabel), m_remark(new QLabel)
{
    setProperty("role", QStringLiteral("card"));
    setAttribute(Qt::WA_TransparentForMouseEvents);
    auto *grid = new QGridLayout(this);
    grid->setContentsMargins(12, 8, 12, 8);
    grid->setHorizontalSpacing(16);
    grid->setVerticalSpacing(4);
    grid->addWidget(m_title, 0, 0, 1, 2);
    grid->addWidget(m_names, 1, 0);
    grid->addWidget(m_values, 1, 1);
    grid->addWidget(m_remark, 2, 0, 1, 2);
    QFont bold = m_title->font();
    bold.setWeight(QFont::DemiBold);
    m_title->setFont(bold);
    m_names->setProperty("role", QStringLiteral("muted"));
    m_values->setAlignment(Qt::AlignRight);
    m_remark->setProperty("role", QStringLiteral("small"));
    for (QLabel *label : {m_title, m_names, m_values, m_remark})
        label->setTextFormat(Qt::PlainText);
    hide();
}

void HoverCard::present(QPoint pointer, const QString &title, const QList<std::pair<QString, QString>> &rows,
                        const QString &remark)
{
    QStringList names, values;
    for (const auto &[name, value] : rows) {
        names.append(name);
        values.append(value);
    }
    m_title->setText(title);
    m_names->setText(names.join(QLatin1Char('\n')));
    m_values->setText(values.join(QLatin1Char('\n')));
    m_names->setVisible(!rows.isEmpty());
    m_values->setVisible(!rows.isEmpty());
    m_remark->setText(remark);
    m_remark->setVisible(!remark.isEmpty());
    ensurePolished();
    adjustSize();
    const QRect room = parentWidget()->rect().adjusted(4, 4, -4, -4);
    QPoint place = pointer + QPoint(16, 16);
    if (place.x() + width() > room.right())
        place.setX(pointer.x() - 16 - width());
    if (place.y() + height() > room.bottom())
        place.setY(pointer.y() - 16 - height());
    move(std::max(place.x(), room.left()), std::max(place.y(), room.top()));
    show();
    raise();
}

} // namespace ecdysis

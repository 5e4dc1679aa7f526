// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/kind_chooser.h"

#include <algorithm>

#include <QAction>
#include <QCheckBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QToolButton>

#include "widgets/effect.h"
#include "widgets/parts.h"
#include "widgets/unit_text.h"

namespace ecdysis {

namespace {

constexpr int mostBoxes = 3; ///< beside cost and button on a small screen
constexpr int mostNames = 2; ///< on the button

/// Stays open while things are checked in it, so that several are chosen in one visit.
class CheckMenu : public QMenu
{
public:
    using QMenu::QMenu;

protected:
    void mouseReleaseEvent(QMouseEvent *event) override
    {
        QAction *action = actionAt(event->pos());
        if (action && action->isEnabled() && action->isCheckable())
            action->trigger();
        else
            QMenu::mouseReleaseEvent(event);
    }
    void keyPressEvent(QKeyEvent *event) override
    {
        const bool press =
            event->key() == Qt::Key_Space || event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
        QAction *action = activeAction();
        if (press && action && action->isCheckable())
            action->trigger();
        else
            QMenu::keyPressEvent(event);
    }
};

/// How many units of a kind a scan measures.
int unitCount(const ModelCard &card, const std::string &kind)
{
    return static_cast<int>(std::count_if(card.units.begin(), card.units.end(),
                                          [&kind](const Unit &unit) { return unit.kind == kind && goesAlone(unit); }));
}

} // namespace

KindChooser::KindChooser(QWidget *parent)
    : QWidget(parent), m_all(new QAction(tr("All kinds"), this)), m_label(new QLabel(tr("Units"), this)),
      m_button(new QToolButton(this))
{
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(12);
    row->addWidget(m_label);
    row->addWidget(m_button);
    m_button->setObjectName(QStringLiteral("kinds"));
    m_button->setProperty("role", QStringLiteral("field"));
    m_button->setFocusPolicy(Qt::StrongFocus);
    m_button->setPopupMode(QToolButton::InstantPopup);
    m_button->setMenu(new CheckMenu(m_button));
    m_label->setBuddy(m_button);
    m_all->setCheckable(true);
    connect(m_all, &QAction::triggered, this, [this](bool all) {
        for (QAction *kind : m_kinds)
            kind->setChecked(all);
    });
}

void KindChooser::setCard(const ModelCard &card, const QStringList &chosen)
{
    qDeleteAll(m_boxes);
    m_boxes.clear();
    qDeleteAll(m_kinds);
    m_kinds.clear();
    QStringList kinds;
    for (const std::string &kind : partKinds(card))
        kinds.append(QString::fromStdString(kind));
    const bool any =
        std::any_of(kinds.begin(), kinds.end(), [&](const QString &kind) { return chosen.contains(kind); });
    for (const QString &kind : kinds) {
        auto *action = new QAction(kindTitle(kind.toStdString()), this);
        action->setObjectName(kind);
        action->setCheckable(true);
        action->setChecked(!any || chosen.contains(kind));
        connect(action, &QAction::toggled, this, [this] {
            showChoice();
            emit changed();
        });
        m_kinds.append(action);
    }
    makeRow(card);
    showChoice();
}

/// Boxes where they have room, else the button with its list.
void KindChooser::makeRow(const ModelCard &card)
{
    const bool few = m_kinds.size() <= mostBoxes;
    m_label->setVisible(!few);
    m_button->setVisible(!few);
    m_button->menu()->clear();
    for (QAction *kind : m_kinds) {
        if (few) {
            auto *box = new QCheckBox(kind->text(), this);
            box->setObjectName(kind->objectName());
            box->setChecked(kind->isChecked());
            connect(box, &QCheckBox::toggled, kind, &QAction::setChecked);
            connect(kind, &QAction::toggled, box, &QCheckBox::setChecked);
            layout()->addWidget(box);
            m_boxes.append(box);
            continue;
        }
        const int count = unitCount(card, kind->objectName().toStdString());
        kind->setText(QStringLiteral("%1 (%2)").arg(kind->text()).arg(count));
        m_button->menu()->addAction(kind);
    }
    m_button->menu()->addSeparator();
    m_button->menu()->addAction(m_all);
}

void KindChooser::showChoice()
{
    QStringList names;
    for (const QString &kind : chosen())
        names.append(kindTitle(kind.toStdString()));
    const bool all = names.size() == m_kinds.size();
    m_all->setChecked(all);
    const QString said = names.isEmpty()             ? tr("none")
                         : all                       ? tr("all kinds")
                         : names.size() <= mostNames ? names.join(QStringLiteral(", "))
                                                     : tr("%1 of %2 kinds").arg(names.size()).arg(m_kinds.size());
    m_button->setText(said + QStringLiteral(" ▾"));
    const QString list = names.isEmpty() ? tr("none") : names.join(QStringLiteral(", "));
    m_button->setToolTip(tr("Kinds of units that are measured: %1").arg(list));
    m_button->setAccessibleName(m_button->toolTip());
}

void KindChooser::setChosen(const QStringList &kinds)
{
    for (QAction *kind : m_kinds)
        kind->setChecked(kinds.contains(kind->objectName()));
}

void KindChooser::setChosen(const Scan &scan)
{
    QStringList kinds;
    for (const std::string &kind : kindsOf(scan))
        kinds.append(QString::fromStdString(kind));
    const bool any = std::any_of(m_kinds.begin(), m_kinds.end(),
                                 [&](const QAction *kind) { return kinds.contains(kind->objectName()); });
    if (any)
        setChosen(kinds);
}

QStringList KindChooser::chosen() const
{
    QStringList kinds;
    for (const QAction *kind : m_kinds)
        if (kind->isChecked())
            kinds.append(kind->objectName());
    return kinds;
}

} // namespace ecdysis

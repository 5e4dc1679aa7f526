// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QList>
#include <QStringList>
#include <QWidget>

#include "core/values/model_card.h"
#include "core/values/session.h"

class QAction;
class QCheckBox;
class QLabel;
class QToolButton;

namespace ecdysis {

/// Which kinds of units are scanned: a check box for each as long as they are few, else a button that opens a list of
/// them. Only kinds are offered of which some unit can go alone.
class KindChooser : public QWidget
{
    Q_OBJECT

public:
    explicit KindChooser(QWidget *parent = nullptr);

    /// Offers the kinds of a model anew; those of `chosen` are checked, all when none of them is there.
    void setCard(const ModelCard &card, const QStringList &chosen);
    void setChosen(const QStringList &kinds);
    void setChosen(const Scan &scan); ///< the kinds of its cells; if none of them is offered, nothing changes
    QStringList chosen() const;

signals:
    void changed();

private:
    void makeRow(const ModelCard &card);
    void showChoice();

    QList<QAction *> m_kinds; ///< each has its kind as object name
    QAction *m_all = nullptr;
    QLabel *m_label = nullptr;
    QToolButton *m_button = nullptr;
    QList<QCheckBox *> m_boxes; ///< one for each kind; none: the button stands for them
};

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QObject>
#include <QString>

namespace ecdysis {

/// The unit that all views show as chosen; empty when there is none.
class Selection : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;
    const QString &unit() const { return m_unit; }

    /// Chooses a unit by its id and tells every view, unless it is chosen already.
    void setUnit(const QString &unit);

signals:
    void unitChanged(const QString &unit);

private:
    QString m_unit;
};

} // namespace ecdysis

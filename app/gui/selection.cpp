// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/selection.h"

namespace ecdysis {

void Selection::setUnit(const QString &unit)
{
    if (unit == m_unit)
        return;
    m_unit = unit;
    emit unitChanged(m_unit);
}

} // namespace ecdysis

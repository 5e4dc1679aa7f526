// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/cell_fades.h"

#include <algorithm>
#include <iterator>

namespace ecdysis {

void CellFades::start(HeatPicture &picture, int cell)
{
    picture.cells[cell].opacity = 0;
    m_since[cell].start();
}

void CellFades::step(HeatPicture &picture, double time)
{
    for (auto cell = m_since.begin(); cell != m_since.end();) {
        const double share = std::min(1.0, static_cast<double>(cell->elapsed()) / time);
        picture.cells[cell.key()].opacity = share;
        cell = share >= 1 ? m_since.erase(cell) : std::next(cell);
    }
}

} // namespace ecdysis

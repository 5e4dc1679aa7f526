// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QElapsedTimer>
#include <QHash>

#include "widgets/heatmap_painting.h"

namespace ecdysis {

/// The cells of a heatmap that are appearing.
class CellFades
{
public:
    /// Hides a cell; from now on it fades in.
    void start(HeatPicture &picture, int cell);
    /// Shows cells as far as they have come, where appearing takes so many milliseconds.
    void step(HeatPicture &picture, double time);
    void clear() { m_since.clear(); }
    bool isEmpty() const { return m_since.isEmpty(); }

private:
    QHash<int, QElapsedTimer> m_since; ///< by their index in the picture
};

} // namespace ecdysis

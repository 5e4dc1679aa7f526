// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/parts.h"

#include <algorithm>

namespace ecdysis {

namespace {

void addOnce(std::vector<std::string> &kinds, const std::string &kind)
{
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
        kinds.push_back(kind);
}

} // namespace

bool goesAlone(const Unit &unit)
{
    return unit.isPart() && unit.needs.empty();
}

bool isWholePart(const Cell &cell)
{
    return cell.method == "removal" && cell.amount == 1 && cell.unit == unitId(cell.kind, cell.layer);
}

std::vector<std::string> partKinds(const ModelCard &card)
{
    std::vector<std::string> kinds;
    for (const Unit &unit : card.units)
        if (goesAlone(unit))
            addOnce(kinds, unit.kind);
    return kinds;
}

std::vector<std::string> partKinds(const ModelCard &card, const Scan &scan)
{
    std::vector<std::string> measured, kinds;
    for (const Cell &cell : scan.cells)
        if (isWholePart(cell))
            addOnce(measured, cell.kind);
    for (const std::string &kind : partKinds(card))
        if (std::find(measured.begin(), measured.end(), kind) != measured.end())
            kinds.push_back(kind);
    for (const std::string &kind : measured)
        addOnce(kinds, kind);
    return kinds;
}

const Unit *findUnit(const ModelCard &card, const std::string &id)
{
    const auto found =
        std::find_if(card.units.begin(), card.units.end(), [&](const Unit &unit) { return unit.id == id; });
    return found == card.units.end() ? nullptr : &*found;
}

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/analysis/scan_record.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "core/analysis/session_of.h"
#include "core/exception.h"
#include "core/io/session_file.h"

namespace ecdysis::analysis {

namespace {

/// Whether cells of both may stand beside each other.
bool continues(const Scan &old, const Scan &fresh)
{
    return old.calibration.fingerprint == fresh.calibration.fingerprint &&
           sameArithmetic(old.provenance, fresh.provenance);
}

std::tuple<const std::string &, const std::string &, const double &> identity(const Cell &cell)
{
    return {cell.unit, cell.method, cell.amount};
}

/// Adds the cells that are asked for and not there yet, in the card's order.
void addMissingCells(Scan &scan, const Scan &fresh, const ModelCard &card)
{
    for (const Cell &cell : fresh.cells)
        if (std::ranges::find(scan.cells, identity(cell), identity) == scan.cells.end())
            scan.cells.push_back(cell);
    const auto place = [&](const Cell &cell) { return std::ranges::find(card.units, cell.unit, &Unit::id); };
    std::ranges::stable_sort(scan.cells, {}, place);
}

/// Where in the session the scan lies that `scan` is or continues; their number if nowhere.
std::size_t placeOf(const Session &session, const Scan &scan)
{
    const auto found = std::ranges::find_if(session.scans, [&](const Scan &old) { return continues(old, scan); });
    return static_cast<std::size_t>(found - session.scans.begin());
}

/// Gives `scan` what only `other` has measured: the same bits that it would get.
void takeMeasured(Scan &scan, const Scan &other, const ModelCard &card)
{
    if (scan.denseLosses.empty())
        scan.denseLosses = other.denseLosses;
    addMissingCells(scan, other, card);
    for (Cell &cell : scan.cells)
        for (const Cell &known : other.cells)
            if (cell.losses.empty() && identity(known) == identity(cell))
                cell.losses = known.losses;
}

} // namespace

ScanRecord::ScanRecord(std::filesystem::path file, const ModelCard &card, const Scan &fresh)
    : m_file(std::move(file)), m_card(card)
{
    m_session = sessionOf(m_file, card, fresh.provenance.modelFingerprint);
    m_index = placeOf(m_session, fresh);
    if (m_index == m_session.scans.size())
        m_session.scans.push_back(fresh);
    else
        addMissingCells(m_session.scans[m_index], fresh, card);
    save(Scan(scan()));
}

void ScanRecord::save(const Scan &scan)
{
    m_session.scans[m_index] = scan;
    if (m_file.empty())
        return;
    keepOthers(sessionOf(m_file, m_card, scan.provenance.modelFingerprint));
    valueOrThrow(io::writeSession(m_file, m_session));
}

void ScanRecord::keepOthers(Session there)
{
    const Scan ours = scan();
    m_index = placeOf(there, ours);
    if (m_index == there.scans.size())
        there.scans.push_back(ours);
    Scan merged = ours;
    takeMeasured(merged, there.scans[m_index], m_card);
    there.scans[m_index] = std::move(merged);
    m_session = std::move(there);
}

} // namespace ecdysis::analysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/analysis/scan_record.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "core/exception.h"
#include "core/io/session_file.h"

namespace ecdysis::analysis {

namespace {

Session readOrNew(const std::filesystem::path &file)
{
    auto session = io::readSession(file);
    if (!session && session.error().code == ErrorCode::NotFound)
        return {};
    return valueOrThrow(std::move(session));
}

/// Whether cells of both may stand beside each other: equal inputs and equal arithmetic, hence equal bits.
bool continues(const Scan &old, const Scan &fresh)
{
    const Provenance &a = old.provenance, &b = fresh.provenance;
    return old.calibration.fingerprint == fresh.calibration.fingerprint && a.modelFingerprint == b.modelFingerprint &&
           a.dtype == b.dtype && a.device == b.device && a.threads == b.threads && a.versions == b.versions;
}

/// Adds the cells that are asked for and not there yet, in the card's order.
void addMissingCells(Scan &scan, const Scan &fresh, const ModelCard &card)
{
    const auto identity = [](const Cell &cell) { return std::tie(cell.unit, cell.method, cell.amount); };
    for (const Cell &cell : fresh.cells)
        if (std::ranges::find(scan.cells, identity(cell), identity) == scan.cells.end())
            scan.cells.push_back(cell);
    const auto place = [&](const Cell &cell) { return std::ranges::find(card.units, cell.unit, &Unit::id); };
    std::ranges::stable_sort(scan.cells, {}, place);
}

} // namespace

ScanRecord::ScanRecord(std::filesystem::path file, const ModelCard &card, const Scan &fresh) : m_file(std::move(file))
{
    if (!m_file.empty())
        m_session = readOrNew(m_file);
    for (const Scan &scan : m_session.scans)
        if (scan.provenance.modelFingerprint != fresh.provenance.modelFingerprint)
            throw Exception(
                ErrorCode::Mismatch,
                fmt::format("a session of the model in {} expected, one of another model ({}, weights {:.12}) "
                            "found",
                            card.folder.string(), m_session.modelFolder, scan.provenance.modelFingerprint),
                m_file.string());
    m_session.modelFolder = card.folder.string();
    m_session.modelTitle = card.title;
    const auto found = std::ranges::find_if(m_session.scans, [&](const Scan &scan) { return continues(scan, fresh); });
    m_index = static_cast<std::size_t>(found - m_session.scans.begin());
    if (found == m_session.scans.end())
        m_session.scans.push_back(fresh);
    else
        addMissingCells(*found, fresh, card);
    save(Scan(scan()));
}

void ScanRecord::save(const Scan &scan)
{
    m_session.scans[m_index] = scan;
    if (!m_file.empty())
        valueOrThrow(io::writeSession(m_file, m_session));
}

} // namespace ecdysis::analysis

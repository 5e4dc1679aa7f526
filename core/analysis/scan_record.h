// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>

#include "core/values/model_card.h"
#include "core/values/session.h"

namespace ecdysis::analysis {

/// The place of one scan in a session file, or in no file at all.
class ScanRecord
{
public:
    /// Reads the session (a new one where the file is absent; none where the path is empty) and looks in it for a scan
    /// to continue: same windows, model, numbers, threads and libraries. `fresh` is the scan as asked for, nothing
    /// measured; cells of it that the found one lacks are added. Writes the session, so that a place which cannot be
    /// written to is known before work begins. Throws Exception: the errors of reading and writing sessions, Mismatch
    /// for a session of another model.
    ScanRecord(std::filesystem::path file, const ModelCard &card, const Scan &fresh);

    /// The scan to work on: continued or fresh.
    const Scan &scan() const { return m_session.scans[m_index]; }

    /// Puts the grown scan in its place and writes the file, keeping what another program has written to it since.
    /// Throws Exception: the errors of reading and writing sessions.
    void save(const Scan &scan);

private:
    void keepOthers(Session there);

    std::filesystem::path m_file;
    const ModelCard &m_card;
    Session m_session;
    std::size_t m_index = 0;
};

} // namespace ecdysis::analysis

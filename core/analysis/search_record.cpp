// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/analysis/search_record.h"

#include <algorithm>

#include "core/analysis/session_of.h"
#include "core/exception.h"
#include "core/io/session_file.h"

namespace ecdysis::analysis {

namespace {

bool continues(const Search &old, const Search &fresh)
{
    return old.settings == fresh.settings && old.tasksFingerprint == fresh.tasksFingerprint &&
           std::ranges::equal(old.calibrations, fresh.calibrations, {}, &Calibration::fingerprint,
                              &Calibration::fingerprint) &&
           sameArithmetic(old.provenance, fresh.provenance);
}

} // namespace

Search openSearch(const std::filesystem::path &file, const ModelCard &card, const Search &fresh)
{
    const Session session = sessionOf(file, card, fresh.provenance.modelFingerprint);
    const auto found = std::ranges::find_if(session.searches, [&](const Search &old) { return continues(old, fresh); });
    const Search search = found == session.searches.end() ? fresh : *found;
    saveSearch(file, card, search);
    return search;
}

void saveSearch(const std::filesystem::path &file, const ModelCard &card, const Search &search)
{
    if (file.empty())
        return;
    Session session = sessionOf(file, card, search.provenance.modelFingerprint);
    const auto place =
        std::ranges::find_if(session.searches, [&](const Search &old) { return continues(old, search); });
    if (place == session.searches.end())
        session.searches.push_back(search);
    else
        *place = search;
    valueOrThrow(io::writeSession(file, session));
}

} // namespace ecdysis::analysis

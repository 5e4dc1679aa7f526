// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/analysis/session_of.h"

#include <fmt/format.h>

#include "core/exception.h"
#include "core/io/session_file.h"

namespace ecdysis::analysis {

namespace {

Session readOrNew(const std::filesystem::path &file)
{
    if (file.empty())
        return {};
    auto session = io::readSession(file);
    if (!session && session.error().code == ErrorCode::NotFound)
        return {};
    return valueOrThrow(std::move(session));
}

} // namespace

Session sessionOf(const std::filesystem::path &file, const ModelCard &card, const std::string &modelFingerprint)
{
    Session session = readOrNew(file);
    const auto check = [&](const auto &result) {
        if (result.provenance.modelFingerprint != modelFingerprint)
            throw Exception(
                ErrorCode::Mismatch,
                fmt::format("a session of the model in {} expected, one of another model ({}, weights {:.12}) found",
                            card.folder.string(), session.modelFolder, result.provenance.modelFingerprint),
                file.string());
    };
    std::ranges::for_each(session.scans, check);
    std::ranges::for_each(session.searches, check);
    session.modelFolder = card.folder.string();
    session.modelTitle = card.title;
    return session;
}

bool sameArithmetic(const Provenance &one, const Provenance &other)
{
    return one.modelFingerprint == other.modelFingerprint && one.dtype == other.dtype && one.device == other.device &&
           one.threads == other.threads && one.versions == other.versions;
}

} // namespace ecdysis::analysis

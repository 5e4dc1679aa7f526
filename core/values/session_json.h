// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/values/search_json.h"
#include "core/values/session.h"

namespace ecdysis {

inline void to_json(nlohmann::json &json, const Session &session)
{
    json = {{"model_folder", session.modelFolder},
            {"model_title", session.modelTitle},
            {"scans", session.scans},
            {"searches", session.searches},
            {"notes", session.notes}};
}

inline void from_json(const nlohmann::json &json, Session &session)
{
    json.at("model_folder").get_to(session.modelFolder);
    json.at("model_title").get_to(session.modelTitle);
    json.at("scans").get_to(session.scans);
    json.at("searches").get_to(session.searches);
    json.at("notes").get_to(session.notes);
}

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/values/export.h"
#include "core/values/json.h"

namespace ecdysis {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ExportReport, files, parameters, bytes, layout, loaders, reasons)

inline void to_json(nlohmann::json &json, const ExportCheck &check)
{
    json = {{"before", json_detail::number(check.before)},
            {"after", json_detail::number(check.after)},
            {"difference", json_detail::number(check.difference)},
            {"tolerance", check.tolerance}};
}

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace ecdysis::data {

/// Goes through the records of a set of data: a JSON list, or one record a line, blank lines aside. `visit` is told
/// each and its place: the file with the line or the place in the list. Throws Exception{BadFormat} naming it.
void forEachRecord(std::string_view text, const std::string &file,
                   const std::function<void(const nlohmann::json &record, const std::string &where)> &visit);

} // namespace ecdysis::data

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/session_step.h"

#include <algorithm>
#include <charconv>

#include "core/values/plan_json.h"

namespace ecdysis::cli {

std::optional<SessionStep> sessionStep(const std::string &name)
{
    constexpr std::string_view ending = ".ecdysis";
    if (name.ends_with(ending))
        return SessionStep{name, {}};
    const auto at = name.rfind('@');
    std::size_t steps = 0;
    const auto digits = name.substr(std::min(at, name.size() - 1) + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), steps);
    if (at == name.npos || !name.substr(0, at).ends_with(ending) || error != std::errc() ||
        end != digits.data() + digits.size())
        return {};
    return SessionStep{name.substr(0, at), steps};
}

Plan planAfter(const Search &search, std::size_t steps)
{
    SearchPath path = search.paths.front();
    path.steps.resize(steps);
    return planOf(search.settings, path);
}

Result<Plan> planOfStep(const SessionStep &step, const ModelCard &card)
{
    const auto session = readSession(step.session);
    if (!session)
        return tl::unexpected(session.error());
    const std::string where = step.session.string();
    if (session->searches.empty() || session->searches.back().paths.empty())
        return failure(ErrorCode::NotFound, "a search expected, the session has none", where);
    const Search &search = session->searches.back();
    const std::size_t all = search.paths.front().steps.size(), steps = step.steps.value_or(all);
    if (steps > all)
        return failure(ErrorCode::NotFound,
                       "step " + std::to_string(steps) + " of a search expected, it has " + std::to_string(all), where);
    return parsePlan(nlohmann::json(planAfter(search, steps)).dump(), card, where);
}

} // namespace ecdysis::cli

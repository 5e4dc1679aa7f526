// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/plan_json.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/exception.h"
#include "core/pruning/shedder_config.h"
#include "core/values/json.h"

namespace ecdysis::pruning {

namespace {

using nlohmann::json;

json parseText(const std::string &text, const std::string &where)
{
    try {
        return json::parse(text);
    } catch (const json::parse_error &error) {
        throw Exception(ErrorCode::BadFormat, fmt::format("a plan in JSON expected, {}", error.what()),
                        fmt::format("{}, byte {}", where, error.byte));
    } catch (const json::out_of_range &) {
        throw Exception(ErrorCode::BadFormat, "a plan in JSON expected, a number beyond those of 64 bits found", where);
    }
}

void checkKeys(const json &object, const std::string &where)
{
    if (!object.is_object())
        throw Exception(ErrorCode::BadFormat, fmt::format("a JSON object expected, {} found", object.type_name()),
                        where);
    for (const auto &[key, value] : object.items())
        if (key != "removals" && !value.is_null() && !value.empty())
            throw Exception(
                ErrorCode::Unsupported,
                fmt::format("a plan of \"removals\" expected, \"{}\" found, which this version cannot apply", key),
                where);
    if (!object.contains("removals") || !object["removals"].is_array())
        throw Exception(ErrorCode::BadFormat, "a list \"removals\" expected, none found", where);
}

Removal readRemoval(const json &item, const std::string &where)
{
    try {
        return item.get<Removal>();
    } catch (const json::exception &) {
        throw Exception(ErrorCode::BadFormat,
                        fmt::format("a unit's id like \"block:5\", or {{\"unit\", \"reason\"}} expected, {} found",
                                    item.is_structured() ? item.type_name()
                                                         : item.dump()), // a dump recurses as deep as the nesting
                        where);
    }
}

/// Whether the model has a unit of this id: one of those listed, or another range of one of its widths.
bool hasUnit(const ModelCard &card, const std::string &id)
{
    if (std::ranges::find(card.units, id, &Unit::id) != card.units.end())
        return true;
    const auto unit = parseUnitId(id);
    return unit && unit->from >= 0 && std::ranges::any_of(card.widths, [&](const Width &width) {
               return width.kind == unit->kind && width.layer == unit->layer && unit->to < width.size;
           });
}

} // namespace

Plan parsePlan(const std::string &text, const ModelCard &card, const std::string &where)
{
    json object = parseText(text, where);
    if (isShedderConfig(object))
        object = {{"removals", removalsOfShedderConfig(object, card, where)}};
    checkKeys(object, where);
    Plan plan;
    std::set<std::string> seen;
    for (const json &item : object["removals"]) {
        const std::string place = fmt::format("{}, removals[{}]", where, plan.removals.size());
        plan.removals.push_back(readRemoval(item, place));
        const std::string &unit = plan.removals.back().unit;
        if (!hasUnit(card, unit))
            throw Exception(ErrorCode::Mismatch,
                            fmt::format("a unit of this {} model of {} layers expected, \"{}\" found", card.title,
                                        card.layers, unit),
                            place);
        if (!seen.insert(unit).second)
            throw Exception(ErrorCode::Mismatch, fmt::format("each unit once expected, \"{}\" found again", unit),
                            place);
    }
    return plan;
}

} // namespace ecdysis::pruning

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/plan_json.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/exception.h"
#include "core/io/atomic_file.h"
#include "core/pruning/companion_file.h"
#include "core/pruning/masks.h"
#include "core/pruning/new_weights.h"
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
    constexpr std::string_view known[] = {"removals", "orders", "sparsity", "masks", "weights"};
    for (const auto &[key, value] : object.items())
        if (std::ranges::find(known, key) == std::end(known) && !value.is_null() && !value.empty())
            throw Exception(ErrorCode::Unsupported,
                            fmt::format("a plan of {} expected, \"{}\" found, which this version cannot apply",
                                        fmt::join(known, ", "), key),
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

EntryOrder readOrder(const json &item, const std::string &where)
{
    try {
        return item.get<EntryOrder>();
    } catch (const json::exception &) {
        throw Exception(ErrorCode::BadFormat,
                        "an order {\"kind\", \"layer\", \"score\", \"entries\"} expected, something else found", where);
    }
}

void read(const char *what, const json &item, auto &into, const std::string &place)
{
    try {
        item.get_to(into);
    } catch (const json::exception &) {
        throw Exception(ErrorCode::BadFormat, fmt::format("{} expected, {} found", what, item.type_name()), place);
    }
}

/// A file that `value` names, looked for in the folder of the plan.
void readCompanion(CompanionFile &companion, const json &value, const std::string &where, const std::string &key)
{
    read(R"({"file", "sha256"})", value, companion, where + ", " + key);
    companion.file = (std::filesystem::path(where).parent_path() / companion.file).string();
    requireUnchanged(companion, key);
}

/// The masks that `value` names, `sparsity` telling how they came about.
void readMasks(Plan &plan, const json &value, const json &sparsity, const std::string &where)
{
    if (!sparsity.is_null())
        read(R"(a list of {"score", "scope", "amount", "calibration"})", sparsity, plan.sparsity, where + ", sparsity");
    if (value.is_null() || value.empty()) {
        if (!plan.sparsity.empty())
            throw Exception(ErrorCode::Mismatch, "\"masks\" that say which weights are gone expected, none found",
                            where);
        return;
    }
    readCompanion(plan.masks.emplace(), value, where, "masks");
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
    const json orders = object.value("orders", json::array());
    if (!orders.is_array())
        throw Exception(ErrorCode::BadFormat, "a list \"orders\" expected, something else found", where);
    for (const json &item : orders)
        plan.orders.push_back(readOrder(item, fmt::format("{}, orders[{}]", where, plan.orders.size())));
    readMasks(plan, object.value("masks", json()), object.value("sparsity", json()), where);
    if (const json weights = object.value("weights", json()); !weights.is_null() && !weights.empty())
        readCompanion(plan.weights.emplace(), weights, where, "weights");
    return plan;
}

void writePlan(const std::filesystem::path &file, Plan plan)
{
    if (plan.masks)
        plan.masks->file = namedIn(file.parent_path(), plan.masks->file);
    if (plan.weights)
        plan.weights->file = namedIn(file.parent_path(), plan.weights->file);
    valueOrThrow(io::writeAtomically(file, [&](std::ostream &stream) -> Result<void> {
        stream << json(plan).dump(2) << "\n";
        return {};
    }));
}

} // namespace ecdysis::pruning

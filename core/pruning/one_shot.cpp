// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/one_shot.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/exception.h"
#include "core/pruning/threshold.h"
#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis::pruning {

using architectures::Blueprint;
using architectures::Parameter;
using scores::ElementScores;

namespace {

using Group = std::vector<const Parameter *>;

/// As std::round but for halves, which go to the even neighbour as in Python.
std::int64_t rounded(double number)
{
    return static_cast<std::int64_t>(std::nearbyint(number));
}

at::Tensor scoresOf(const Parameter &parameter, const ElementScores &score, const Run &run)
{
    throwIfStopped(run);
    at::Tensor scores = score(parameter.name);
    if (scores.isnan().any().item<bool>())
        throw Exception(ErrorCode::Mismatch, "scores that can be compared expected, NaN found", parameter.name);
    return scores;
}

std::span<const float> valuesOf(const at::Tensor &scores)
{
    return {scores.data_ptr<float>(), static_cast<std::size_t>(scores.numel())};
}

/// Calls `visit` with the numbers in pieces that take some ten milliseconds.
void inPieces(std::span<const float> numbers, const Run &run, const std::function<void(std::span<const float>)> &visit)
{
    constexpr std::size_t length = 1 << 22;
    while (!numbers.empty()) {
        throwIfStopped(run);
        const auto piece = numbers.first(std::min(length, numbers.size()));
        visit(piece);
        numbers = numbers.subspan(piece.size());
    }
}

/// Takes the numbers below a threshold out of a mask, from element `start` on.
void removeTaken(Mask &mask, std::int64_t start, std::span<const float> numbers, Threshold &threshold)
{
    for (const float number : numbers) {
        if (threshold.takes(orderKey(number)))
            remove(mask, start);
        ++start;
    }
}

/// Adds the masks of parameters that are compared with one another.
void addTogether(Masks &masks, const Group &group, const ElementScores &score, double amount, const Run &run)
{
    std::int64_t count = 0;
    for (const Parameter *parameter : group)
        count += c10::multiply_integers(parameter->shape);
    const auto eachScore = [&](const auto &visit) {
        for (const Parameter *parameter : group) {
            const at::Tensor scores = scoresOf(*parameter, score, run);
            inPieces(valuesOf(scores), run, visit);
        }
    };
    Threshold threshold = lowest(eachScore, rounded(amount * static_cast<double>(count)));
    for (const Parameter *parameter : group) {
        Mask &mask = masks[parameter->name] = wholeMask(parameter->shape);
        const at::Tensor scores = scoresOf(*parameter, score, run);
        std::int64_t start = 0;
        inPieces(valuesOf(scores), run, [&](std::span<const float> piece) {
            removeTaken(mask, start, piece, threshold);
            start += static_cast<std::int64_t>(piece.size());
        });
    }
}

/// Adds the masks of parameters whose rows are each compared within themselves.
void addByRow(Masks &masks, const Group &group, const ElementScores &score, double amount, const Run &run)
{
    for (const Parameter *parameter : group) {
        Mask &mask = masks[parameter->name] = wholeMask(parameter->shape);
        const at::Tensor scores = scoresOf(*parameter, score, run);
        const std::int64_t width = parameter->shape.back();
        for (std::int64_t start = 0; start < scores.numel(); start += width) {
            throwIfStopped(run);
            const auto row = valuesOf(scores).subspan(static_cast<std::size_t>(start), static_cast<std::size_t>(width));
            Threshold threshold =
                lowest([&](const auto &visit) { visit(row); }, rounded(amount * static_cast<double>(width)));
            removeTaken(mask, start, row, threshold);
        }
    }
}

/// Which weights compete with one another.
struct Scope
{
    const char *name;
    std::string (*key)(const Parameter &parameter); ///< the same for parameters whose masks are made together
    void (*add)(Masks &masks, const Group &group, const ElementScores &score, double amount, const Run &run);
};

std::string nameOf(const Parameter &parameter)
{
    return parameter.name;
}

constexpr Scope scopes[] = {
    {"global", [](const Parameter &) { return std::string(); }, addTogether},
    {"tensor", nameOf, addTogether},
    {"layer", [](const Parameter &parameter) { return std::to_string(parameter.layer()); }, addTogether},
    {"row", nameOf, addByRow}};

const Scope &scopeNamed(const std::string &name)
{
    const auto found = std::ranges::find_if(scopes, [&](const Scope &scope) { return name == scope.name; });
    if (found != std::end(scopes))
        return *found;
    std::vector<std::string> known;
    for (const Scope &scope : scopes)
        known.emplace_back(scope.name);
    throw Exception(ErrorCode::InvalidArgument,
                    fmt::format("a scope expected ({}), \"{}\" found", fmt::join(known, ", "), name));
}

Group prunable(const Blueprint &blueprint)
{
    Group parameters;
    for (const Parameter &parameter : blueprint.parameters)
        if (parameter.prunable && parameter.tiedTo.empty())
            parameters.push_back(&parameter);
    return parameters;
}

/// Parameters that compete with one another, groups and members in the blueprint's order.
std::vector<Group> groupsOf(const Blueprint &blueprint, const Scope &scope)
{
    std::map<std::string, std::size_t> places;
    std::vector<Group> groups;
    for (const Parameter *parameter : prunable(blueprint)) {
        const auto [place, isNew] = places.try_emplace(scope.key(*parameter), groups.size());
        if (isNew)
            groups.emplace_back();
        groups[place->second].push_back(parameter);
    }
    return groups;
}

} // namespace

std::vector<std::string> prunableWeights(const Blueprint &blueprint)
{
    std::vector<std::string> names;
    for (const Parameter *parameter : prunable(blueprint))
        names.push_back(parameter->name);
    return names;
}

Masks lowestMasks(const Blueprint &blueprint, const ElementScores &score, const std::string &scope, double amount,
                  const Run &run)
{
    if (!(amount >= 0 && amount <= 1))
        throw Exception(ErrorCode::InvalidArgument, fmt::format("a sparsity from 0 to 1 expected, {} found", amount));
    const Scope &chosen = scopeNamed(scope);
    const std::vector<Group> groups = groupsOf(blueprint, chosen);
    ProgressMeter meter(run, "prune", static_cast<double>(groups.size()));
    Masks masks;
    for (const Group &group : groups) {
        chosen.add(masks, group, score, amount, run);
        meter.advance(1);
    }
    return masks;
}

std::vector<ComponentSparsity> byComponent(const Blueprint &blueprint, const Masks &masks)
{
    std::map<std::string, ComponentSparsity> kinds;
    std::map<std::string, int> tensors;
    for (const Parameter &parameter : blueprint.parameters) {
        const auto mask = masks.find(parameter.name);
        if (mask == masks.end())
            continue;
        const std::string kind = parameter.component.substr(parameter.component.rfind('.') + 1);
        ComponentSparsity &sum = kinds[kind];
        sum.name = kind;
        sum.weights += elements(mask->second);
        sum.removed += removed(mask->second);
        sum.mean += static_cast<double>(removed(mask->second)) / static_cast<double>(elements(mask->second));
        ++tensors[kind];
    }
    std::vector<ComponentSparsity> result;
    for (auto &[kind, sum] : kinds) {
        sum.mean /= tensors[kind];
        result.push_back(sum);
    }
    return result;
}

} // namespace ecdysis::pruning

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/added_biases.h"

#include <algorithm>
#include <string_view>

namespace ecdysis::pruning {

using architectures::Blueprint;
using architectures::Parameter;
using architectures::Slice;

namespace {

std::string withEnding(std::string_view name, std::string_view old, std::string_view ending)
{
    if (!name.ends_with(old))
        return {};
    name.remove_suffix(old.size());
    return std::string(name) + std::string(ending);
}

const Parameter *find(const Blueprint &blueprint, const std::string &name)
{
    const auto found = std::ranges::find(blueprint.parameters, name, &Parameter::name);
    return found == blueprint.parameters.end() ? nullptr : &*found;
}

/// The bias of the rows of a matrix.
Parameter biasFor(const Parameter &matrix)
{
    Parameter bias = matrix;
    bias.name = biasOf(matrix.name);
    bias.shape = {matrix.shape.front()};
    bias.precision = architectures::Precision::Full;
    bias.prunable = false;
    bias.flops = 0;
    for (std::string &other : bias.otherNames)
        other = biasOf(other);
    return bias;
}

/// Where entries take rows of the matrix, they take as many of its bias.
void addRows(std::vector<Slice> &slices, const std::string &matrix)
{
    std::vector<Slice> rows;
    std::ranges::copy_if(slices, std::back_inserter(rows),
                         [&](const Slice &slice) { return slice.tensor == matrix && slice.dimension == 0; });
    for (Slice &slice : rows) {
        slice.tensor = biasOf(matrix);
        slices.push_back(std::move(slice));
    }
}

} // namespace

std::string biasOf(const std::string &weight)
{
    return withEnding(weight, ".weight", ".bias");
}

std::string weightOf(const std::string &bias)
{
    return withEnding(bias, ".bias", ".weight");
}

const Parameter *matrixWithout(const std::string &bias, const Blueprint &blueprint)
{
    const Parameter *matrix = find(blueprint, weightOf(bias));
    const bool fits = matrix && matrix->shape.size() == 2 && matrix->tiedTo.empty() && !matrix->layers.empty() &&
                      matrix->precision == architectures::Precision::Compute;
    return fits && !find(blueprint, bias) ? matrix : nullptr;
}

Blueprint withBiases(Blueprint blueprint, const std::set<std::string> &biases)
{
    for (const std::string &bias : biases) {
        const Parameter *matrix = matrixWithout(bias, blueprint);
        if (!matrix)
            continue;
        const Parameter added = biasFor(*matrix);
        for (architectures::Part &part : blueprint.parts)
            addRows(part.slices, matrix->name);
        for (architectures::Axis &axis : blueprint.axes)
            addRows(axis.slices, matrix->name);
        blueprint.parameters.insert(blueprint.parameters.begin() + (matrix - blueprint.parameters.data()) + 1, added);
    }
    return blueprint;
}

} // namespace ecdysis::pruning

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/architectures/architecture.h"
#include "core/values/unit.h"

namespace ecdysis::pruning {

/// A cut model as its folder will say it: as much as possible in a config that stock software reads, where layers that
/// are gone are not counted and widths are as they have become; what no config can say is `rest`.
struct WrittenForm
{
    io::Config config;
    architectures::Blueprint blueprint;       ///< of that config without `rest`
    std::map<std::string, std::string> names; ///< of its parameters, by that in the blueprint of the parent's config
    std::vector<int> layers;                  ///< of the parent's config: those that are left, in their order
    std::vector<Unit> rest;                   ///< in the numbers of `config`
    std::vector<std::string> loaders;         ///< stock software that reads this; empty: none
    std::vector<std::string> reasons;         ///< why none does
};

/// The form of a model without `units`, which are those of the blueprint of `config`. `layout` as in ExportRequest.
/// Throws Exception{Unsupported}: the layout has no place for the model.
WrittenForm writtenForm(const architectures::Architecture &architecture, const io::Config &config,
                        std::span<const Unit> units, const std::string &layout);

/// The units in their plainest form: layers that have no projection left do nothing, so their blocks go; what lies in a
/// block that goes is not named beside it.
std::vector<Unit> settled(const architectures::Blueprint &blueprint, std::span<const Unit> units);

} // namespace ecdysis::pruning

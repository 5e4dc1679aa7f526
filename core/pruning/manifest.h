// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/values/plan.h"

/// \file
/// `ecdysis.json`: beside a config that cannot say all of what was cut from a model, what it does not say.
///
///     {"format": "ecdysis cut model", "version": 1,
///      "removed": ["ssm:2", "mlp_channels:4:0-255"],       what is missing of the model of config.json: unit ids,
///      layers
///                                                          and entries counted as config.json has them
///      "tensors": {"…in_proj.weight": {"whole": [288, 64], "shape": [256, 64]}},    those that are there, but smaller
///      "biases": ["…out_proj.bias"],                       of projections that have none in the model of config.json;
///                                                          with any, "version" is 2
///      "layers": [{"parent": 0, "removed": ["ssm"], "widths": {"state": 16}}, …],   of config.json: the number it had
///      in
///                                                          the parent, the parts that are gone, the entries that are
///                                                          left
///      "reasons": ["ssm:3: no stock loader …"],            why the config cannot say it, in the parent's numbers
///      "parent": {"fingerprint": "…", "architecture": "mamba2", "layers": 24, "parameters": 129135360},
///      "plan": {"removals": [{"unit": "ssm:3", "reason": "…"}]}}                    what was done to the parent
///
/// `removed` and `biases` decide how a folder is read: the tensors are those of the config's model without these units,
/// and with these biases.
namespace ecdysis::pruning {

struct ManifestTensor
{
    std::vector<std::int64_t> whole; ///< shape in the model of the config
    std::vector<std::int64_t> shape; ///< as stored

    bool operator==(const ManifestTensor &) const = default;
};

struct ManifestLayer
{
    int parent = 0; ///< its number there
    std::vector<std::string> removed;
    std::map<std::string, std::int64_t> widths; ///< by kind

    bool operator==(const ManifestLayer &) const = default;
};

struct ManifestParent
{
    std::string fingerprint; ///< SHA-256 of its tensors
    std::string architecture;
    int layers = 0;
    std::int64_t parameters = 0;

    bool operator==(const ManifestParent &) const = default;
};

struct Manifest
{
    std::vector<std::string> removed;
    std::map<std::string, ManifestTensor> tensors;
    std::vector<std::string> biases;
    std::vector<ManifestLayer> layers;
    std::vector<std::string> reasons;
    ManifestParent parent;
    Plan plan;

    bool operator==(const Manifest &) const = default;
};

/// Its name in a folder.
inline constexpr const char *manifestName = "ecdysis.json";

std::string manifestText(const Manifest &manifest);

/// Throws Exception{BadFormat, Unsupported (a newer version)}, `where` being the file.
Manifest parseManifest(const std::string &text, const std::string &where);

/// That of a model folder; none where there is no such file.
std::optional<Manifest> readManifest(const std::filesystem::path &folder);

} // namespace ecdysis::pruning

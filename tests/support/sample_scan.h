// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/values/model_card.h"
#include "core/values/session.h"

/// \file
/// Made-up measurements of the usual shape, the same on every machine: the outer layers matter most, some cells are
/// within their error, some are missing.
namespace sample {

/// Even noise in -1..1 from a number, the same everywhere.
inline double noise(std::uint32_t seed)
{
    std::uint32_t bits = seed * 2654435761U;
    bits ^= bits >> 15;
    bits *= 2246822519U;
    bits ^= bits >> 13;
    return static_cast<double>(bits % 20001U) / 10000.0 - 1.0;
}

inline ecdysis::Component component(const std::string &name, int layer, const std::string &tensor,
                                    std::vector<std::int64_t> shape)
{
    const ecdysis::TensorInfo info{tensor, ecdysis::DType::BF16, std::move(shape), "model.safetensors"};
    return {name, layer, info.elements(), info.bytes(), {info}};
}

inline void addLayer(ecdysis::ModelCard &card, int layer)
{
    struct Part
    {
        const char *name;
        std::vector<std::int64_t> shape;
        bool inSsm;
    };
    const Part parts[] = {{"norm.weight", {768}, false},
                          {"mixer.in_proj.weight", {3072, 768}, false},
                          {"mixer.conv1d.weight", {1536, 1, 4}, false},
                          {"mixer.x_proj.weight", {80, 1536}, true},
                          {"mixer.dt_proj.weight", {1536, 48}, true},
                          {"mixer.A_log", {1536, 16}, true},
                          {"mixer.D", {1536}, true},
                          {"mixer.out_proj.weight", {768, 1536}, false}};
    const std::string prefix = "layers." + std::to_string(layer) + ".";
    ecdysis::Unit block{ecdysis::unitId("block", layer), "block", layer},
        ssm{ecdysis::unitId("ssm", layer), "ssm", layer};
    for (const Part &part : parts) {
        std::string name = prefix + part.name;
        if (name.ends_with(".weight"))
            name.resize(name.size() - 7);
        card.components.push_back(component(name, layer, "backbone." + prefix + part.name, part.shape));
        for (ecdysis::Unit *unit : {&block, &ssm}) {
            if (unit == &ssm && !part.inSsm)
                continue;
            unit->parameters += card.components.back().parameters;
            unit->bytes += card.components.back().bytes;
            unit->tensors.push_back("backbone." + prefix + part.name);
        }
    }
    block.flopsPerToken = 7.6e6;
    ssm.flopsPerToken = 0.9e6;
    block.loaders = {"transformers", "mamba_ssm"};
    card.parameters += block.parameters;
    card.flopsPerToken += block.flopsPerToken;
    card.units.push_back(block);
    card.units.push_back(ssm);
}

/// A Mamba of this depth, mamba-130m's widths.
inline ecdysis::ModelCard card(int layers = 24)
{
    ecdysis::ModelCard card{"/models/mamba-130m", "mamba", "Mamba", "hf", ecdysis::DType::BF16, layers};
    card.components.push_back(component("embeddings", -1, "backbone.embeddings.weight", {50280, 768}));
    card.parameters = card.components.back().parameters;
    card.flopsPerToken = 7.7e7;
    for (int layer = 0; layer < layers; ++layer)
        addLayer(card, layer);
    card.components.push_back(component("norm_f", -1, "backbone.norm_f.weight", {768}));
    card.parameters += 768;
    card.bytes = card.parameters * 2;
    return card;
}

/// A part of a layer that takes nothing along but its name.
inline ecdysis::Unit part(const std::string &kind, int layer, std::vector<std::string> needs = {})
{
    ecdysis::Unit unit{ecdysis::unitId(kind, layer), kind, layer};
    unit.parameters = 590000;
    unit.bytes = 2 * unit.parameters;
    unit.flopsPerToken = 1.2e6;
    unit.needs = std::move(needs);
    return unit;
}

/// A hybrid: attention instead of Mamba-2 in every fifth layer, an MLP in each. The second attention reads the keys of
/// the first one, so that the first cannot go alone. The heads of each Mamba-2 layer are listed in groups of eight.
inline ecdysis::ModelCard hybridCard(int layers = 12)
{
    ecdysis::ModelCard card{"/models/hybrid", "some_hybrid", "Hybrid", "hf", ecdysis::DType::BF16, layers};
    card.parameters = 120'000'000;
    card.bytes = 2 * card.parameters;
    card.flopsPerToken = 2.4e8;
    for (int layer = 0; layer < layers; ++layer) {
        const bool attention = layer % 5 == 3;
        const std::string prefix = "layers." + std::to_string(layer) + ".";
        card.layerTypes.push_back(attention ? "attention" : "mamba2");
        card.components.push_back(
            component(prefix + "mixer", layer, prefix + "mixer.weight", {768, attention ? 768 : 1536}));
        card.units.push_back(part("block", layer));
        card.units.back().loaders = {"transformers"};
        if (attention) {
            card.units.push_back(part("attention", layer));
        } else {
            card.units.push_back(part("mamba", layer));
            card.units.push_back(part("ssm", layer));
        }
        card.units.push_back(part("mlp", layer));
        if (attention)
            continue;
        card.widths.push_back({"heads", layer, 24, 1});
        for (int from = 0; from < 24; from += 8) {
            card.units.push_back(part("heads", layer));
            card.units.back().id = ecdysis::unitId("heads", layer, from, from + 7);
            card.units.back().from = from;
            card.units.back().to = from + 7;
            card.units.back().loadersIfUniform = {"transformers"};
        }
    }
    for (ecdysis::Unit &unit : card.units)
        if (unit.id == "attention:3")
            unit.needs = {"attention:8"};
    return card;
}

/// Losses whose difference to `dense` has this mean and about this standard error.
inline std::vector<double> losses(const std::vector<double> &dense, double delta, double error, std::uint32_t seed)
{
    std::vector<double> shifted = dense;
    double sum = 0;
    std::vector<double> wobble(dense.size());
    for (std::size_t i = 0; i < dense.size(); ++i)
        sum += wobble[i] = noise(seed * 101 + static_cast<std::uint32_t>(i));
    const double spread = error * std::sqrt(3.0 * static_cast<double>(dense.size()));
    for (std::size_t i = 0; i < dense.size(); ++i)
        shifted[i] += delta + spread * (wobble[i] - sum / static_cast<double>(dense.size()));
    return shifted;
}

/// How much a part at this depth (0..1) matters.
inline double depthEffect(double depth)
{
    return 0.62 * std::pow(std::abs(2 * depth - 1), 5) + 0.02;
}

/// A scan over some kinds; every `missing`-th cell is not measured (0: all are), and one SSM's loss is NaN if asked.
inline ecdysis::Scan scan(const ecdysis::ModelCard &card, const std::vector<std::string> &kinds, int missing = 0,
                          int nanLayer = -1)
{
    ecdysis::Scan scan;
    scan.calibration = {"wiki.txt", {512, 0, 0, false}, 16384, 32, "00"};
    for (std::uint32_t i = 0; i < 32; ++i)
        scan.denseLosses.push_back(3.021 + 0.2 * noise(i + 7));
    int index = 0;
    for (int layer = 0; layer < card.layers; ++layer)
        for (std::size_t row = 0; row < kinds.size(); ++row, ++index) {
            ecdysis::Cell cell{ecdysis::unitId(kinds[row], layer), kinds[row], layer};
            const auto seed = static_cast<std::uint32_t>(layer * 8 + static_cast<int>(row) + 1);
            const double depth = (layer + 0.5) / card.layers;
            const double scale = row == 0 ? 1 : 0.45;
            const double delta = scale * (depthEffect(depth) + 0.016 * noise(seed));
            if (missing == 0 || index % missing != missing - 1)
                cell.losses = losses(scan.denseLosses, delta, 0.004 + 0.03 * delta, seed);
            if (layer == nanLayer && row == 1)
                cell.losses.assign(scan.denseLosses.size(), std::numeric_limits<double>::quiet_NaN());
            scan.cells.push_back(cell);
        }
    return scan;
}

/// A scan of these kinds of a card's own units, those left out that cannot go alone.
inline ecdysis::Scan scanOfUnits(const ecdysis::ModelCard &card, const std::vector<std::string> &kinds)
{
    ecdysis::Scan scan = sample::scan(card, {});
    for (const ecdysis::Unit &unit : card.units) {
        if (!unit.needs.empty() || std::find(kinds.begin(), kinds.end(), unit.kind) == kinds.end())
            continue;
        const auto seed = static_cast<std::uint32_t>(scan.cells.size() + 1);
        const double delta = 0.4 * depthEffect((unit.layer + 0.5) / card.layers) + 0.006 * noise(seed);
        scan.cells.push_back({unit.id, unit.kind, unit.layer});
        scan.cells.back().losses = losses(scan.denseLosses, delta, 0.003 + 0.03 * delta, seed);
    }
    return scan;
}

/// The first `count` cells measured, the rest still to come.
inline ecdysis::Scan partial(ecdysis::Scan scan, std::size_t count)
{
    for (std::size_t i = count; i < scan.cells.size(); ++i)
        scan.cells[i].losses.clear();
    return scan;
}

} // namespace sample

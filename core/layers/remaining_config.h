// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "core/architectures/remains.h"
#include "core/io/config.h"
#include "core/layers/attention.h"

namespace ecdysis::layers {

using architectures::Remains;

/// Writes the config of what is left of a model, key by key. Keys that a config does not have stay absent where the
/// reference then derives the right value; counts and widths are always written.
class RemainingConfig
{
public:
    RemainingConfig(io::Config config, const Remains &remains) : m_config(std::move(config)), m_remains(remains) {}

    /// The number of layers.
    RemainingConfig &layers(const std::string &key);
    /// A list of one item a layer.
    RemainingConfig &itemPerLayer(const std::string &key);
    /// A list of numbers of layers.
    RemainingConfig &layerNumbers(const std::string &key);
    /// The entries left of a width, times `factor`, where it lost some. `key` may lie in an object: "ssm_cfg.d_state".
    RemainingConfig &width(const std::string &key, const std::string &kind, std::int64_t factor = 1);
    /// Heads of queries and of keys, and the size of one, which no longer follows from their number.
    RemainingConfig &attentionHeads(const AttentionShape &shape, const std::string &sizeKey = "head_dim");
    /// Any value.
    RemainingConfig &set(const std::string &key, nlohmann::json value);

    const io::Config &config() const { return m_config; }

private:
    io::Config m_config;
    const Remains &m_remains;
};

/// The number that a layer has among those left; it must be one of them.
int numberLeft(const Remains &remains, int layer);
/// Whether a layer is left.
bool isLeft(const Remains &remains, std::int64_t layer);

} // namespace ecdysis::layers

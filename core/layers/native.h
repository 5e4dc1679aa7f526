// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <set>

#include "core/layers/frame.h"
#include "core/layers/mlp.h"
#include "core/layers/native_attention.h"

/// \file
/// The layout of the state-spaces project: Mamba or Mamba-2, in some layers attention instead, and an MLP after each if
/// the config asks for it.
namespace ecdysis::layers {

struct Native
{
    Frame frame;
    std::set<std::int64_t> attentionLayers;
    AttentionShape attention;
    std::int64_t attentionTaps = 0;
    bool attentionOutputBias = true;
    MlpShape mlp; ///< inner 0: none

    bool isAttention(int layer) const { return attentionLayers.contains(layer); }
    bool hasMlp() const { return mlp.inner > 0; }
};

/// Whether a config has the flat form of the state-spaces project.
bool isNative(const io::Config &config);

/// Throws Exception{BadFormat or Unsupported} naming the key.
Native readNative(const io::Config &config);

/// Width of a mixer by that of the model, as configs say it: a whole number where it is one.
nlohmann::json expansion(std::int64_t inner, std::int64_t channels);

/// The config of a model in the layout of the state-spaces project, from one of transformers: `frame` and ssm_cfg.
/// Throws Exception{Unsupported} for what that layout cannot say: norms with another epsilon.
io::Config nativeConfig(const io::Config &config, const Frame &frame, nlohmann::json mixer);

/// The config of transformers for a model in that layout: `mixer` holds the keys that are not those of the frame.
/// Throws Exception{Unsupported} for layers that transformers' Mamba does not have.
io::Config hfConfig(const io::Config &config, const Native &native, nlohmann::json mixer);

/// `mixer(section)` writes what lies below "mixer." of a layer without attention; `type` is its name.
architectures::Blueprint describeNative(const Native &native, const std::string &type,
                                        const std::function<void(const Section &)> &mixer);

/// `mixer(path)` builds it.
std::unique_ptr<const architectures::Network>
buildNative(const Native &native, const Weights &weights,
            const std::function<std::unique_ptr<const Mixer>(const std::string &path)> &mixer);

} // namespace ecdysis::layers

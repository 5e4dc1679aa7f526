// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/layers/frame.h"
#include "core/layers/mixer.h"

/// \file
/// Models of nothing but mixers, each after a norm, as transformers lays out Mamba: "backbone.layers.3.norm" and
/// "backbone.layers.3.mixer.…".
namespace ecdysis::layers {

/// `frame` holds the defaults of sizes and of tying.
Frame readMixerStack(const io::Config &config, Frame frame);

/// `mixer(section)` writes what lies below "mixer."; `type` is that of every layer.
architectures::Blueprint describeMixerStack(const Frame &frame, const std::string &type,
                                            const std::function<void(const Section &)> &mixer);

/// `mixer(path)` builds it.
std::unique_ptr<const architectures::Network>
buildMixerStack(const Frame &frame, const Weights &weights,
                const std::function<std::unique_ptr<const Mixer>(const std::string &path)> &mixer);

} // namespace ecdysis::layers

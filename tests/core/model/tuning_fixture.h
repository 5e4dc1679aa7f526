// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "core/engine.h"
#include "tests/core/model/model_support.h"
#include "tests/support/temporary_model.h"

/// \file
/// What the tests of tuning runs share.

inline const ecdysis::Plan tunedPlan{{{"block:1", ""}, {"ssm:2", ""}, {"inner_channels:0:0-7", ""}}};

/// The tensors of a model tuned under that plan under the parent's names: with block 1 gone, later layers are numbered
/// one lower.
inline std::map<std::string, at::Tensor> tunedTensors(const std::filesystem::path &run)
{
    std::map<std::string, at::Tensor> tensors;
    const std::string prefix = "backbone.layers.";
    for (const auto &[stored, tensor] : readTensors(run / "model/model.safetensors")) {
        std::string name = stored;
        if (name.starts_with(prefix)) {
            const auto dot = name.find('.', prefix.size());
            const int layer = std::stoi(name.substr(prefix.size(), dot - prefix.size()));
            name = prefix + std::to_string(layer < 1 ? layer : layer + 1) + name.substr(dot);
        }
        tensors[name] = tensor;
    }
    return tensors;
}

/// Short runs of a tiny model.
class TuningFolder
{
public:
    std::filesystem::path path(const std::string &name) const { return m_model.path(name.c_str()).toStdString(); }
    ecdysis::Model model() const { return ecdysis::load(path(""), {.threads = 1}, {}).value(); }
    void write(const char *name, const QByteArray &bytes) const { m_model.write(name, bytes); }
    ecdysis::TuneRequest request(const std::string &out, int steps) const
    {
        return {.texts = {path("text.txt")},
                .out = path(out),
                .settings = {.steps = steps,
                             .batch = 2,
                             .accumulate = 2,
                             .length = 32,
                             .learningRate = {.peak = 5e-3, .warmup = 2},
                             .validateEvery = 5}};
    }

private:
    const TinyModel m_model;
};

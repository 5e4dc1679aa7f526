// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/values/cell.h"
#include "core/values/session.h"

/// \file
/// Recovery tuning: what is asked of it and what comes of it.
namespace ecdysis {

/// How the learning rate goes down after the warm-up, to LearningRate::last at the last step.
enum class Decay : std::uint8_t { Constant, Linear, Cosine };

/// The learning rate of each step: up in a line from 0 to `peak` over `warmup` steps, then down.
struct LearningRate
{
    double peak = 3e-4;
    int warmup = 20;
    Decay decay = Decay::Cosine;
    double last = 0.1; ///< share of the peak at the last step; not for Decay::Constant

    bool operator==(const LearningRate &) const = default;
};

/// AdamW (Loshchilov & Hutter, arXiv 1711.05101): decay is decoupled from the gradient, and norms, biases and
/// parameters of state spaces are spared.
struct AdamWSettings
{
    double beta1 = 0.9;
    double beta2 = 0.95;
    double epsilon = 1e-8;
    double weightDecay = 0.01;

    bool operator==(const AdamWSettings &) const = default;
};

/// LoRA (Hu et al., arXiv 2106.09685): weights stay, alpha / rank · B A is learned beside each and added to it at the
/// end.
struct LowRank
{
    int rank = 0; ///< 0: no LoRA, all weights are learned
    double alpha = 16;
    double dropout = 0;               ///< share of the inputs of A that are left out
    std::vector<std::string> modules; ///< last parts of the paths of projections ("out_proj"); empty: all of them

    bool operator==(const LowRank &) const = default;
};

/// What the loss is made of: a weighted sum of means over the tokens that count.
struct Objective
{
    double labels = 1;      ///< weight of the negative log-likelihood
    double divergence = 0;  ///< of the divergence from the dense model's predictions, see `temperature`
    double temperature = 2; ///< both models' logits are divided by; the divergence is multiplied by its square
    double hidden = 0; ///< of the squared distance from the dense model's last hidden state, as a share of its square
    double layers = 0; ///< of the same of the residual streams after each layer that is left, their mean

    bool distils() const { return divergence > 0 || hidden > 0 || layers > 0; }
    bool operator==(const Objective &) const = default;
};

/// How a model is tuned.
struct TuningSettings
{
    int steps = 0;
    int batch = 8;      ///< examples that are computed at once
    int accumulate = 1; ///< batches of a step
    int length = 0;     ///< tokens of a window of text, most tokens of an instruction with its answer; 0: 512, or 256
    LearningRate learningRate;
    AdamWSettings adamW;
    double clip = 1; ///< largest norm of all gradients together; 0: any
    LowRank lowRank;
    Objective objective;
    int validateEvery = 50;     ///< steps
    int validationExamples = 0; ///< at equal distances over what is held out; 0: all
    int validationWindows = 0;  ///< of each further text, its first at each validation; 0: these texts only at the end
    int patience = 0;           ///< validations without a new best after which it ends; 0: it goes on

    bool operator==(const TuningSettings &) const = default;
};

/// One step of a run. Step 0 is the model before the first.
struct TuningPoint
{
    int step = 0;
    double trainingLoss = std::numeric_limits<double>::quiet_NaN();   ///< of the step's examples, as the objective says
    double validationLoss = std::numeric_limits<double>::quiet_NaN(); ///< nats per label; NaN: not measured here
    std::vector<double> textLosses; ///< of the windows of each further text, nats per token; empty: not measured here
    double learningRate = 0;
    double gradientNorm = std::numeric_limits<double>::quiet_NaN(); ///< before clipping
    double tokensPerSecond = 0;                                     ///< of the step alone, padding included

    bool operator==(const TuningPoint &) const = default;
};

/// A mean loss before the plan, under it and after tuning, nats per predicted token.
struct Recovery
{
    std::string text; ///< file; empty: what is held out
    Estimate dense;
    Estimate before;
    Estimate after;

    bool operator==(const Recovery &) const = default;
};

/// Share of the loss that came with the plan which tuning has won back; NaN where none had come.
inline double recovered(const Recovery &recovery)
{
    const double lost = recovery.before.value - recovery.dense.value;
    return lost > 0 ? (recovery.before.value - recovery.after.value) / lost : std::numeric_limits<double>::quiet_NaN();
}

/// A tuning run, finished or not.
struct Tuning
{
    TuningSettings settings;
    Provenance provenance;
    std::string planFingerprint;
    std::string dataFingerprint; ///< SHA-256 over the examples learned from and held out, hexadecimal
    std::int64_t trainable = 0;  ///< numbers that are learned
    std::vector<TuningPoint> curve;
    int bestStep = 0;
    double bestLoss = std::numeric_limits<double>::infinity(); ///< on what is held out
    bool stoppedEarly = false;                                 ///< patience ran out
    double seconds = 0;                                        ///< of steps and validations so far, over all sittings
    std::vector<Recovery> results; ///< first on what is held out, then on each further text; filled in at the end

    bool operator==(const Tuning &) const = default;
};

} // namespace ecdysis

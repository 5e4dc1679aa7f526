// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/values/json.h"
#include "core/values/tuning.h"

/// \file
/// The values of tuning as JSON, both ways; see json.h.
namespace ecdysis {

NLOHMANN_JSON_SERIALIZE_ENUM(Decay,
                             {{Decay::Constant, "constant"}, {Decay::Linear, "linear"}, {Decay::Cosine, "cosine"}})
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LearningRate, peak, warmup, decay, last)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LowRank, rank, alpha, dropout, modules)

inline void to_json(nlohmann::json &json, const Objective &objective)
{
    json = {{"labels", objective.labels},
            {"divergence", objective.divergence},
            {"temperature", objective.temperature},
            {"hidden", objective.hidden},
            {"layers", objective.layers}};
}

inline void from_json(const nlohmann::json &json, Objective &objective)
{
    objective = {.labels = json.at("labels"),
                 .divergence = json.at("divergence"),
                 .temperature = json.at("temperature"),
                 .hidden = json.at("hidden"),
                 .layers = json.value("layers", 0.0)}; // absent from runs before there was such a term
}

inline void to_json(nlohmann::json &json, const AdamWSettings &settings)
{
    json = {{"beta1", settings.beta1},
            {"beta2", settings.beta2},
            {"epsilon", settings.epsilon},
            {"weight_decay", settings.weightDecay}};
}

inline void from_json(const nlohmann::json &json, AdamWSettings &settings)
{
    settings = {json.at("beta1"), json.at("beta2"), json.at("epsilon"), json.at("weight_decay")};
}

inline void to_json(nlohmann::json &json, const TuningSettings &settings)
{
    json = {{"steps", settings.steps},
            {"batch", settings.batch},
            {"accumulate", settings.accumulate},
            {"length", settings.length},
            {"learning_rate", settings.learningRate},
            {"adamw", settings.adamW},
            {"clip", settings.clip},
            {"lora", settings.lowRank},
            {"objective", settings.objective},
            {"validate_every", settings.validateEvery},
            {"validation_examples", settings.validationExamples},
            {"validation_windows", settings.validationWindows},
            {"patience", settings.patience}};
}

inline void from_json(const nlohmann::json &json, TuningSettings &settings)
{
    settings = {.steps = json.at("steps"),
                .batch = json.at("batch"),
                .accumulate = json.at("accumulate"),
                .length = json.at("length"),
                .learningRate = json.at("learning_rate"),
                .adamW = json.at("adamw"),
                .clip = json.at("clip"),
                .lowRank = json.at("lora"),
                .objective = json.at("objective"),
                .validateEvery = json.at("validate_every"),
                .validationExamples = json.at("validation_examples"),
                .validationWindows = json.at("validation_windows"),
                .patience = json.at("patience")};
}

inline void to_json(nlohmann::json &json, const TuningPoint &point)
{
    json = {{"step", point.step},
            {"training_loss", json_detail::number(point.trainingLoss)},
            {"validation_loss", json_detail::number(point.validationLoss)},
            {"text_losses", point.textLosses},
            {"learning_rate", point.learningRate},
            {"gradient_norm", json_detail::number(point.gradientNorm)},
            {"tokens_per_second", json_detail::number(point.tokensPerSecond)}};
}

inline void from_json(const nlohmann::json &json, TuningPoint &point)
{
    point = {.step = json.at("step"),
             .trainingLoss = json_detail::number(json.at("training_loss")),
             .validationLoss = json_detail::number(json.at("validation_loss")),
             .textLosses = json.at("text_losses"),
             .learningRate = json.at("learning_rate"),
             .gradientNorm = json_detail::number(json.at("gradient_norm")),
             .tokensPerSecond = json_detail::number(json.at("tokens_per_second"))};
}

inline void to_json(nlohmann::json &json, const Recovery &recovery)
{
    json = {{"text", recovery.text},
            {"dense", recovery.dense},
            {"before", recovery.before},
            {"after", recovery.after},
            {"recovered", json_detail::number(recovered(recovery))}};
}

inline void from_json(const nlohmann::json &json, Recovery &recovery)
{
    recovery = {json.at("text"), json.at("dense"), json.at("before"), json.at("after")};
}

inline void to_json(nlohmann::json &json, const Tuning &tuning)
{
    json = {{"settings", tuning.settings},
            {"provenance", tuning.provenance},
            {"plan_fingerprint", tuning.planFingerprint},
            {"data_fingerprint", tuning.dataFingerprint},
            {"trainable", tuning.trainable},
            {"curve", tuning.curve},
            {"best", {{"step", tuning.bestStep}, {"validation_loss", json_detail::number(tuning.bestLoss)}}},
            {"stopped_early", tuning.stoppedEarly},
            {"seconds", tuning.seconds},
            {"results", tuning.results}};
}

inline void from_json(const nlohmann::json &json, Tuning &tuning)
{
    tuning = {.settings = json.at("settings"),
              .provenance = json.at("provenance"),
              .planFingerprint = json.at("plan_fingerprint"),
              .dataFingerprint = json.at("data_fingerprint"),
              .trainable = json.at("trainable"),
              .curve = json.at("curve"),
              .bestStep = json.at("best").at("step"),
              .bestLoss = json_detail::number(json.at("best").at("validation_loss")),
              .stoppedEarly = json.at("stopped_early"),
              .seconds = json.at("seconds"),
              .results = json.at("results")};
}

} // namespace ecdysis

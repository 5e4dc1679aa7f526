// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

#include "core/values/calibration.h"
#include "core/values/cell.h"
#include "core/values/evaluation.h"
#include "core/values/model_card.h"
#include "core/values/plan_json.h"
#include "core/values/result.h"
#include "core/values/session.h"
#include "core/values/tensor_info.h"
#include "core/values/unit.h"

/// \file
/// The values as JSON, both ways: keys in snake_case, numbers that are not finite as null (read back as NaN). Reading
/// throws nlohmann::json::exception, or std::invalid_argument for a name that is not known.
namespace ecdysis {

namespace json_detail {

/// null for what JSON cannot say.
inline nlohmann::json number(double value)
{
    return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json();
}

inline double number(const nlohmann::json &json)
{
    return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

inline nlohmann::json numbers(const std::vector<double> &values)
{
    auto list = nlohmann::json::array();
    for (double value : values)
        list.push_back(number(value));
    return list;
}

inline std::vector<double> numbers(const nlohmann::json &json)
{
    std::vector<double> values;
    for (const auto &item : json)
        values.push_back(number(item));
    return values;
}

/// An object that keeps the order of its pairs is written as a list of [name, value].
template <typename T> std::vector<std::pair<std::string, T>> pairs(const nlohmann::json &json)
{
    return json.get<std::vector<std::pair<std::string, T>>>();
}

} // namespace json_detail

inline void to_json(nlohmann::json &json, DType type)
{
    json = std::string(name(type));
}

inline void from_json(const nlohmann::json &json, DType &type)
{
    const auto text = json.get<std::string>();
    const auto known = dtypeFromName(text);
    if (!known)
        throw std::invalid_argument("a number type like F32 expected, \"" + text + "\" found");
    type = *known;
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TensorInfo, name, dtype, shape, file)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Component, name, layer, parameters, bytes, tensors)

inline void to_json(nlohmann::json &json, const Unit &unit)
{
    json = {{"id", unit.id},
            {"kind", unit.kind},
            {"layer", unit.layer},
            {"parameters", unit.parameters},
            {"bytes", unit.bytes},
            {"flops_per_token", unit.flopsPerToken},
            {"tensors", unit.tensors},
            {"needs", unit.needs},
            {"loaders", unit.loaders},
            {"loaders_if_uniform", unit.loadersIfUniform},
            {"mask_is_cut", unit.maskIsCut},
            {"stock_loadable", !unit.loaders.empty()}};
    if (unit.from >= 0) {
        json["from"] = unit.from;
        json["to"] = unit.to;
    }
}

inline void from_json(const nlohmann::json &json, Unit &unit)
{
    unit = {.id = json.at("id"),
            .kind = json.at("kind"),
            .layer = json.at("layer"),
            .from = json.value("from", std::int64_t{-1}),
            .to = json.value("to", std::int64_t{-1}),
            .parameters = json.at("parameters"),
            .bytes = json.at("bytes"),
            .flopsPerToken = json.at("flops_per_token"),
            .tensors = json.at("tensors"),
            .needs = json.at("needs"),
            .loaders = json.at("loaders"),
            .loadersIfUniform = json.at("loaders_if_uniform"),
            .maskIsCut = json.at("mask_is_cut")};
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Width, kind, layer, size, least)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Convention, name, value, choices, meaning)

inline void to_json(nlohmann::json &json, const ModelCard &card)
{
    json = {{"folder", card.folder.string()},
            {"architecture", card.architecture},
            {"title", card.title},
            {"layout", card.layout},
            {"dtype", card.dtype},
            {"layers", card.layers},
            {"layer_types", card.layerTypes},
            {"dimensions", card.dimensions},
            {"parameters", card.parameters},
            {"bytes", card.bytes},
            {"flops_per_token", card.flopsPerToken},
            {"components", card.components},
            {"units", card.units},
            {"widths", card.widths},
            {"conventions", card.conventions},
            {"tied", card.tied},
            {"has_tokenizer", card.hasTokenizer},
            {"warnings", card.warnings}};
}

inline void from_json(const nlohmann::json &json, ModelCard &card)
{
    card.folder = json.at("folder").get<std::string>();
    json.at("architecture").get_to(card.architecture);
    json.at("title").get_to(card.title);
    json.at("layout").get_to(card.layout);
    json.at("dtype").get_to(card.dtype);
    json.at("layers").get_to(card.layers);
    json.at("layer_types").get_to(card.layerTypes);
    card.dimensions = json_detail::pairs<std::int64_t>(json.at("dimensions"));
    json.at("parameters").get_to(card.parameters);
    json.at("bytes").get_to(card.bytes);
    json.at("flops_per_token").get_to(card.flopsPerToken);
    json.at("components").get_to(card.components);
    json.at("units").get_to(card.units);
    json.at("widths").get_to(card.widths);
    json.at("conventions").get_to(card.conventions);
    json.at("tied").get_to(card.tied);
    json.at("has_tokenizer").get_to(card.hasTokenizer);
    json.at("warnings").get_to(card.warnings);
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RowSample, rows, seed)

inline void to_json(nlohmann::json &json, const WindowProtocol &protocol)
{
    json = {{"window", protocol.window},
            {"stride", protocol.stride},
            {"max_windows", protocol.maxWindows},
            {"per_sequence", protocol.perSequence}};
    if (protocol.draw)
        json["draw"] = *protocol.draw;
    if (protocol.sample)
        json["sample"] = *protocol.sample;
    if (!protocol.column.empty())
        json["column"] = protocol.column;
}

inline void from_json(const nlohmann::json &json, WindowProtocol &protocol)
{
    protocol = {.window = json.at("window"),
                .stride = json.at("stride"),
                .maxWindows = json.at("max_windows"),
                .perSequence = json.at("per_sequence"),
                .column = json.value("column", std::string())};
    if (json.contains("draw"))
        protocol.draw = json["draw"].get<std::uint64_t>();
    if (json.contains("sample"))
        protocol.sample = json["sample"].get<RowSample>();
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Calibration, text, protocol, tokens, windows, fingerprint)

inline void to_json(nlohmann::json &json, const Provenance &provenance)
{
    json = {{"model_fingerprint", provenance.modelFingerprint},
            {"dtype", provenance.dtype},
            {"device", provenance.device},
            {"threads", provenance.threads},
            {"seed", provenance.seed},
            {"versions", provenance.versions},
            {"created", provenance.created}};
}

inline void from_json(const nlohmann::json &json, Provenance &provenance)
{
    json.at("model_fingerprint").get_to(provenance.modelFingerprint);
    json.at("dtype").get_to(provenance.dtype);
    json.at("device").get_to(provenance.device);
    json.at("threads").get_to(provenance.threads);
    json.at("seed").get_to(provenance.seed);
    provenance.versions = json_detail::pairs<std::string>(json.at("versions"));
    json.at("created").get_to(provenance.created);
}

inline void to_json(nlohmann::json &json, const Cell &cell)
{
    json = {{"unit", cell.unit},     {"kind", cell.kind},     {"layer", cell.layer},
            {"method", cell.method}, {"amount", cell.amount}, {"losses", json_detail::numbers(cell.losses)}};
}

inline void from_json(const nlohmann::json &json, Cell &cell)
{
    cell = {json.at("unit"),   json.at("kind"),   json.at("layer"),
            json.at("method"), json.at("amount"), json_detail::numbers(json.at("losses"))};
}

inline void to_json(nlohmann::json &json, const Estimate &estimate)
{
    json = {{"value", json_detail::number(estimate.value)},
            {"standard_error", json_detail::number(estimate.standardError)}};
}

inline void from_json(const nlohmann::json &json, Estimate &estimate)
{
    estimate = {json_detail::number(json.at("value")), json_detail::number(json.at("standard_error"))};
}

inline void to_json(nlohmann::json &json, const Scan &scan)
{
    json = {{"calibration", scan.calibration},
            {"provenance", scan.provenance},
            {"dense_losses", json_detail::numbers(scan.denseLosses)},
            {"cells", scan.cells},
            {"seconds", scan.seconds}};
}

inline void from_json(const nlohmann::json &json, Scan &scan)
{
    json.at("calibration").get_to(scan.calibration);
    json.at("provenance").get_to(scan.provenance);
    scan.denseLosses = json_detail::numbers(json.at("dense_losses"));
    json.at("cells").get_to(scan.cells);
    json.at("seconds").get_to(scan.seconds);
}

inline void to_json(nlohmann::json &json, const Evaluation &evaluation)
{
    json = {{"mean_nll", json_detail::number(evaluation.nll.value)},
            {"standard_error", json_detail::number(evaluation.nll.standardError)},
            {"perplexity", json_detail::number(evaluation.perplexity)},
            {"tokens", evaluation.tokens},
            {"windows", evaluation.calibration.windows},
            {"seconds", evaluation.seconds},
            {"tokens_per_second", json_detail::number(evaluation.tokensPerSecond)},
            {"losses", json_detail::numbers(evaluation.losses)},
            {"calibration", evaluation.calibration},
            {"provenance", evaluation.provenance},
            {"plan_fingerprint", evaluation.planFingerprint}};
}

inline void from_json(const nlohmann::json &json, Evaluation &evaluation)
{
    json.at("calibration").get_to(evaluation.calibration);
    json.at("provenance").get_to(evaluation.provenance);
    json.at("plan_fingerprint").get_to(evaluation.planFingerprint);
    evaluation.losses = json_detail::numbers(json.at("losses"));
    evaluation.nll = {json_detail::number(json.at("mean_nll")), json_detail::number(json.at("standard_error"))};
    evaluation.perplexity = json_detail::number(json.at("perplexity"));
    json.at("tokens").get_to(evaluation.tokens);
    json.at("seconds").get_to(evaluation.seconds);
    evaluation.tokensPerSecond = json_detail::number(json.at("tokens_per_second"));
}

inline void to_json(nlohmann::json &json, const Latency &latency)
{
    json = {{"tokens_per_second", latency.tokensPerSecond},
            {"milliseconds", {{"median", latency.median}, {"p10", latency.p10}, {"p90", latency.p90}}}};
}

inline void from_json(const nlohmann::json &json, Latency &latency)
{
    const auto &times = json.at("milliseconds");
    latency = {times.at("median"), times.at("p10"), times.at("p90"), json.at("tokens_per_second")};
}

inline void to_json(nlohmann::json &json, const BenchReport &report)
{
    json = {{"prefill", report.prefill},
            {"decode", report.decode},
            {"peak_memory_bytes", report.peakMemoryBytes},
            {"device", report.device}};
}

inline void from_json(const nlohmann::json &json, BenchReport &report)
{
    json.at("prefill").get_to(report.prefill);
    json.at("decode").get_to(report.decode);
    json.at("peak_memory_bytes").get_to(report.peakMemoryBytes);
    json.at("device").get_to(report.device);
}

} // namespace ecdysis

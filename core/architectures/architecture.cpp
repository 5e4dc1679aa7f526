// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/architectures/architecture.h"

#include <fmt/format.h>

#include "core/exception.h"
#include "core/layers/settings.h"

namespace ecdysis::architectures {

namespace {

std::string described(const io::Config &config)
{
    if (config.has("model_type"))
        return fmt::format("model_type {}", config.json().at("model_type").dump());
    if (config.has("ssm_cfg"))
        return fmt::format("ssm_cfg {}", config.json().at("ssm_cfg").dump());
    return "neither model_type nor the keys d_model and n_layer";
}

std::string known()
{
    std::string names;
    for (const Architecture *architecture : table())
        names += (names.empty() ? "" : ", ") + std::string(architecture->id);
    return names;
}

} // namespace

Blueprint blueprintOf(const Architecture &architecture, const io::Config &config)
{
    Blueprint blueprint = architecture.describe(config);
    blueprint.ssmRounded =
        layers::convention(config,
                           {.name = "ssm_precision",
                            .choices = {"stored", "compute"},
                            .meaning =
                                "A_log, D and the bias of dt of state spaces: \"stored\" with the digits of the file, "
                                "\"compute\" rounded to the number type of the computation first, as "
                                "transformers does when it loads a model in bfloat16."},
                           blueprint.conventions) == "compute";
    return blueprint;
}

const Architecture &recognise(const io::Config &config)
{
    if (config.has("quantization_config"))
        throw Exception(ErrorCode::Unsupported, "expected unquantised weights, found a quantization_config",
                        config.place("quantization_config"));
    for (const Architecture *architecture : table())
        if (architecture->recognise(config))
            return *architecture;
    throw Exception(ErrorCode::Unsupported,
                    fmt::format("expected a model of type {}, found {}", known(), described(config)), config.where());
}

} // namespace ecdysis::architectures

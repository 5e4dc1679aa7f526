// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/manifest.h"

#include <fmt/format.h>

#include "core/exception.h"
#include "core/io/text_file.h"
#include "core/values/json.h"

namespace ecdysis::pruning {

namespace {

constexpr const char *format = "ecdysis cut model";
constexpr int version = 2;
/// What older versions of this program read, too.
constexpr int versionWithoutBiases = 1;

} // namespace

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ManifestTensor, whole, shape)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ManifestLayer, parent, removed, widths)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ManifestParent, fingerprint, architecture, layers, parameters)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Manifest, removed, tensors, layers, reasons, parent, plan)

std::string manifestText(const Manifest &manifest)
{
    nlohmann::json object = manifest;
    object["format"] = format;
    object["version"] = manifest.biases.empty() ? versionWithoutBiases : version;
    if (!manifest.biases.empty())
        object["biases"] = manifest.biases;
    return object.dump(2) + "\n";
}

Manifest parseManifest(const std::string &text, const std::string &where)
{
    try {
        const nlohmann::json object = nlohmann::json::parse(text);
        if (object.at("format") != format)
            throw Exception(ErrorCode::BadFormat,
                            fmt::format("expected the format \"{}\", found {}", format, object.at("format").dump()),
                            where);
        if (object.at("version") != version && object.at("version") != versionWithoutBiases)
            throw Exception(ErrorCode::Unsupported,
                            fmt::format("expected version {} or {}, found {}", versionWithoutBiases, version,
                                        object.at("version").dump()),
                            where);
        Manifest manifest = object.get<Manifest>();
        if (object.contains("biases"))
            object.at("biases").get_to(manifest.biases);
        return manifest;
    } catch (const nlohmann::json::exception &error) {
        throw Exception(ErrorCode::BadFormat, fmt::format("expected the manifest of a cut model: {}", error.what()),
                        where);
    }
}

std::optional<Manifest> readManifest(const std::filesystem::path &folder)
{
    const std::filesystem::path file = folder / manifestName;
    std::error_code ignored; // what cannot be looked at is not there
    if (!std::filesystem::exists(file, ignored))
        return std::nullopt;
    return parseManifest(io::readText(file), file.string());
}

} // namespace ecdysis::pruning

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/tuning/run_file.h"

#include <fmt/format.h>

#include "core/exception.h"
#include "core/io/safetensors.h"
#include "core/torch.h"
#include "core/values/tuning_json.h"

namespace ecdysis::tuning {

namespace {

constexpr const char *metadataKey = "ecdysis_tuning";

/// What two runs must have in common to be one, as JSON.
nlohmann::json identity(const Tuning &tuning)
{
    nlohmann::json circumstances = tuning.provenance;
    circumstances.erase("created");
    return {{"settings", tuning.settings},
            {"data", tuning.dataFingerprint},
            {"plan", tuning.planFingerprint},
            {"circumstances", circumstances}};
}

/// The first place at which two objects differ, and both values: "/settings/batch", "8", "4".
void checkSame(const nlohmann::json &asked, const nlohmann::json &found, const std::string &where)
{
    const nlohmann::json differences = nlohmann::json::diff(found, asked);
    if (differences.empty())
        return;
    const nlohmann::json::json_pointer place(differences.front().at("path").get<std::string>());
    const auto text = [&](const nlohmann::json &object) {
        return object.contains(place) ? object.at(place).dump() : std::string("none");
    };
    throw Exception(ErrorCode::Mismatch,
                    fmt::format("a run to go on with expected, of {} {}; found one of {}: name another folder",
                                place.to_string(), text(asked), text(found)),
                    where);
}

Tuning parse(const io::SafetensorsFile &opened, const std::string &where)
{
    const auto text = opened.metadata().find(metadataKey);
    if (text == opened.metadata().end())
        throw Exception(ErrorCode::BadFormat, fmt::format("metadata \"{}\" expected, none found", metadataKey), where);
    try {
        return nlohmann::json::parse(text->second).get<Tuning>();
    } catch (const std::exception &exception) {
        throw Exception(ErrorCode::BadFormat, fmt::format("the record of a run expected, found {}", exception.what()),
                        where);
    }
}

} // namespace

void writeRun(const std::filesystem::path &file, const RunState &state)
{
    std::vector<at::Tensor> contiguous;
    std::vector<io::TensorView> views;
    for (const auto &[name, tensor] : state.tensors) {
        contiguous.push_back(tensor.detach().to(at::kCPU, at::kFloat).contiguous());
        const auto *data = reinterpret_cast<const std::byte *>(contiguous.back().data_ptr<float>());
        views.push_back({name, DType::F32, contiguous.back().sizes().vec(), {data, contiguous.back().nbytes()}});
    }
    valueOrThrow(io::writeSafetensors(file, views, {{metadataKey, nlohmann::json(state.tuning).dump()}}));
}

std::optional<RunState> readRun(const std::filesystem::path &file, const Tuning &fresh)
{
    auto opened = io::SafetensorsFile::open(file);
    if (!opened && opened.error().code == ErrorCode::NotFound)
        return std::nullopt;
    const io::SafetensorsFile stored = valueOrThrow(std::move(opened));
    RunState state{parse(stored, file.string()), {}};
    checkSame(identity(fresh), identity(state.tuning), file.string());
    for (const TensorInfo &info : stored.tensors()) {
        if (info.dtype != DType::F32)
            throw Exception(ErrorCode::BadFormat, fmt::format("F32 expected, {} found", name(info.dtype)),
                            fmt::format("{}: {}", file.string(), info.name));
        const auto data = valueOrThrow(stored.read(info.name));
        state.tensors[info.name] =
            at::from_blob(const_cast<std::byte *>(data.bytes.data()), info.shape, at::kFloat).clone();
    }
    return state;
}

} // namespace ecdysis::tuning

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <cstddef>
#include <cstdlib>
#include <span>
#include <string_view>

#include "core/exception.h"
#include "core/io/config.h"
#include "core/io/pickle.h"
#include "core/io/safetensors.h"
#include "core/io/tensor_bytes.h"
#include "core/io/zip_layout.h"

/// \file
/// What hostile bytes are fed to, and what must hold of whatever is accepted. Used by the fuzzers and by the test that
/// mutates valid files.
namespace ecdysis::fuzzing {

inline void require(bool holds)
{
    if (!holds)
        std::abort();
}

/// An error names its place and says something.
inline void requireUseful(const Error &error)
{
    require(!error.where.empty() && !error.message.empty());
}

inline void feedSafetensors(std::span<const std::byte> bytes)
{
    const auto header = io::parseSafetensorsHeader(bytes, "input");
    if (!header)
        return requireUseful(header.error());
    std::uint64_t total = header->dataOffset;
    for (const auto &entry : header->entries) {
        require(static_cast<std::uint64_t>(entry.info.bytes()) == entry.end - entry.begin);
        total += entry.end - entry.begin;
    }
    require(total == bytes.size());
}

inline void feedPickle(std::span<const std::byte> bytes)
{
    const auto tensors = io::readPickledTensors(bytes, "input");
    if (!tensors)
        return requireUseful(tensors.error());
    for (const auto &tensor : *tensors) {
        const auto elements = io::checkedElements(tensor.shape, tensor.dtype);
        require(elements && *elements <= tensor.storageElements);
        std::int64_t last = tensor.offset;
        for (std::size_t i = 0; i < tensor.shape.size() && *elements > 0; ++i)
            last += (tensor.shape[i] - 1) * tensor.strides[i];
        require(last >= 0 && (*elements == 0 || last < tensor.storageElements));
    }
}

inline void feedConfig(std::span<const std::byte> bytes)
{
    const auto config = io::Config::parse({reinterpret_cast<const char *>(bytes.data()), bytes.size()}, "input");
    if (!config)
        return requireUseful(config.error());
    for (const char *key : {"hidden_size", "time_step_limit", "ssm_cfg", "model_type", "use_bias"}) {
        try {
            config->integer(key, 0);
            config->number(key, 0);
        } catch (const Exception &exception) {
            requireUseful(exception.error());
        }
        try {
            config->numbers(key);
            config->object(key).string("layer", "");
        } catch (const Exception &exception) {
            requireUseful(exception.error());
        }
    }
}

inline void feedZip(std::span<const std::byte> bytes)
{
    if (const auto sound = io::checkZipLayout(bytes, "input"); !sound)
        requireUseful(sound.error());
}

} // namespace ecdysis::fuzzing

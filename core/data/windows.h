// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/values/calibration.h"
#include "core/values/run.h"

namespace ecdysis::data {

/// The windows of a text that a measurement uses.
struct Windows
{
    at::Tensor ids; ///< int64 (window, token)
    Calibration calibration;
};

/// The token ids of a whole text file, with the special tokens that the tokenizer of the model folder adds.
/// Errors: NotFound, ReadFailed, BadFormat (no UTF-8), Cancelled.
std::vector<std::int64_t> readTokens(const std::filesystem::path &model, const std::filesystem::path &text,
                                     const Run &run);

/// Tokenises a text file, or the rows that the protocol draws of it (joinedRows()), whole with the tokenizer of a model
/// folder and cuts it. Errors: NotFound, ReadFailed, BadFormat (no UTF-8, no rows), InvalidArgument (protocol, or no
/// whole window, or too few rows), Cancelled.
Windows readWindows(const std::filesystem::path &model, const std::filesystem::path &text,
                    const WindowProtocol &protocol, const Run &run);

/// Cuts token ids: windows of `window` tokens that follow one another, or start every `stride` tokens where that is
/// set; what is left at the end is dropped, and what exceeds `maxWindows`: the last ones, or those that are not drawn.
/// `text` is the name for the record. Errors: InvalidArgument (protocol, or no whole window).
Windows cut(const std::vector<std::int64_t> &tokens, const std::string &text, const WindowProtocol &protocol);

/// Tokens that measurements take at a time.
inline constexpr std::int64_t tokensOfBatch = 2048;

/// Consecutive windows in groups of about so many tokens, (window, token) each. Measurements that have to agree to the
/// bit batch alike: the bits of a product may depend on its shape.
std::vector<at::Tensor> batches(const Windows &windows, std::int64_t tokens = tokensOfBatch);

} // namespace ecdysis::data

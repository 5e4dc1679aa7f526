// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/io/hdf5.h"
#include "core/values/session.h"

/// \file
/// How a session lies in HDF5 groups, attributes (a) and datasets (d); n cells, w windows, v library versions:
///
///   /                            format (a), format_version (a), model_folder (a), model_title (a), notes (d, text)
///   /scans/<0000…>/              seconds (a), dense_losses (d, w or 0)
///   …/calibration/               text, window, stride, max_windows, per_sequence, tokens, windows, fingerprint (a),
///   draw
///                                (d, 1 or 0; from version 2 on)
///   …/calibration/sample/        rows, seed, column (a); only where rows are drawn
///   …/provenance/                model_fingerprint, dtype, device, threads, seed, created (a), versions (d, v × 2)
///   …/cells/                     unit, kind, layer, method, amount, measured (d, n), losses (d, n × w; NaN where a
///   cell
///                                is not measured)
///   /searches/<0000…>/           json (d, text), from version 2 on: a Search as search_json.h writes it
namespace ecdysis::io {

/// The version this program writes and the newest it reads.
inline constexpr int sessionFormatVersion = 2;

/// Throws Exception{InvalidArgument} for a cell whose losses are neither none nor one per window.
void writeSessionLayout(const hdf5::Group &file, const Session &session);

/// Throws Exception{BadFormat or Unsupported} naming file and place in it.
Session readSessionLayout(const hdf5::Group &file);

} // namespace ecdysis::io

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/values/calibration.h"

namespace ecdysis::data {

/// The rows of a set of data. A JSON list or JSON lines (told by a first "[" or "{"): the texts of a column; where none
/// is named, of "text" or, where there is no such field, prompt and answer of an instruction in Alpaca's words.
/// Anything else is text with a row a line as the datasets library has WikiText: with the line's end, blank lines being
/// empty rows. Errors: NotFound, ReadFailed, BadFormat naming the record, Unsupported (compressed, Parquet).
std::vector<std::string> readRows(const std::filesystem::path &file, const std::string &column);

/// The rows that a sample draws, in the order drawn, joined by a blank line: the calibration text of Mamba-Shedder
/// (Muñoz et al. 2025). Errors: those above, InvalidArgument (fewer rows than are drawn).
std::string joinedRows(const std::filesystem::path &file, const RowSample &sample, const std::string &column);

} // namespace ecdysis::data

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/data/examples.h"
#include "core/io/tokenizer.h"
#include "core/values/run.h"

namespace ecdysis::data {

/// A task, perhaps with something that it is about, and its answer.
struct Instruction
{
    std::string instruction;
    std::string input; ///< may be empty
    std::string output;
};

/// The instruction that a JSON object spells. Throws Exception{BadFormat} naming the place.
Instruction instructionOf(const nlohmann::json &record, const std::string &where);

/// A JSON list of objects, or one object a line, with the fields of Alpaca (Taori et al. 2023): "instruction", "output"
/// and, where there is one, "input". Errors: NotFound, ReadFailed, BadFormat naming the record.
std::vector<Instruction> readInstructions(const std::filesystem::path &file);

/// The text before the answer, in Alpaca's words.
std::string promptOf(const Instruction &instruction);

/// The tokens of prompt and answer, `end` after them where they leave room for it, cut to `length`. Labels are the
/// tokens of the answer and `end`: those past the count of the prompt's alone. Errors: BadFormat, Cancelled.
LabelledTokens labelled(const Instruction &instruction, const io::Tokenizer &tokenizer, std::optional<std::int64_t> end,
                        std::int64_t length, const Run &run);

/// The instructions of a file, tokenised with the tokenizer of a model folder, padded to the longest; those whose
/// prompt alone fills `length` are left out. `validation`: a file to validate on; empty: the last 2 % of the examples,
/// one at least. Errors: those above, InvalidArgument (fewer than two examples).
TrainingData readInstructionData(const std::filesystem::path &model, const std::filesystem::path &file,
                                 const std::filesystem::path &validation, std::optional<std::int64_t> end,
                                 std::int64_t length, const Run &run);

} // namespace ecdysis::data

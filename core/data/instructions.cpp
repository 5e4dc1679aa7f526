// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/data/instructions.h"

#include <algorithm>
#include <cmath>

#include "core/data/json_records.h"
#include "core/data/training_text.h"
#include "core/exception.h"
#include "core/io/text_file.h"
#include "core/stop.h"
#include "core/torch.h"
#include <fmt/format.h>

namespace ecdysis::data {

namespace {

using nlohmann::json;

std::string field(const json &record, const char *name, bool required, const std::string &where)
{
    const auto found = record.find(name);
    if (found == record.end() && !required)
        return {};
    if (found == record.end() || !found->is_string())
        throw Exception(
            ErrorCode::BadFormat,
            fmt::format("a text \"{}\" expected, {} found", name, found == record.end() ? "none" : found->type_name()),
            where);
    return found->get<std::string>();
}

std::vector<LabelledTokens> tokenised(const std::vector<Instruction> &instructions, const io::Tokenizer &tokenizer,
                                      std::optional<std::int64_t> end, std::int64_t length, const Run &run)
{
    std::vector<LabelledTokens> sequences;
    for (const Instruction &instruction : instructions) {
        throwIfStopped(run);
        LabelledTokens tokens = labelled(instruction, tokenizer, end, length, run);
        if (std::ranges::any_of(tokens, [](const auto &token) { return token.second; }))
            sequences.push_back(std::move(tokens));
    }
    return sequences;
}

} // namespace

Instruction instructionOf(const json &record, const std::string &where)
{
    if (!record.is_object())
        throw Exception(
            ErrorCode::BadFormat,
            fmt::format("an object with \"instruction\" and \"output\" expected, {} found", record.type_name()), where);
    return {.instruction = field(record, "instruction", true, where),
            .input = field(record, "input", false, where),
            .output = field(record, "output", true, where)};
}

std::vector<Instruction> readInstructions(const std::filesystem::path &file)
{
    std::vector<Instruction> instructions;
    forEachRecord(io::readText(file), file.string(), [&](const json &record, const std::string &where) {
        instructions.push_back(instructionOf(record, where));
    });
    return instructions;
}

std::string promptOf(const Instruction &instruction)
{
    const std::string task = "### Instruction:\n" + instruction.instruction + "\n\n";
    if (instruction.input.empty())
        return "Below is an instruction that describes a task. Write a response that appropriately completes the "
               "request.\n\n" +
               task + "### Response:\n";
    return "Below is an instruction that describes a task, paired with an input that provides further context. Write a "
           "response that appropriately completes the request.\n\n" +
           task + "### Input:\n" + instruction.input + "\n\n### Response:\n";
}

LabelledTokens labelled(const Instruction &instruction, const io::Tokenizer &tokenizer, std::optional<std::int64_t> end,
                        std::int64_t length, const Run &run)
{
    const std::string prompt = promptOf(instruction);
    const std::size_t before = valueOrThrow(tokenizer.encode(prompt, true, run)).size();
    std::vector<std::int64_t> ids = valueOrThrow(tokenizer.encode(prompt + instruction.output, true, run));
    if (end && (ids.empty() || ids.back() != *end))
        ids.push_back(*end);
    ids.resize(std::min(ids.size(), static_cast<std::size_t>(length)));
    LabelledTokens tokens;
    for (const std::int64_t id : ids)
        tokens.emplace_back(id, tokens.size() >= before);
    return tokens;
}

TrainingData readInstructionData(const std::filesystem::path &model, const std::filesystem::path &file,
                                 const std::filesystem::path &validation, std::optional<std::int64_t> end,
                                 std::int64_t length, const Run &run)
{
    const io::Tokenizer tokenizer = valueOrThrow(io::Tokenizer::open(model));
    auto training = tokenised(readInstructions(file), tokenizer, end, length, run);
    std::vector<LabelledTokens> held;
    const std::size_t least = validation.empty() ? 2 : 1;
    if (training.size() < least)
        throw Exception(
            ErrorCode::InvalidArgument,
            fmt::format("expected at least {} instructions whose prompt is shorter than {} tokens, found {}", least,
                        length, training.size()),
            file.string());
    if (validation.empty()) {
        const auto share = std::llround(heldOutShare * static_cast<double>(training.size()));
        const auto border = training.end() - std::max<std::ptrdiff_t>(1, share);
        held.assign(border, training.end());
        training.erase(border, training.end());
    } else {
        held = tokenised(readInstructions(validation), tokenizer, end, length, run);
        if (held.empty())
            throw Exception(ErrorCode::InvalidArgument, "expected at least one instruction to validate on, found none",
                            validation.string());
    }
    return {padded(training), padded(held)};
}

} // namespace ecdysis::data

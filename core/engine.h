// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/values/dtype.h"
#include "core/values/evaluation.h"
#include "core/values/model_card.h"
#include "core/values/plan.h"
#include "core/values/result.h"
#include "core/values/run.h"
#include "core/values/session.h"
#include "core/values/tuning.h"

/// \file
/// The public door of the library: blocking functions on values. Nothing here throws; everything is safe to call from
/// any one thread at a time. Long functions take a Run last and return ErrorCode::Cancelled when it is stopped.
namespace ecdysis {

/// Something that models can be computed on.
struct ComputeDevice
{
    std::string name;  ///< as in ComputeOptions: "cpu", "cuda"
    std::string title; ///< what it calls itself: "NVIDIA H200"

    bool operator==(const ComputeDevice &) const = default;
};

/// The devices that this build computes on and this machine has: "cpu", then "cuda" where its GPU can be used.
/// Starts the GPU's driver, where there is one, which may take a second the first time.
std::vector<ComputeDevice> devices();

/// What a model is computed with.
struct ComputeOptions
{
    std::string device = "cpu"; ///< name of one of devices()
    DType dtype = DType::F32; ///< F32 (the reference) or BF16 (weights and products; residual, scan, norm, loss in F32)
    int threads = 0;          ///< 0: one for each processor this process may use
    std::uint64_t seed = 0;
    std::map<std::string, std::string> conventions; ///< readings by name (see ModelCard), where not the default

    bool operator==(const ComputeOptions &) const = default;
};

/// A model ready to run. Copies share the weights, which never change.
class Model
{
public:
    struct State;

    explicit Model(std::shared_ptr<const State> state) : m_state(std::move(state)) {}
    const ModelCard &card() const;
    const ComputeOptions &options() const;
    const State &state() const { return *m_state; } ///< for core itself

private:
    std::shared_ptr<const State> m_state;
};

/// Reads the headers of a model folder; takes well under a second for any size.
/// Errors: NotFound, BadFormat, Mismatch (a tensor missing or of the wrong shape), Unsupported.
Result<ModelCard> inspect(const std::filesystem::path &folder);

/// Maps the weights (and converts them where the compute type differs from the stored one).
Result<Model> load(const std::filesystem::path &folder, const ComputeOptions &options, const Run &run);

/// Token ids of a text. `source` is a model folder or a tokenizer file (tokenizer.json, tokenizer.model).
Result<std::vector<std::int64_t>> tokenize(const std::filesystem::path &source, const std::filesystem::path &text,
                                           const Run &run);

/// Perplexity of the model under a plan on a text file.
Result<Evaluation> evaluate(const Model &model, const std::filesystem::path &text, const WindowProtocol &protocol,
                            const Plan &plan, const Run &run);

/// What a scan is asked for.
struct ScanRequest
{
    std::vector<std::string> kinds = {"block", "ssm"}; ///< unit kinds
    std::filesystem::path text;
    WindowProtocol protocol;
    std::filesystem::path session;                    ///< file that keeps the cells as they are finished; empty: none
    std::int64_t prefixBytes = std::int64_t{2} << 30; ///< memory the stored residual streams may take

    bool operator==(const ScanRequest &) const = default;
};

/// Called on the working thread once the cells to measure are known, when the dense model is measured, and after each
/// cell, which is then already in the session file. `cell` is the index of the new one in `scan.cells`, -1 otherwise.
using ScanListener = std::function<void(const Scan &scan, int cell)>;

/// Loss of the model without each unit in turn, exactly as separate evaluations would give it (same bits), prefixes
/// shared. A session file that holds an unfinished scan of the same model, text and numerics is continued.
Result<Scan> scan(const Model &model, const ScanRequest &request, const ScanListener &listener, const Run &run);

/// How many full evaluations' worth of work a scan is: dense pass included, finished cells not.
double evaluationsEquivalent(const ModelCard &card, const std::vector<Cell> &cells);

/// Reads int64 `input_ids` (batch, time) from a safetensors file and writes float32 `logits` (batch, time, vocabulary)
/// and, if asked, `hidden.0` … `hidden.N` (batch, time, channel). Returns the mean next-token loss.
Result<double> writeLogits(const Model &model, const std::filesystem::path &ids, const std::filesystem::path &out,
                           bool hidden, const Plan &plan, const Run &run);

/// Writes `grad.<parameter>` of the mean next-token loss for every parameter of the checkpoint. Returns that loss.
Result<double> writeGradients(const Model &model, const std::filesystem::path &ids, const std::filesystem::path &out,
                              const Run &run);

/// Times the model: prefill of `prefill` tokens without head, then `decode` single steps; 0 leaves a part out.
struct BenchRequest
{
    int prefill = 512;
    int decode = 32;
    int batch = 1;
    int repeat = 10;

    bool operator==(const BenchRequest &) const = default;
};
Result<BenchReport> bench(const Model &model, const BenchRequest &request, const Plan &plan, const Run &run);

/// What a tuning run is asked for.
struct TuneRequest
{
    std::vector<std::filesystem::path> texts; ///< to learn from
    std::filesystem::path instructions;       ///< or this: JSON of instructions with their answers (Alpaca's fields)
    std::filesystem::path validation;         ///< of the same kind; empty: the last 2 % of what is learned from
    std::vector<std::filesystem::path> evaluationTexts; ///< measured dense, before and after beside what is held out
    WindowProtocol protocol;                            ///< of these
    std::filesystem::path out;                          ///< folder of the run file and of the tuned model
    int saveEvery = 50;                                 ///< steps after which the run file is written
    TuningSettings settings;

    bool operator==(const TuneRequest &) const = default;
};

/// Called on the working thread with the run so far: at its start or where it is continued, and after each step.
using TuneListener = std::function<void(const Tuning &tuning)>;

/// Tunes the model under a plan on a text and writes the best weights to the folder `out`, with all results. A run in
/// that folder that was stopped or killed is continued and ends with the same bits. Errors: those of reading and
/// writing files, InvalidArgument (settings), Mismatch (the plan; a run of other settings in the folder).
Result<Tuning> tune(const Model &model, const TuneRequest &request, const Plan &plan, const TuneListener &listener,
                    const Run &run);

/// Session files: see core/io/session_file.h for the format. Writing is atomic: the old file or the new one, whole.
Result<Session> readSession(const std::filesystem::path &file);
Result<void> writeSession(const std::filesystem::path &file, const Session &session);

/// A plan from its JSON text; Unsupported for what this version cannot apply, Mismatch for units the model lacks.
Result<Plan> parsePlan(const std::string &json, const ModelCard &card, const std::string &where);

/// What a person should know about this machine before trusting timings ("BLAS is the slow reference one"); empty:
/// none.
std::vector<std::string> machineWarnings();

} // namespace ecdysis

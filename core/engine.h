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
#include "core/values/export.h"
#include "core/values/latency.h"
#include "core/values/model_card.h"
#include "core/values/plan.h"
#include "core/values/position_profile.h"
#include "core/values/prune_report.h"
#include "core/values/ranking.h"
#include "core/values/recall.h"
#include "core/values/repair.h"
#include "core/values/result.h"
#include "core/values/run.h"
#include "core/values/score_info.h"
#include "core/values/search.h"
#include "core/values/session.h"
#include "core/values/stability.h"
#include "core/values/task.h"
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

/// The same with losses told apart by the number of tokens before, beside those of the dense model.
Result<PositionProfile> evaluateByPosition(const Model &model, const std::filesystem::path &text,
                                           const WindowProtocol &protocol, const Plan &plan, const Run &run);

/// Recall over distances in sequences of words of the model's own vocabulary, beside the dense model's.
Result<RecallReport> evaluateRecall(const Model &model, const RecallRequest &request, const Plan &plan, const Run &run);

/// Zero-shot tasks under a plan, as lm-evaluation-harness scores them. Errors name file and line.
Result<TaskEvaluation> evaluateTasks(const Model &model, const TaskRequest &request, const Plan &plan, const Run &run);

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

/// What a search is asked for.
struct SearchRequest
{
    SearchSettings settings;
    std::filesystem::path session;                    ///< file that keeps the search as it grows; empty: none
    std::int64_t prefixBytes = std::int64_t{2} << 30; ///< memory the stored residual streams may take

    bool operator==(const SearchRequest &) const = default;
};

/// Called on the working thread whenever the search has grown, when it is already in the session file: by candidates
/// measured on one more batch, by a step, by the reason for its end.
using SearchListener = std::function<void(const Search &search)>;

/// Removes unit after unit, the one with the least effect first (see SearchSettings), until a stage's steps or a bound.
/// A session file that holds the same search of the same model, texts and numerics is continued where it stands.
Result<Search> search(const Model &model, const SearchRequest &request, const SearchListener &listener, const Run &run);

/// What several searches on windows drawn anew are asked for.
struct StabilityRequest
{
    SearchRequest search; ///< of the first draw: its stages' `draw` are the seeds to begin with
    int draws = 5;

    bool operator==(const StabilityRequest &) const = default;
};

/// Called as a SearchListener, with the number of draws that were finished before this one.
using StabilityListener = std::function<void(int finished, const Search &search)>;

/// The same search on several draws of windows, and how alike the results are. Draw k adds k times the number of stages
/// to the seed of each stage: it is what search() gives with these. One session file holds all draws and is continued.
/// Progress counts draws. Errors: InvalidArgument (less than two draws, a stage without text), those of search().
Result<Stability> stability(const Model &model, const StabilityRequest &request, const StabilityListener &listener,
                            const Run &run);

/// Reads int64 `input_ids` (batch, time) from a safetensors file and writes float32 `logits` (batch, time, vocabulary)
/// and, if asked, `hidden.0` … `hidden.N` (batch, time, channel). Returns the mean next-token loss.
Result<double> writeLogits(const Model &model, const std::filesystem::path &ids, const std::filesystem::path &out,
                           bool hidden, const Plan &plan, const Run &run);

/// Writes `grad.<parameter>` of the mean next-token loss for every parameter of the checkpoint. Returns that loss.
Result<double> writeGradients(const Model &model, const std::filesystem::path &ids, const std::filesystem::path &out,
                              const Run &run);

/// Times the model as the plan leaves it, weights cut: prefill of `prefill` tokens without head, then `decode` single
/// steps; 0 leaves a part out.
struct BenchRequest
{
    int prefill = 512;
    int decode = 32;
    int batch = 1;
    int repeat = 10;

    bool operator==(const BenchRequest &) const = default;
};
Result<BenchReport> bench(const Model &model, const BenchRequest &request, const Plan &plan, const Run &run);

/// The same of a plan and of the dense model, in turn.
Result<LatencyComparison> benchAgainstDense(const Model &model, const BenchRequest &request, const Plan &plan,
                                            const Run &run);

/// What `batch` sequences keep between two tokens once each has seen `context` of them.
Result<StateMemory> stateMemory(const Model &model, int batch, int context, const Plan &plan, const Run &run);

/// What one-shot pruning of single weights is asked for.
struct PruneRequest
{
    std::string score = "magnitude"; ///< one of knownScores(), with options: "gradient:alpha=0.5,gradient=rms"
    std::string scope = "global";    ///< within which weights are compared: global, tensor, layer, row
    double sparsity = 0.5;           ///< fraction of each scope that goes
    std::filesystem::path text;      ///< calibration; may be empty where the score needs none
    WindowProtocol protocol;
    std::filesystem::path out; ///< file of the plan; its masks are written beside it as *.masks.safetensors

    bool operator==(const PruneRequest &) const = default;
};

/// Takes exactly round(sparsity · n) weights of each scope out, lowest scores first: writes masks and a plan of them.
/// Errors: InvalidArgument (score, scope, sparsity, a missing text), those of the text, WriteFailed.
Result<PruneReport> prune(const Model &model, const PruneRequest &request, const Run &run);

/// What a repair is asked for.
struct RepairRequest
{
    std::vector<std::string> methods; ///< "skip", "diagonal", "least_squares", "bias", in any order
    double ridge = 1e-3;              ///< of least squares, relative to the mean square of an input
    std::filesystem::path text;       ///< calibration
    WindowProtocol protocol;
    std::filesystem::path out; ///< file of the plan; new weights are written beside it as *.weights.safetensors

    bool operator==(const RepairRequest &) const = default;
};

/// Makes up for what a plan takes out, as far as what is left can: a plan like it, with the skips D · x of state spaces
/// kept ("skip"), with D fitted ("diagonal"), with the projections behind what is gone fitted to the dense model's
/// outputs ("least_squares"), or their means alone ("bias"). Writes it, and a file of the new weights.
/// Errors: InvalidArgument (methods, ridge), Unsupported (least squares under masks), those of the text, WriteFailed.
Result<RepairReport> repair(const Model &model, const Plan &plan, const RepairRequest &request, const Run &run);

/// What a ranking is asked for.
struct RankRequest
{
    std::string score = "magnitude"; ///< as in PruneRequest
    std::vector<std::string> kinds;  ///< unit kinds, parts and widths
    std::int64_t group = 0;          ///< entries of a width in a unit; 0: the groups that the card lists
    std::filesystem::path text;      ///< calibration; may be empty where the score needs none
    WindowProtocol protocol;

    bool operator==(const RankRequest &) const = default;
};

/// Importance of units, one-shot: nothing is removed in between.
/// Errors: InvalidArgument (score, kinds, a missing text), those of the text.
Result<Ranking> rank(const Model &model, const RankRequest &request, const Run &run);

/// The importance scores there are.
std::vector<ScoreInfo> knownScores();

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

/// Writes a text whole or not at all: the old file stays where it fails.
Result<void> writeText(const std::filesystem::path &file, const std::string &text);

/// Writes a plan as JSON, whole or not at all; masks in the same folder are named relative to it.
Result<void> writePlan(const std::filesystem::path &file, const Plan &plan);

/// A plan from its JSON text; Unsupported for what this version cannot apply, Mismatch for units the model lacks and
/// for masks that have changed. `where`: the plan's file, in whose folder its masks are looked for.
Result<Plan> parsePlan(const std::string &json, const ModelCard &card, const std::string &where);

/// A plan as Mamba-Shedder's pruning_config.json says it. Unsupported: a unit that it has no key for.
Result<std::string> intelConfig(const Plan &plan, const ModelCard &card);

/// Writes the model of a folder without what a plan takes as a folder of its own, whole or not at all; tensors are cut
/// as they are stored. Errors: InvalidArgument (a plan that takes nothing, a folder that is not empty), Mismatch,
/// Unsupported, WriteFailed.
Result<ExportReport> exportModel(const std::filesystem::path &model, const Plan &plan, const ExportRequest &request,
                                 const Run &run);

/// Writes a model whose layers share weights as one in which each has its own (see `unshare` in the guide): the same
/// answers up to rounding, more parameters. Errors: InvalidArgument (nothing is shared, a folder that is not empty),
/// Unsupported (a model that has been cut), WriteFailed.
Result<ExportReport> unshare(const std::filesystem::path &model, const std::filesystem::path &out,
                             std::int64_t shardBytes, const Run &run);

/// Loads a folder that exportModel() wrote as any other and compares its loss on a text with that of the plan on its
/// parent. Errors: Mismatch where they differ by more than rounding.
Result<ExportCheck> checkExport(const Model &parent, const Plan &plan, const std::filesystem::path &written,
                                const std::filesystem::path &text, const WindowProtocol &protocol, const Run &run);

/// What a person should know about this machine before trusting timings ("BLAS is the slow reference one"); empty:
/// none.
std::vector<std::string> machineWarnings();

} // namespace ecdysis

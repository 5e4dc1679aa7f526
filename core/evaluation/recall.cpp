// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/evaluation/recall.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/data/recall.h"
#include "core/evaluation/passages.h"
#include "core/exception.h"

namespace ecdysis::evaluation {

namespace {

constexpr std::int64_t batchTokens = 1024;
constexpr int longest = 1 << 20; ///< distance: that of the tests in arXiv 2312.00752

void check(const RecallRequest &request)
{
    if (request.task != "induction" && request.task != "mqar")
        throw Exception(ErrorCode::InvalidArgument,
                        fmt::format("expected a recall test \"induction\" or \"mqar\", found \"{}\"", request.task));
    if (request.examples < 1)
        throw Exception(ErrorCode::InvalidArgument,
                        fmt::format("expected at least 1 example, found {}", request.examples));
    if (request.distances.empty())
        throw Exception(ErrorCode::InvalidArgument, "expected at least one distance, found none");
    for (const int distance : request.distances)
        if (distance < 2 || distance > longest)
            throw Exception(ErrorCode::InvalidArgument,
                            fmt::format("expected distances from 2 to {}, found {}", longest, distance));
}

Passage passageOf(const std::vector<std::int64_t> &ids, const data::RecallSequence &sequence)
{
    Passage passage{ids, {}};
    for (std::size_t query = 0; query < sequence.queries.size(); ++query)
        passage.targets.push_back({sequence.queries[query], sequence.answers[query]});
    return passage;
}

/// The sequences of one distance as passages, each followed by its control.
std::vector<Passage> passagesOf(const RecallRequest &request, const std::vector<std::int64_t> &words, int distance)
{
    std::seed_seq seed{static_cast<std::uint32_t>(request.seed), static_cast<std::uint32_t>(request.seed >> 32),
                       static_cast<std::uint32_t>(distance)};
    std::mt19937_64 random(seed);
    std::vector<Passage> passages;
    for (int i = 0; i < request.examples; ++i) {
        const data::RecallSequence sequence =
            request.task == "mqar" ? data::mqarSequence(words, distance, data::mqarPairs(distance), random)
                                   : data::inductionSequence(words, distance, random);
        passages.push_back(passageOf(sequence.ids, sequence));
        passages.push_back(passageOf(sequence.control, sequence));
    }
    return passages;
}

double meanLoss(const std::vector<Prediction> &predictions)
{
    double sum = 0;
    for (const Prediction &prediction : predictions)
        sum += prediction.negativeLogLikelihood;
    return sum / static_cast<double>(predictions.size());
}

RecallScores scoresOf(const pruning::AppliedPlan &model, const std::vector<Passage> &passages, const std::string &stage,
                      const std::string &source, const Run &run)
{
    const auto predicted = predict(model, {passages, {}}, batchTokens, stage, source, run);
    RecallScores scores;
    for (std::size_t i = 0; i < predicted.size(); i += 2) {
        const auto right = std::ranges::count_if(predicted[i], &Prediction::likeliest);
        scores.accuracy.push_back(static_cast<double>(right) / static_cast<double>(predicted[i].size()));
        scores.nll.push_back(meanLoss(predicted[i]));
        scores.gain.push_back(meanLoss(predicted[i + 1]) - scores.nll.back());
    }
    return scores;
}

} // namespace

RecallReport evaluateRecall(const Model::State &model, const RecallRequest &request, const Plan &plan, const Run &run)
{
    check(request);
    useThreads(model.options);
    const std::string source = model.card().folder.string();
    const std::vector<std::int64_t> words = data::recallWords(valueOrThrow(io::Tokenizer::open(model.card().folder)));
    const pruning::AppliedPlan applied = pruning::apply(model, plan);
    const pruning::AppliedPlan dense = pruning::apply(model, {});
    RecallReport report{.request = request,
                        .words = static_cast<int>(words.size()),
                        .points = {},
                        .provenance = provenance(model, run),
                        .planFingerprint = pruning::fingerprint(plan)};
    for (const int distance : request.distances) {
        const std::vector<Passage> passages = passagesOf(request, words, distance);
        const std::string stage = fmt::format("{} over {}", request.task, distance);
        RecallPoint point{.distance = distance,
                          .pairs = static_cast<int>(passages.front().targets.size()),
                          .scores = scoresOf(applied, passages, stage, source, run),
                          .dense = {}};
        if (plan != Plan{})
            point.dense = scoresOf(dense, passages, stage + ", dense", source, run);
        report.points.push_back(std::move(point));
    }
    return report;
}

} // namespace ecdysis::evaluation

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/evaluation/choice_accuracy.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "core/exception.h"
#include "core/stop.h"

namespace ecdysis::evaluation {

namespace {

using Ids = std::vector<std::int64_t>;

/// The tokens of a choice, and how many of them, at the end, are its continuation.
struct Sequence
{
    Ids ids;
    std::size_t continuation = 0;

    /// What is computed: the last token is only predicted.
    std::span<const std::int64_t> seen() const { return std::span(ids).first(ids.size() - 1); }
};

Sequence sequenceOf(const data::Choice &choice, std::size_t contextTokens, const io::Tokenizer &tokenizer,
                    int maxLength, const std::string &where, const Run &run)
{
    Sequence sequence{valueOrThrow(tokenizer.encode(choice.context + choice.continuation(), false, run)), 0};
    if (contextTokens == 0 || sequence.ids.size() <= contextTokens)
        throw Exception(ErrorCode::BadFormat,
                        fmt::format("tokens of a context and of a continuation expected, found {} and {}",
                                    contextTokens, sequence.ids.size() - std::min(sequence.ids.size(), contextTokens)),
                        where);
    sequence.continuation = sequence.ids.size() - contextTokens;
    const auto most = static_cast<std::size_t>(maxLength) + 1;
    if (maxLength > 0 && sequence.ids.size() > most) {
        sequence.ids.erase(sequence.ids.begin(), sequence.ids.end() - static_cast<std::ptrdiff_t>(most));
        sequence.continuation = std::min(sequence.continuation, most - 1);
    }
    return sequence;
}

/// The sequences of an item; contexts that are the same are tokenised once.
std::vector<Sequence> sequencesOf(const data::Item &item, const io::Tokenizer &tokenizer, int maxLength,
                                  const std::string &where, const Run &run)
{
    std::vector<Sequence> sequences;
    const std::string *context = nullptr;
    std::size_t contextTokens = 0;
    for (const data::Choice &choice : item.choices) {
        if (!context || *context != choice.context)
            contextTokens = valueOrThrow(tokenizer.encode(choice.context, false, run)).size();
        context = &choice.context;
        sequences.push_back(sequenceOf(choice, contextTokens, tokenizer, maxLength, where, run));
    }
    return sequences;
}

bool beginsWith(const Ids &ids, std::span<const std::int64_t> beginning)
{
    return beginning.size() <= ids.size() && std::ranges::equal(beginning, std::span(ids).first(beginning.size()));
}

/// Adds the passages of an item, the longest sequences first: they may hold the others.
void addItem(TokenizedTask &task, const std::vector<Sequence> &sequences)
{
    std::vector<Passage> &passages = task.passages.all;
    const std::size_t firstPassage = passages.size();
    std::vector<std::size_t> order(sequences.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return sequences[i].ids.size(); });
    std::vector<Reading> readings(sequences.size());
    for (const std::size_t index : order) {
        const Sequence &sequence = sequences[index];
        const auto seen = sequence.seen();
        task.tokensUnshared += static_cast<std::int64_t>(seen.size());
        auto passage = std::find_if(passages.begin() + static_cast<std::ptrdiff_t>(firstPassage), passages.end(),
                                    [&](const Passage &other) { return beginsWith(other.ids, seen); });
        if (passage == passages.end())
            passage = passages.insert(passage, {Ids(seen.begin(), seen.end()), {}});
        readings[index] = {static_cast<std::size_t>(passage - passages.begin()), passage->targets.size(),
                           sequence.continuation};
        for (std::size_t place = sequence.ids.size() - sequence.continuation; place < sequence.ids.size(); ++place)
            passage->targets.push_back({static_cast<std::int64_t>(place) - 1, sequence.ids[place]});
    }
    if (const auto stem = stemOf(passages, firstPassage))
        task.passages.stems.push_back(*stem);
    task.items.push_back(std::move(readings));
}

/// The first of the largest.
std::size_t best(const std::vector<double> &scores)
{
    return static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin());
}

Estimate share(const std::vector<Answer> &answers, bool Answer::*measure)
{
    std::vector<double> values;
    for (const Answer &answer : answers)
        values.push_back(answer.*measure ? 1 : 0);
    return mean(values);
}

/// The figures of a task from its answers.
void summarise(TaskResult &result, bool choices)
{
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    result.accuracy = share(result.answers, &Answer::correct);
    result.accuracyNorm = choices ? share(result.answers, &Answer::correctNorm) : Estimate{none, none};
    result.accuracyBytes = choices ? share(result.answers, &Answer::correctBytes) : Estimate{none, none};
    double sum = 0;
    for (const Answer &answer : result.answers)
        sum -= answer.logLikelihoods.front();
    result.perplexity = choices ? none : std::exp(sum / static_cast<double>(result.answers.size()));
}

void check(const TaskRequest &request)
{
    if (request.files.empty() || request.limit < 0 || request.maxLength < 0 || request.batchTokens < 1)
        throw Exception(ErrorCode::InvalidArgument,
                        fmt::format("expected files, a limit and a length of at least 0, batches of at least 1 token, "
                                    "found {}, {}, {}, {}",
                                    request.files.size(), request.limit, request.maxLength, request.batchTokens));
}

} // namespace

TokenizedTask tokenized(const data::ChoiceTask &task, const io::Tokenizer &tokenizer, int maxLength,
                        const std::string &source, const Run &run)
{
    TokenizedTask result;
    for (const data::Item &item : task.items) {
        throwIfStopped(run);
        const std::string where = fmt::format("{}, item {}", source, result.items.size() + 1);
        addItem(result, sequencesOf(item, tokenizer, maxLength, where, run));
    }
    return result;
}

Answer answerTo(const data::Item &item, const std::vector<std::span<const Prediction>> &predictions)
{
    Answer answer;
    std::vector<double> norm, bytes;
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        double sum = 0;
        for (const Prediction &prediction : predictions[i])
            sum -= prediction.negativeLogLikelihood;
        answer.logLikelihoods.push_back(sum);
        norm.push_back(sum / static_cast<double>(item.choices[i].characters()));
        bytes.push_back(sum / static_cast<double>(item.choices[i].bytes()));
    }
    if (item.choices.size() == 1) {
        answer.correct = std::ranges::all_of(predictions.front(), &Prediction::likeliest);
        return answer;
    }
    answer.correct = best(answer.logLikelihoods) == item.gold;
    answer.correctNorm = best(norm) == item.gold;
    answer.correctBytes = best(bytes) == item.gold;
    return answer;
}

std::vector<data::ChoiceTask> readTasks(const TaskRequest &request, const Run &run)
{
    check(request);
    std::vector<data::ChoiceTask> tasks;
    std::set<std::string> names;
    for (const std::filesystem::path &file : request.files) {
        tasks.push_back(data::readChoiceTask(file, request.limit, run));
        if (!names.insert(tasks.back().name).second)
            throw Exception(ErrorCode::InvalidArgument, "files of different names expected, found one again",
                            file.string());
    }
    return tasks;
}

TaskResult choiceAccuracy(const pruning::AppliedPlan &model, const data::ChoiceTask &task,
                          const io::Tokenizer &tokenizer, const TaskRequest &request, const std::string &source,
                          const Run &run)
{
    const auto start = run.now();
    const TokenizedTask tokens = tokenized(task, tokenizer, request.maxLength, source, run);
    const auto predictions = predict(model, tokens.passages, request.batchTokens, task.name, source, run);
    TaskResult result{.name = task.name, .tokens = tokens.passages.tokens(), .tokensUnshared = tokens.tokensUnshared};
    for (std::size_t i = 0; i < task.items.size(); ++i) {
        std::vector<std::span<const Prediction>> ofChoices;
        for (const Reading &reading : tokens.items[i])
            ofChoices.push_back(std::span(predictions[reading.passage]).subspan(reading.first, reading.count));
        result.answers.push_back(answerTo(task.items[i], ofChoices));
    }
    summarise(result, task.items.front().choices.size() > 1);
    result.seconds = std::chrono::duration<double>(run.now() - start).count();
    return result;
}

TaskEvaluation evaluateTasks(const Model::State &model, const TaskRequest &request, const Plan &plan, const Run &run)
{
    useThreads(model.options);
    const std::vector<data::ChoiceTask> tasks = readTasks(request, run);
    const io::Tokenizer tokenizer = valueOrThrow(io::Tokenizer::open(model.card().folder));
    const pruning::AppliedPlan applied = pruning::apply(model, plan);
    TaskEvaluation evaluation{
        .tasks = {}, .provenance = provenance(model, run), .planFingerprint = pruning::fingerprint(plan)};
    for (std::size_t i = 0; i < tasks.size(); ++i)
        evaluation.tasks.push_back(
            choiceAccuracy(applied, tasks[i], tokenizer, request, request.files[i].string(), run));
    return evaluation;
}

} // namespace ecdysis::evaluation

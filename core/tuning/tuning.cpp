// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/tuning/tuning.h"

#include <cmath>

#include <fmt/format.h>

#include "core/evaluation/gradients.h"
#include "core/exception.h"
#include "core/huge_pages.h"
#include "core/pruning/applied_plan.h"
#include "core/stop.h"
#include "core/torch.h"
#include "core/tuning/adamw.h"
#include "core/tuning/learner.h"
#include "core/tuning/objective.h"
#include "core/tuning/run_file.h"
#include "core/tuning/validation.h"

namespace ecdysis::tuning {

namespace {

/// What a parameter's tensors are called in a run file.
std::string valueOf(const std::string &name)
{
    return "value." + name;
}
std::string firstMomentOf(const std::string &name)
{
    return "first." + name;
}
std::string secondMomentOf(const std::string &name)
{
    return "second." + name;
}
std::string bestOf(const std::string &name)
{
    return "best." + name;
}

/// The same run without a listener: what a step is made of does not report by itself.
Run quiet(const Run &run)
{
    Run result = run;
    result.progress = {};
    return result;
}

/// One sitting of a run.
class Sitting
{
public:
    Sitting(const Model::State &model, const Plan &plan, const data::TrainingData &data, RunState state,
            const std::filesystem::path &file, const TuningStep &step, const Run &run);

    void learn(int saveEvery);
    Tuned best() const;

private:
    const TuningSettings &settings() const { return m_state.tuning.settings; }
    int stepsDone() const { return m_state.tuning.curve.empty() ? 0 : m_state.tuning.curve.back().step; }
    bool isOver() const { return m_state.tuning.stoppedEarly || stepsDone() >= settings().steps; }
    bool validates(int step) const { return step % settings().validateEvery == 0 || step == settings().steps; }

    TuningPoint takeStep(int step);
    /// Gradients of the step's loss into the learner; the loss.
    double backpropagate(const std::vector<data::Examples> &batches, int step);
    /// The norm of all gradients, which are scaled down where it is more than the settings allow.
    double clip();
    void optimise(double learningRate, int step);
    void validate(TuningPoint &point);
    void finish(TuningPoint point, Run::Clock::time_point start, bool saves);

    const Model::State &m_model;
    const data::TrainingData &m_data;
    RunState m_state;
    const std::filesystem::path &m_file;
    const TuningStep &m_step;
    const Run &m_run;
    const Run m_quiet;
    Student m_student;
    std::unique_ptr<Learner> m_learner;
};

std::unique_ptr<Learner> makeLearner(const Model::State &model, const Student &student, const LowRank &settings)
{
    return settings.rank > 0 ? learnLowRank(student.blueprint, student, settings, model.options.seed)
                             : learnAll(student.blueprint, student);
}

Sitting::Sitting(const Model::State &model, const Plan &plan, const data::TrainingData &data, RunState state,
                 const std::filesystem::path &file, const TuningStep &step, const Run &run)
    : m_model(model), m_data(data), m_state(std::move(state)), m_file(file), m_step(step), m_run(run),
      m_quiet(quiet(run)), m_student(makeStudent(model, plan, m_quiet)),
      m_learner(makeLearner(model, m_student, settings().lowRank))
{
    auto &tensors = m_state.tensors;
    m_state.tuning.trainable = 0;
    for (Trained &parameter : m_learner->parameters()) {
        m_state.tuning.trainable += parameter.value.numel();
        const std::string &name = parameter.name;
        if (m_state.tuning.curve.empty()) {
            const Moments moments = noMoments(parameter.value);
            tensors[firstMomentOf(name)] = moments.first;
            tensors[secondMomentOf(name)] = moments.second;
        } else {
            for (const auto &key : {valueOf(name), firstMomentOf(name), secondMomentOf(name), bestOf(name)})
                if (!tensors.contains(key) || tensors.at(key).sizes() != parameter.value.sizes())
                    throw Exception(ErrorCode::Mismatch, "a tensor of the tuned model's shape expected, none found",
                                    fmt::format("{}: {}", file.string(), key));
                else
                    tensors[key] = tensors.at(key).to(parameter.value.device());
            parameter.value.copy_(tensors.at(valueOf(name)));
        }
        tensors[valueOf(name)] = parameter.value;
    }
}

void Sitting::learn(int saveEvery)
{
    ProgressMeter meter(m_run, "tune", settings().steps - stepsDone(), settings().steps);
    if (m_state.tuning.curve.empty()) {
        const auto start = m_run.now();
        TuningPoint point;
        validate(point);
        finish(point, start, true);
    }
    for (int step = 1; step <= stepsDone(); ++step)
        meter.finishStep();
    while (!isOver()) {
        throwIfStopped(m_run);
        const auto start = m_run.now();
        const int step = stepsDone() + 1;
        TuningPoint point = takeStep(step);
        if (validates(step))
            validate(point);
        finish(point, start, validates(step) || step % saveEvery == 0);
        meter.finishStep();
        meter.advance(1);
    }
}

TuningPoint Sitting::takeStep(int step)
{
    const auto start = m_run.now();
    const std::int64_t drawn = std::int64_t{settings().batch} * settings().accumulate;
    const auto indices = data::drawn(m_data.training.count(), (step - 1) * drawn, drawn, m_model.options.seed);
    std::vector<data::Examples> batches;
    std::int64_t tokens = 0;
    for (auto first = indices.begin(); first != indices.end(); first += settings().batch) {
        batches.push_back(data::chosen(m_data.training, {first, first + settings().batch}));
        tokens += batches.back().ids.numel();
    }
    TuningPoint point{.step = step, .learningRate = learningRate(settings().learningRate, step, settings().steps)};
    point.trainingLoss = backpropagate(batches, step);
    point.gradientNorm = clip();
    if (!std::isfinite(point.trainingLoss) || !std::isfinite(point.gradientNorm))
        throw Exception(
            ErrorCode::InvalidArgument,
            fmt::format("expected a finite loss and gradient, found {} and {}: the learning rate is too high",
                        point.trainingLoss, point.gradientNorm),
            fmt::format("step {}", step));
    optimise(point.learningRate, step);
    const double seconds = std::chrono::duration<double>(m_run.now() - start).count();
    point.tokensPerSecond = seconds > 0 ? static_cast<double>(tokens) / seconds : 0;
    return point;
}

double Sitting::backpropagate(const std::vector<data::Examples> &batches, int step)
{
    std::vector<double> labels;
    double all = 0;
    for (const data::Examples &batch : batches) {
        labels.push_back(static_cast<double>(batch.labels.sum().item<std::int64_t>()));
        all += labels.back();
    }
    double loss = 0;
    for (std::size_t i = 0; i < batches.size(); ++i) {
        const auto draw = std::int64_t{step} * settings().accumulate + static_cast<std::int64_t>(i);
        const auto network = buildStudent(m_model, m_learner->leaves(draw));
        const auto objective = lossOf(*network, m_student.removed, batches[i], *m_model.network, settings().objective,
                                      labels[i] / all, m_quiet);
        loss += evaluation::backpropagate(*network, m_student.removed, batches[i].ids, objective, m_quiet);
        m_learner->collect();
    }
    return loss;
}

double Sitting::clip()
{
    const at::NoGradGuard noGradients;
    double squares = 0;
    for (const Trained &parameter : m_learner->parameters())
        if (parameter.gradient.defined())
            squares += std::pow(parameter.gradient.norm().item<double>(), 2);
    const double norm = std::sqrt(squares);
    if (settings().clip > 0 && norm > settings().clip)
        for (Trained &parameter : m_learner->parameters())
            if (parameter.gradient.defined())
                parameter.gradient.mul_(settings().clip / norm);
    return norm;
}

void Sitting::optimise(double learningRate, int step)
{
    for (Trained &parameter : m_learner->parameters()) {
        throwIfStopped(m_run);
        AdamWSettings own = settings().adamW;
        own.weightDecay = parameter.decays ? own.weightDecay : 0;
        const Moments moments{m_state.tensors.at(firstMomentOf(parameter.name)),
                              m_state.tensors.at(secondMomentOf(parameter.name))};
        if (parameter.gradient.defined())
            adamW(parameter.value, parameter.gradient, moments, own, learningRate, step);
        parameter.gradient.reset();
    }
}

void Sitting::validate(TuningPoint &point)
{
    const auto network = buildMeasured(m_model, m_learner->merged());
    Tuning &tuning = m_state.tuning;
    point.validationLoss = tuning::validate(*network, m_student.removed, m_data.validation, m_quiet).value;
    for (const data::Windows &windows : m_data.watched)
        point.textLosses.push_back(evaluate(*network, m_student.removed, windows, m_quiet).value);
    if (point.step == 0 || point.validationLoss < tuning.bestLoss) {
        tuning.bestStep = point.step;
        tuning.bestLoss = point.validationLoss;
        for (const Trained &parameter : m_learner->parameters())
            m_state.tensors[bestOf(parameter.name)] = parameter.value.clone();
    } else if (settings().patience > 0 &&
               point.step - tuning.bestStep >= settings().patience * settings().validateEvery) {
        tuning.stoppedEarly = true;
    }
}

void Sitting::finish(TuningPoint point, Run::Clock::time_point start, bool saves)
{
    Tuning &tuning = m_state.tuning;
    tuning.curve.push_back(point);
    tuning.seconds += std::chrono::duration<double>(m_run.now() - start).count();
    if (saves)
        writeRun(m_file, m_state);
    m_step(tuning);
}

Tuned Sitting::best() const
{
    for (const Trained &parameter : m_learner->parameters())
        parameter.value.copy_(m_state.tensors.at(bestOf(parameter.name)));
    return {m_state.tuning, m_learner->merged()};
}

} // namespace

void check(const TuningSettings &settings)
{
    const auto require = [](bool holds, const char *expected, auto found) {
        if (!holds)
            throw Exception(ErrorCode::InvalidArgument, fmt::format("expected {}, found {}", expected, found));
    };
    const auto share = [](double value) { return value >= 0 && value < 1; };
    require(settings.steps >= 1, "at least one step", settings.steps);
    require(settings.batch >= 1, "at least one example in a batch", settings.batch);
    require(settings.accumulate >= 1, "at least one batch in a step", settings.accumulate);
    require(settings.length >= 2, "a length of at least 2 tokens", settings.length);
    require(settings.learningRate.peak > 0, "a learning rate above 0", settings.learningRate.peak);
    require(settings.learningRate.warmup >= 0, "a number of warm-up steps", settings.learningRate.warmup);
    require(settings.learningRate.warmup < settings.steps, "fewer warm-up steps than steps",
            settings.learningRate.warmup);
    require(settings.learningRate.last >= 0 && settings.learningRate.last <= 1, "a last learning rate from 0 to 1",
            settings.learningRate.last);
    require(share(settings.adamW.beta1), "a beta1 from 0 to below 1", settings.adamW.beta1);
    require(share(settings.adamW.beta2), "a beta2 from 0 to below 1", settings.adamW.beta2);
    require(settings.adamW.epsilon > 0, "an epsilon above 0", settings.adamW.epsilon);
    require(settings.adamW.weightDecay >= 0, "a weight decay of at least 0", settings.adamW.weightDecay);
    require(settings.clip >= 0, "a largest gradient norm, 0 for any", settings.clip);
    require(settings.lowRank.rank >= 0, "a rank, 0 for all weights", settings.lowRank.rank);
    require(share(settings.lowRank.dropout), "a dropout from 0 to below 1", settings.lowRank.dropout);
    const Objective &objective = settings.objective;
    const double least = std::min({objective.labels, objective.divergence, objective.hidden, objective.layers});
    require(least >= 0, "weights of at least 0", least);
    require(objective.labels > 0 || objective.distils(), "a loss with a weight above 0", "none");
    require(objective.temperature > 0, "a temperature above 0", objective.temperature);
    require(settings.validateEvery >= 1, "at least one step between validations", settings.validateEvery);
    require(settings.validationWindows >= 0, "a number of windows, 0 for none", settings.validationWindows);
    require(settings.patience >= 0, "a number of validations, 0 for any", settings.patience);
}

Tuned tune(const Model::State &model, const Plan &plan, const TuningSettings &settings, const data::TrainingData &data,
           const std::filesystem::path &folder, int saveEvery, const TuningStep &step, const Run &run)
{
    check(settings);
    Tuning fresh{.settings = settings,
                 .provenance = provenance(model, run),
                 .planFingerprint = pruning::fingerprint(plan),
                 .dataFingerprint = data::fingerprint(data)};
    const std::filesystem::path file = folder / "run.safetensors";
    RunState state = readRun(file, fresh).value_or(RunState{fresh, {}});
    const KeptMemory kept(evaluation::defaultActivationBytes / 2);
    Sitting sitting(model, plan, data, std::move(state), file, step, run);
    sitting.learn(saveEvery);
    return sitting.best();
}

} // namespace ecdysis::tuning

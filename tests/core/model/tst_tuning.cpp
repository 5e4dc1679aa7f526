// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>
#include <cstring>

#include <QElapsedTimer>
#include <QTest>

#include "core/evaluation/perplexity.h"
#include "core/tuning/learner.h"
#include "core/tuning/tuning.h"
#include "core/tuning/validation.h"
#include "tests/core/model/tuning_fixture.h"

using namespace ecdysis;

namespace {

bool sameBits(const std::map<std::string, at::Tensor> &one, const std::map<std::string, at::Tensor> &other)
{
    return one.size() == other.size() && std::ranges::all_of(one, [&](const auto &entry) {
               const auto found = other.find(entry.first);
               return found != other.end() && found->second.sizes() == entry.second.sizes() &&
                      std::memcmp(found->second.data_ptr(), entry.second.data_ptr(), entry.second.nbytes()) == 0;
           });
}

/// What differs from sitting to sitting is not what is learned.
std::vector<TuningPoint> withoutSpeed(std::vector<TuningPoint> curve)
{
    for (TuningPoint &point : curve)
        point.tokensPerSecond = 0;
    return curve;
}

bool same(double one, double other)
{
    return one == other || (std::isnan(one) && std::isnan(other));
}

} // namespace

/// Tuning runs of tiny models from their files to their results.
class TuningTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void winsBackWhatWasLost();
    void continuedRunHasTheSameBits_data();
    void continuedRunHasTheSameBits();
    void anotherRunInTheFolderIsRefused();
    void endsWhenItGetsNoBetter();
    void gradientsAreClipped();
    void learnsWithBfloat16Operands();
    void stopsAtOnce();
    void badSettings_data();
    void badSettings();
    void resultsAreThoseOfEvaluation();

private:
    const TuningFolder m_folder;
};

void TuningTest::winsBackWhatWasLost()
{
    TuneRequest asked = m_folder.request("learned", 60);
    asked.settings.learningRate.peak = 2e-2;
    const auto tuning = tune(m_folder.model(), asked, tunedPlan, {}, {});
    VERIFY_RESULT(tuning);
    QCOMPARE(tuning->curve.size(), std::size_t{61});
    // A random model predicts worse than a guess among the 27 letters of the text; what is tuned has to do better.
    const Recovery &heldOut = tuning->results.at(0);
    QVERIFY(heldOut.before.value > std::log(27));
    QVERIFY2(heldOut.after.value < std::log(27), qPrintable(QString::number(heldOut.after.value)));
    QVERIFY(std::abs(heldOut.before.value - tuning->curve[0].validationLoss) < 1e-5);
    QVERIFY(std::abs(heldOut.after.value - tuning->bestLoss) < 1e-9);
    QVERIFY(std::abs(tuning->curve.back().learningRate - 2e-3) < 1e-9);
    // No parameter of what is gone is written, and nothing else is missing.
    const auto written = tunedTensors(m_folder.path("learned"));
    const auto student = tuning::makeStudent(m_folder.model().state(), tunedPlan, {});
    std::size_t count = 0;
    for (const auto &[name, weight] : student.weights) {
        QVERIFY(written.at(name).sizes() == weight.sizes());
        QVERIFY2(!at::equal(written.at(name), weight), name.c_str());
        ++count;
    }
    QCOMPARE(written.size(), count);
    QVERIFY(!written.contains("backbone.layers.1.norm.weight"));
}

void TuningTest::continuedRunHasTheSameBits_data()
{
    QTest::addColumn<int>("rank");
    QTest::addColumn<double>("divergence");
    QTest::newRow("all weights") << 0 << 0.0;
    QTest::newRow("low rank, dropout, distilled") << 4 << 0.5;
}

void TuningTest::continuedRunHasTheSameBits()
{
    QFETCH(int, rank);
    QFETCH(double, divergence);
    const Model model = m_folder.model();
    const auto asked = [&](const std::string &out) {
        TuneRequest request = m_folder.request(out + std::to_string(rank), 14);
        request.saveEvery = 3;
        request.settings.lowRank = {.rank = rank, .dropout = 0.1};
        request.settings.objective.divergence = divergence;
        request.evaluationTexts = {m_folder.path("text.txt")};
        request.protocol = {.window = 32, .maxWindows = 6};
        request.settings.validationWindows = 6;
        return request;
    };
    const auto whole = tune(model, asked("whole"), tunedPlan, {}, {});
    VERIFY_RESULT(whole);
    // Stopped after steps 4 and 11: continued from 3 and from 10.
    for (const int last : {4, 11}) {
        std::stop_source stop;
        const auto listener = [&](const Tuning &tuning) {
            if (tuning.curve.back().step == last)
                stop.request_stop();
        };
        const auto part = tune(model, asked("parts"), tunedPlan, listener, {.stop = stop.get_token()});
        QVERIFY(!part);
        QCOMPARE(part.error().code, ErrorCode::Cancelled);
    }
    std::vector<int> steps;
    const auto continued = tune(model, asked("parts"), tunedPlan,
                                [&](const Tuning &tuning) { steps.push_back(tuning.curve.back().step); }, {});
    VERIFY_RESULT(continued);
    QCOMPARE(steps.front(), 11);
    QVERIFY(sameBits(readTensors(asked("parts").out / "model/model.safetensors"),
                     readTensors(asked("whole").out / "model/model.safetensors")));
    QVERIFY(sameBits(readTensors(asked("parts").out / "run.safetensors"),
                     readTensors(asked("whole").out / "run.safetensors")));
    QCOMPARE(continued->bestStep, whole->bestStep);
    QCOMPARE(continued->results[0].after.value, whole->results[0].after.value);
    const auto one = withoutSpeed(continued->curve), other = withoutSpeed(whole->curve);
    QCOMPARE(one.size(), other.size());
    for (std::size_t i = 0; i < one.size(); ++i)
        QVERIFY(same(one[i].trainingLoss, other[i].trainingLoss) && same(one[i].gradientNorm, other[i].gradientNorm) &&
                same(one[i].validationLoss, other[i].validationLoss) && one[i].textLosses == other[i].textLosses &&
                one[i].learningRate == other[i].learningRate);
    // What is watched is measured as the text is at the end.
    const Recovery &text = continued->results[1];
    QVERIFY(std::abs(one.front().textLosses.at(0) - text.before.value) < 1e-5);
    QCOMPARE(one[static_cast<std::size_t>(continued->bestStep)].textLosses, std::vector<double>{text.after.value});
    QVERIFY(one[1].textLosses.empty());
    // A finished run costs nothing more and says the same.
    const auto again = tune(model, asked("parts"), tunedPlan, {}, {});
    VERIFY_RESULT(again);
    QCOMPARE(again->curve.size(), whole->curve.size());
    QCOMPARE(again->results[0].after.value, whole->results[0].after.value);
}

void TuningTest::anotherRunInTheFolderIsRefused()
{
    const auto first = tune(m_folder.model(), m_folder.request("taken", 3), tunedPlan, {}, {});
    VERIFY_RESULT(first);
    TuneRequest other = m_folder.request("taken", 3);
    other.settings.batch = 3;
    const auto settings = tune(m_folder.model(), other, tunedPlan, {}, {});
    QVERIFY(!settings);
    QCOMPARE(settings.error().code, ErrorCode::Mismatch);
    QVERIFY2(settings.error().message.find("/settings/batch 3; found one of 2") != std::string::npos,
             settings.error().message.c_str());
    const auto removals = tune(m_folder.model(), m_folder.request("taken", 3), {}, {}, {});
    QVERIFY(!removals);
    QVERIFY(removals.error().message.find("/plan") != std::string::npos);
    m_folder.write("taken/run.safetensors", "no tensors");
    const auto damaged = tune(m_folder.model(), m_folder.request("taken", 3), tunedPlan, {}, {});
    QVERIFY(!damaged);
    QCOMPARE(damaged.error().code, ErrorCode::BadFormat);
}

void TuningTest::endsWhenItGetsNoBetter()
{
    TuneRequest asked = m_folder.request("patience", 60);
    asked.settings.learningRate = {.peak = 0.3, .warmup = 0, .decay = Decay::Constant};
    asked.settings.validateEvery = 2;
    asked.settings.patience = 2;
    const auto tuning = tune(m_folder.model(), asked, tunedPlan, {}, {});
    VERIFY_RESULT(tuning);
    QVERIFY(tuning->stoppedEarly);
    QCOMPARE(tuning->curve.back().step, tuning->bestStep + 4);
    for (const TuningPoint &point : tuning->curve)
        QVERIFY(std::isnan(point.validationLoss) || point.validationLoss >= tuning->bestLoss);
    QVERIFY(std::abs(tuning->results[0].after.value - tuning->bestLoss) < 1e-9);
}

void TuningTest::gradientsAreClipped()
{
    // With no momentum and no second moment to speak of, a step is the clipped gradient times learning rate / epsilon.
    const auto moved = [&](double clip, const std::string &out) {
        TuneRequest asked = m_folder.request(out, 1);
        asked.settings.learningRate = {.peak = 10, .warmup = 0, .decay = Decay::Constant};
        asked.settings.adamW = {.beta1 = 0, .beta2 = 0, .epsilon = 1e6, .weightDecay = 0};
        asked.settings.clip = clip;
        const auto tuning = tune(m_folder.model(), asked, tunedPlan, {}, {});
        if (!tuning)
            qFatal("%s", tuning.error().message.c_str());
        const auto state = readTensors(m_folder.path(out) / "run.safetensors");
        double squares = 0;
        for (const auto &[name, tensor] : state)
            if (name.starts_with("first."))
                squares += std::pow(tensor.norm().item<double>(), 2);
        return std::pair{tuning->curve[1].gradientNorm, std::sqrt(squares)};
    };
    const auto [norm, free] = moved(0, "free");
    const auto [sameNorm, clipped] = moved(norm / 4, "clipped");
    QVERIFY(std::abs(free / norm - 1) < 1e-5);
    QCOMPARE(sameNorm, norm);
    QVERIFY(std::abs(clipped / norm - 0.25) < 1e-5);
}

void TuningTest::learnsWithBfloat16Operands()
{
    const Model rounded = load(m_folder.path(""), {.dtype = DType::BF16, .threads = 1}, {}).value();
    const auto exact = tune(m_folder.model(), m_folder.request("exact", 10), tunedPlan, {}, {});
    const auto tuning = tune(rounded, m_folder.request("rounded", 10), tunedPlan, {}, {});
    VERIFY_RESULT(exact);
    VERIFY_RESULT(tuning);
    const Recovery &one = tuning->results[0], &other = exact->results[0];
    const double gain = (one.before.value - one.after.value) / (other.before.value - other.after.value);
    QVERIFY2(gain > 0.5 && gain < 1.5, qPrintable(QString::number(gain)));
}

void TuningTest::stopsAtOnce()
{
    const Model model = m_folder.model();
    TuneRequest asked = m_folder.request("stopped", 1000);
    asked.settings.batch = 64;
    std::stop_source stop;
    QElapsedTimer timer;
    const auto listener = [&](const Tuning &tuning) {
        if (tuning.curve.back().step == 1) {
            stop.request_stop();
            timer.start();
        }
    };
    const auto tuning = tune(model, asked, tunedPlan, listener, {.stop = stop.get_token()});
    QVERIFY(!tuning);
    QCOMPARE(tuning.error().code, ErrorCode::Cancelled);
    QVERIFY2(timer.elapsed() < 200, qPrintable(QString::number(timer.elapsed())));
    QVERIFY(std::filesystem::exists(asked.out / "run.safetensors"));
    QVERIFY(!std::filesystem::exists(asked.out / "model/model.safetensors"));
}

void TuningTest::badSettings_data()
{
    QTest::addColumn<int>("which");
    QTest::addColumn<QString>("words");
    const char *words[] = {"one step",
                           "example in a batch",
                           "learning rate above 0",
                           "fewer warm-up steps",
                           "beta2 from 0",
                           "dropout from 0",
                           "weight above 0",
                           "temperature above 0",
                           "between validations",
                           "texts or instructions"};
    for (int i = 0; i < 10; ++i)
        QTest::newRow(words[i]) << i << words[i];
}

void TuningTest::badSettings()
{
    QFETCH(int, which);
    QFETCH(QString, words);
    TuneRequest asked = m_folder.request("bad", 5);
    TuningSettings &bad = asked.settings;
    const std::function<void()> spoil[] = {[&] { bad.steps = 0; },
                                           [&] { bad.batch = 0; },
                                           [&] { bad.learningRate.peak = 0; },
                                           [&] { bad.learningRate.warmup = 5; },
                                           [&] { bad.adamW.beta2 = 1; },
                                           [&] { bad.lowRank.dropout = 1; },
                                           [&] { bad.objective.labels = 0; },
                                           [&] { bad.objective.temperature = 0; },
                                           [&] { bad.validateEvery = 0; },
                                           [&] { asked.texts.clear(); }};
    spoil[which]();
    const auto tuning = tune(m_folder.model(), asked, tunedPlan, {}, {});
    QVERIFY(!tuning);
    QCOMPARE(tuning.error().code, ErrorCode::InvalidArgument);
    QVERIFY2(QString::fromStdString(tuning.error().message).contains(words), tuning.error().message.c_str());
    QVERIFY(!std::filesystem::exists(asked.out));
}

void TuningTest::resultsAreThoseOfEvaluation()
{
    const Model model = m_folder.model();
    TuneRequest asked = m_folder.request("measured", 3);
    asked.evaluationTexts = {m_folder.path("text.txt")};
    asked.protocol = {.window = 64, .maxWindows = 40};
    const auto tuning = tune(model, asked, tunedPlan, {}, {});
    VERIFY_RESULT(tuning);
    QCOMPARE(tuning->results.size(), std::size_t{2});
    const Recovery &text = tuning->results[1];
    QVERIFY(evaluate(model, m_folder.path("text.txt"), asked.protocol, {}, {})->nll == text.dense);
    QVERIFY(evaluate(model, m_folder.path("text.txt"), asked.protocol, tunedPlan, {})->nll == text.before);
    // The written model loads like any other and says the same.
    const auto written = load(m_folder.path("measured") / "model", {.threads = 1}, {});
    VERIFY_RESULT(written);
    QVERIFY(evaluate(*written, m_folder.path("text.txt"), asked.protocol, {}, {})->nll == text.after);
    QVERIFY(text.after.value < text.before.value);
    QCOMPARE(recovered({.dense = {1, 0}, .before = {3, 0}, .after = {1.5, 0}}), 0.75);
    QVERIFY(std::isnan(recovered({.dense = {3, 0}, .before = {3, 0}, .after = {2, 0}})));
}

QTEST_GUILESS_MAIN(TuningTest)
#include "tst_tuning.moc"

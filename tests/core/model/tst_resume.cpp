// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>
#include <limits>

#include <QTest>

#include "core/evaluation/perplexity.h"
#include "core/pruning/applied_plan.h"
#include "tests/core/model/rounding.h"

using namespace ecdysis;
using architectures::LayerState;

namespace {

constexpr std::int64_t time = 48;

const at::Tensor ids = at::arange(3 * time, at::kLong).mul(37).remainder(272).view({3, time});

/// What a float32 network that computes the same in another order comes to, or one that amplifies rounding.
double allowed(const Model::State &model)
{
    return std::max(1e-4, 4 * std::numeric_limits<float>::epsilon() * amplification(model, ids));
}

/// Sequences of a batch that are gone through in pieces, beside what layer() gives for the whole of them.
class Reading
{
public:
    explicit Reading(const pruning::AppliedPlan &model)
        : m_model(model), m_whole(evaluation::forward(*model.network, ids, model.removed, {})), m_sequences({0, 1, 2}),
          m_read(3, 0), m_states(model.network->begin(3, model.removed, {}))
    {
    }

    /// Reads `size` tokens of each sequence, of which so many count; returns the largest error of those.
    double read(std::int64_t size, std::vector<std::int64_t> counts = {})
    {
        std::vector<at::Tensor> rows;
        for (std::size_t i = 0; i < m_sequences.size(); ++i)
            rows.push_back(ids[m_sequences[i]].narrow(0, m_read[i], size));
        const at::Tensor lengths = counts.empty() ? at::Tensor() : at::tensor(counts, at::kLong);
        const at::Tensor found =
            evaluation::resume(*m_model.network, at::stack(rows), lengths, m_states, m_model.removed, {});
        counts.resize(m_sequences.size(), size);
        double worst = 0;
        for (std::size_t i = 0; i < m_sequences.size(); ++i) {
            const at::Tensor expected = m_whole[m_sequences[i]];
            worst = std::max(worst, relativeError(found[static_cast<std::int64_t>(i)].narrow(0, 0, counts[i]),
                                                  expected.narrow(0, m_read[i], counts[i])));
            m_read[i] += counts[i];
        }
        return worst;
    }

    /// Goes on with some of the sequences, or with one several times.
    void choose(const std::vector<std::int64_t> &rows)
    {
        std::vector<std::int64_t> sequences, read;
        for (const std::int64_t row : rows) {
            sequences.push_back(m_sequences[static_cast<std::size_t>(row)]);
            read.push_back(m_read[static_cast<std::size_t>(row)]);
        }
        m_sequences = sequences;
        m_read = read;
        for (LayerState &state : m_states)
            state = layers::rowsOf(state, at::tensor(rows, at::kLong));
    }

private:
    const pruning::AppliedPlan &m_model;
    at::Tensor m_whole;
    std::vector<std::int64_t> m_sequences, m_read;
    std::vector<LayerState> m_states;
};

/// The plan without some units, if the model can do without them.
std::optional<pruning::AppliedPlan> without(const Model::State &model, const std::vector<std::string> &units)
{
    Plan plan;
    for (const std::string &unit : units)
        plan.removals.push_back({unit, ""});
    try {
        return pruning::apply(model, plan);
    } catch (const Exception &) {
        return std::nullopt;
    }
}

} // namespace

/// Sequences read in pieces of several tokens, of different lengths, give what they give as a whole.
class ResumeTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data();
    void piecesEqualTheWhole();
    void eachPartMayBeGone();
    void longPieces();
};

void ResumeTest::initTestCase_data()
{
    QTest::addColumn<QString>("name");
    for (const char *name : {"mamba", "mamba2", "mamba2_g1", "mamba_original", "mamba2_original", "falcon_mamba",
                             "jamba", "bamba", "falcon_h1", "falcon_h1_nonorm", "nemotron_h", "granitemoehybrid",
                             "granitemoehybrid_dense", "zamba", "zamba2", "zamba2_norope", "hymba"})
        QTest::newRow(name) << name;
}

void ResumeTest::piecesEqualTheWhole()
{
    QFETCH_GLOBAL(QString, name);
    const auto model = loaded(name.toStdString(), {.threads = 1});
    const pruning::AppliedPlan applied = pruning::apply(*model, {});
    const double bound = allowed(*model);
    double worst = 0;
    const auto check = [&](double error) { worst = std::max(worst, error); };
    Reading reading(applied);
    check(reading.read(10, {10, 3, 1}));
    check(reading.read(1));
    check(reading.read(7, {2, 7, 4}));
    reading.choose({2, 0, 2, 1});
    check(reading.read(5));
    check(reading.read(1));
    check(reading.read(20, {20, 17, 1, 2}));
    check(reading.read(3));
    qInfo("%s: %.2g, at most %.2g", qPrintable(name), worst, bound);
    QVERIFY(worst < bound);
}

void ResumeTest::eachPartMayBeGone()
{
    QFETCH_GLOBAL(QString, name);
    const auto model = loaded(name.toStdString(), {.threads = 1});
    const double bound = allowed(*model);
    std::vector<std::string> parts;
    for (const Unit &unit : model->card().units)
        if (unit.isPart())
            parts.push_back(unit.id);
    int applicable = 0;
    const auto check = [&](const std::vector<std::string> &units) {
        const auto applied = without(*model, units);
        if (!applied)
            return 0.0;
        ++applicable;
        Reading reading(*applied);
        return std::max({reading.read(9, {9, 2, 5}), reading.read(4, {1, 3, 4}), reading.read(1)});
    };
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const double alone = check({parts[i]});
        QVERIFY2(alone < bound, qPrintable(QString("%1: %2").arg(parts[i].c_str()).arg(alone)));
        const double pair = check({parts[i], parts[(i + 3) % parts.size()]});
        QVERIFY2(pair < bound, qPrintable(QString("%1 and another: %2").arg(parts[i].c_str()).arg(pair)));
    }
    QVERIFY(applicable >= static_cast<int>(parts.size()));
}

/// Pieces that kernels take apart in chunks of 32 tokens.
void ResumeTest::longPieces()
{
    QFETCH_GLOBAL(QString, name);
    const auto model = loaded(name.toStdString(), {.threads = 1});
    const pruning::AppliedPlan applied = pruning::apply(*model, {});
    Reading reading(applied);
    const double bound = allowed(*model);
    QVERIFY(reading.read(40, {33, 40, 32}) < bound);
    QVERIFY(reading.read(8) < bound);
}

QTEST_GUILESS_MAIN(ResumeTest)
#include "tst_resume.moc"

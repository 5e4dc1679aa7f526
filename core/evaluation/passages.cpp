// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/evaluation/passages.h"

#include <algorithm>
#include <numeric>

#include "core/evaluation/perplexity.h"
#include "core/torch.h"

namespace ecdysis::evaluation {

namespace {

using Indices = std::vector<std::size_t>;

/// The places of pieces in groups of one filled length each, the longest first: what memory it takes shows at once.
std::vector<Indices> batches(const std::vector<Piece> &pieces, std::int64_t batchTokens)
{
    Indices order(pieces.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto lengthAt = [&](std::size_t i) { return filled(pieces[i].length); };
    std::ranges::stable_sort(order, std::greater(), lengthAt);
    std::vector<Indices> groups;
    for (const std::size_t index : order) {
        const auto most = static_cast<std::size_t>(std::max<std::int64_t>(1, batchTokens / lengthAt(index)));
        if (groups.empty() || groups.back().size() >= most || lengthAt(groups.back().front()) != lengthAt(index))
            groups.emplace_back();
        groups.back().push_back(index);
    }
    return groups;
}

/// Pieces at some places.
std::vector<Piece> chosen(const std::vector<Piece> &pieces, const Indices &places)
{
    std::vector<Piece> result;
    for (const std::size_t place : places)
        result.push_back(pieces[place]);
    return result;
}

/// Goes through passages, whole ones and what is behind stems.
class Reader
{
public:
    Reader(const pruning::AppliedPlan &model, const Passages &passages, std::int64_t batchTokens,
           const std::string &stage, const std::string &source, const Run &run)
        : m_model(model), m_network(*model.network), m_passages(passages.all), m_batchTokens(batchTokens),
          m_source(source), m_run(run),
          m_meter(run, stage, static_cast<double>(passages.tokens()), static_cast<int>(passages.all.size())),
          m_results(passages.all.size())
    {
    }

    void readWhole(const std::vector<Piece> &pieces)
    {
        for (const Indices &places : batches(pieces, m_batchTokens)) {
            const std::vector<Piece> some = chosen(pieces, places);
            const PassageBatch batch = checkedBatch(some);
            read(some, batch, forward(m_network, batch.ids, m_model.removed, m_run));
        }
    }

    void readBehind(const std::vector<Stem> &stems)
    {
        std::vector<Piece> pieces;
        for (const Stem &stem : stems)
            pieces.push_back({&m_passages[stem.first], 0, stem.tokens});
        for (const Indices &places : batches(pieces, m_batchTokens))
            readBehind(stems, places, chosen(pieces, places));
    }

    std::vector<std::vector<Prediction>> results() && { return std::move(m_results); }

private:
    using States = std::vector<architectures::LayerState>;

    PassageBatch checkedBatch(const std::vector<Piece> &pieces) const
    {
        PassageBatch batch = batchOf(pieces);
        checkIds(batch, m_network, m_source);
        return batch;
    }

    at::Tensor onDevice(const std::vector<std::int64_t> &numbers) const
    {
        return at::tensor(numbers, at::kLong).to(m_network.head().weight.device());
    }

    /// The passages of some stems.
    void readBehind(const std::vector<Stem> &stems, const Indices &places, const std::vector<Piece> &beginnings)
    {
        const States states = statesBehind(beginnings);
        std::vector<Piece> pieces;
        std::vector<std::int64_t> rows; // of the states
        for (std::size_t row = 0; row < places.size(); ++row) {
            const auto &[first, count, tokens] = stems[places[row]];
            for (std::size_t i = first; i < first + count; ++i) {
                pieces.push_back({&m_passages[i], tokens, m_passages[i].length() - tokens});
                rows.push_back(static_cast<std::int64_t>(row));
            }
        }
        for (const Indices &group : batches(pieces, m_batchTokens)) {
            std::vector<std::int64_t> rowsOfBatch;
            for (const std::size_t index : group)
                rowsOfBatch.push_back(rows[index]);
            const at::Tensor selected = onDevice(rowsOfBatch);
            States own;
            for (const architectures::LayerState &state : states)
                own.push_back(layers::rowsOf(state, selected));
            const std::vector<Piece> some = chosen(pieces, group);
            const PassageBatch batch = checkedBatch(some);
            read(some, batch, resume(m_network, batch.ids, {}, own, m_model.removed, m_run));
        }
    }

    States statesBehind(const std::vector<Piece> &pieces)
    {
        std::vector<std::int64_t> lengths;
        for (const Piece &piece : pieces)
            lengths.push_back(piece.length);
        States states = m_network.begin(static_cast<std::int64_t>(pieces.size()), m_model.removed, m_run);
        resume(m_network, checkedBatch(pieces).ids, onDevice(lengths), states, m_model.removed, m_run);
        m_meter.advance(static_cast<double>(std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0})));
        return states;
    }

    /// Predictions from the stream after the last layer, (piece, time, channel).
    void read(const std::vector<Piece> &pieces, const PassageBatch &batch, const at::Tensor &residual)
    {
        const std::vector<Prediction> predicted = predictionsOf(m_network, batch, residual, m_run);
        auto next = predicted.begin();
        double tokens = 0;
        for (const Piece &piece : pieces) {
            const auto count = static_cast<std::ptrdiff_t>(piece.passage->targets.size());
            m_results[static_cast<std::size_t>(piece.passage - m_passages.data())].assign(next, next + count);
            next += count;
            tokens += static_cast<double>(piece.length);
            m_meter.finishStep();
        }
        m_meter.advance(tokens);
    }

    const pruning::AppliedPlan &m_model;
    const architectures::Network &m_network;
    const std::vector<Passage> &m_passages;
    std::int64_t m_batchTokens;
    const std::string &m_source;
    const Run &m_run;
    ProgressMeter m_meter;
    std::vector<std::vector<Prediction>> m_results;
};

/// Passages that are of no stem.
std::vector<Piece> wholePassages(const Passages &passages)
{
    std::vector<bool> alone(passages.all.size(), true);
    for (const Stem &stem : passages.stems)
        std::fill_n(alone.begin() + static_cast<std::ptrdiff_t>(stem.first), stem.count, false);
    std::vector<Piece> pieces;
    for (std::size_t i = 0; i < alone.size(); ++i)
        if (alone[i])
            pieces.push_back(whole(passages.all[i]));
    return pieces;
}

} // namespace

std::optional<Stem> stemOf(const std::vector<Passage> &passages, std::size_t first)
{
    if (first >= passages.size())
        return {};
    const Passage &one = passages[first];
    std::int64_t tokens = one.length();
    for (const Passage &passage : std::span(passages).subspan(first)) {
        tokens = std::min<std::int64_t>(tokens, std::ranges::mismatch(one.ids, passage.ids).in1 - one.ids.begin());
        for (const Target &target : passage.targets)
            tokens = std::min(tokens, target.after);
    }
    std::int64_t apart = 0, together = filled(tokens);
    for (const Passage &passage : std::span(passages).subspan(first)) {
        apart += filled(passage.length());
        together += filled(passage.length() - tokens);
    }
    if (together >= apart)
        return {};
    return Stem{first, passages.size() - first, tokens};
}

std::int64_t Passages::tokens() const
{
    std::int64_t tokens = 0;
    for (const Passage &passage : all)
        tokens += passage.length();
    for (const Stem &stem : stems)
        tokens -= static_cast<std::int64_t>(stem.count - 1) * stem.tokens;
    return tokens;
}

std::vector<std::vector<Prediction>> predict(const pruning::AppliedPlan &model, const Passages &passages,
                                             std::int64_t batchTokens, const std::string &stage,
                                             const std::string &source, const Run &run)
{
    const at::NoGradGuard noGradients;
    Reader reader(model, passages, batchTokens, stage, source, run);
    reader.readBehind(passages.stems);
    reader.readWhole(wholePassages(passages));
    return std::move(reader).results();
}

} // namespace ecdysis::evaluation

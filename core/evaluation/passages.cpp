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

/// Lengths are rounded up to a multiple of 16, so that products have few different shapes, all of whole tiles.
std::int64_t filled(std::int64_t length)
{
    return (length + 15) / 16 * 16;
}

std::int64_t lengthOf(const Passage &passage)
{
    return static_cast<std::int64_t>(passage.ids.size());
}

/// Tokens that are computed in one go.
struct Piece
{
    const Passage *passage;
    std::int64_t start; ///< of the passage's tokens those before are remembered
    std::int64_t length;

    std::span<const std::int64_t> ids() const
    {
        return std::span(passage->ids).subspan(static_cast<std::size_t>(start), static_cast<std::size_t>(length));
    }
};

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

/// (piece, token), filled up with 0.
at::Tensor idsOf(const std::vector<Piece> &pieces, const Indices &batch)
{
    const std::int64_t length = filled(pieces[batch.front()].length);
    const at::Tensor ids = at::zeros({static_cast<std::int64_t>(batch.size()), length}, at::kLong);
    auto *row = ids.data_ptr<std::int64_t>();
    for (const std::size_t index : batch) {
        std::ranges::copy(pieces[index].ids(), row);
        row += length;
    }
    return ids;
}

/// The targets of a batch as rows of (piece · time, …), and as classes.
struct TargetRows
{
    std::vector<std::int64_t> rows, tokens;
};

TargetRows targetsOf(const std::vector<Piece> &pieces, const Indices &batch)
{
    const std::int64_t length = filled(pieces[batch.front()].length);
    TargetRows result;
    std::int64_t start = 0;
    for (const std::size_t index : batch) {
        for (const Target &target : pieces[index].passage->targets) {
            result.rows.push_back(start + target.after - pieces[index].start);
            result.tokens.push_back(target.token);
        }
        start += length;
    }
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
        for (const Indices &batch : batches(pieces, m_batchTokens))
            read(pieces, batch, forward(m_network, checkedIds(pieces, batch), m_model.removed, m_run));
    }

    void readBehind(const std::vector<Stem> &stems)
    {
        std::vector<Piece> pieces;
        for (const Stem &stem : stems)
            pieces.push_back({&m_passages[stem.first], 0, stem.tokens});
        for (const Indices &batch : batches(pieces, m_batchTokens))
            readBehind(stems, pieces, batch);
    }

    std::vector<std::vector<Prediction>> results() && { return std::move(m_results); }

private:
    using States = std::vector<architectures::LayerState>;

    at::Tensor checkedIds(const std::vector<Piece> &pieces, const Indices &batch) const
    {
        const at::Tensor ids = idsOf(pieces, batch);
        checkIds(ids, m_network, m_source);
        return ids;
    }

    at::Tensor onDevice(const std::vector<std::int64_t> &numbers) const
    {
        return at::tensor(numbers, at::kLong).to(m_network.head().weight.device());
    }

    /// The passages of some stems.
    void readBehind(const std::vector<Stem> &stems, const std::vector<Piece> &beginnings, const Indices &chosen)
    {
        const States states = statesBehind(beginnings, chosen);
        std::vector<Piece> pieces;
        std::vector<std::int64_t> rows; // of the states
        for (std::size_t row = 0; row < chosen.size(); ++row) {
            const auto &[first, count, tokens] = stems[chosen[row]];
            for (std::size_t i = first; i < first + count; ++i) {
                pieces.push_back({&m_passages[i], tokens, lengthOf(m_passages[i]) - tokens});
                rows.push_back(static_cast<std::int64_t>(row));
            }
        }
        for (const Indices &batch : batches(pieces, m_batchTokens)) {
            std::vector<std::int64_t> rowsOfBatch;
            for (const std::size_t index : batch)
                rowsOfBatch.push_back(rows[index]);
            const at::Tensor selected = onDevice(rowsOfBatch);
            States own;
            for (const architectures::LayerState &state : states)
                own.push_back(layers::rowsOf(state, selected));
            read(pieces, batch, resume(m_network, checkedIds(pieces, batch), {}, own, m_model.removed, m_run));
        }
    }

    States statesBehind(const std::vector<Piece> &pieces, const Indices &batch)
    {
        std::vector<std::int64_t> lengths;
        for (const std::size_t index : batch)
            lengths.push_back(pieces[index].length);
        States states = m_network.begin(static_cast<std::int64_t>(batch.size()), m_model.removed, m_run);
        resume(m_network, checkedIds(pieces, batch), onDevice(lengths), states, m_model.removed, m_run);
        m_meter.advance(static_cast<double>(std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0})));
        return states;
    }

    /// Predictions from the stream after the last layer, (piece, time, channel).
    void read(const std::vector<Piece> &pieces, const Indices &batch, const at::Tensor &residual)
    {
        const TargetRows targets = targetsOf(pieces, batch);
        const at::Tensor classes = at::tensor(targets.tokens, at::kLong);
        checkIds(classes, m_network, m_source);
        const at::Tensor hidden = m_network.finalNorm(residual.flatten(0, 1).index_select(0, onDevice(targets.rows)));
        const std::vector<Prediction> predicted = layers::predictions(hidden, m_network.head(), classes, m_run);
        auto next = predicted.begin();
        double tokens = 0;
        for (const std::size_t index : batch) {
            const Piece &piece = pieces[index];
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
    std::vector<bool> whole(passages.all.size(), true);
    for (const Stem &stem : passages.stems)
        std::fill_n(whole.begin() + static_cast<std::ptrdiff_t>(stem.first), stem.count, false);
    std::vector<Piece> pieces;
    for (std::size_t i = 0; i < whole.size(); ++i)
        if (whole[i])
            pieces.push_back({&passages.all[i], 0, lengthOf(passages.all[i])});
    return pieces;
}

} // namespace

std::optional<Stem> stemOf(const std::vector<Passage> &passages, std::size_t first)
{
    if (first >= passages.size())
        return {};
    const Passage &one = passages[first];
    std::int64_t tokens = lengthOf(one);
    for (const Passage &passage : std::span(passages).subspan(first)) {
        tokens = std::min<std::int64_t>(tokens, std::ranges::mismatch(one.ids, passage.ids).in1 - one.ids.begin());
        for (const Target &target : passage.targets)
            tokens = std::min(tokens, target.after);
    }
    std::int64_t apart = 0, together = filled(tokens);
    for (const Passage &passage : std::span(passages).subspan(first)) {
        apart += filled(lengthOf(passage));
        together += filled(lengthOf(passage) - tokens);
    }
    if (together >= apart)
        return {};
    return Stem{first, passages.size() - first, tokens};
}

std::int64_t Passages::tokens() const
{
    std::int64_t tokens = 0;
    for (const Passage &passage : all)
        tokens += lengthOf(passage);
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

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <torch/version.h>

#include "core/layers/settings.h"
#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis::layers {

namespace {

/// Scores held at once: 64 MB of float32.
constexpr std::int64_t scoresAtOnce = std::int64_t{1} << 24;
constexpr std::int64_t queriesAtOnce = 128; ///< few of their keys are later than the first of them

#if TORCH_VERSION_MAJOR < 2
constexpr std::int64_t headByHead = 16; ///< queries of a block from which on heads are taken one by one

/// The scores of one head at a time for each thread, which stay in its cache while contexts are short.
at::Tensor attendHeadByHead(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, const at::Tensor &bias)
{
    const std::int64_t heads = q.size(1);
    const std::int64_t served = heads / k.size(1);
    const at::Tensor result = at::empty({q.size(0), heads, q.size(2), v.size(3)}, q.options());
    at::parallel_for(0, q.size(0) * heads, 1, [&](std::int64_t first, std::int64_t last) {
        const at::NoGradGuard noGradients;
        at::Tensor scores = at::empty({q.size(2), k.size(2)}, q.options());
        at::Tensor weights = at::empty_like(scores);
        for (std::int64_t i = first; i < last; ++i) {
            const std::int64_t batch = i / heads;
            const std::int64_t head = i % heads;
            at::Tensor read = result[batch][head];
            at::mm_out(scores, q[batch][head], k[batch][head / served].t());
            if (bias.defined())
                scores.add_(bias[bias.size(0) == 1 ? 0 : batch]);
            at::_softmax_out(weights, scores, -1, false);
            at::mm_out(read, weights, v[batch][head / served]);
        }
    });
    return result;
}
#endif

/// softmax(q kᵀ + bias) v, the queries already scaled. `bias`, (1, time, keys) or (batch, time, keys), may be
/// undefined.
at::Tensor attendBlock(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, const at::Tensor &bias)
{
    const std::int64_t served = q.size(1) / k.size(1);
#if TORCH_VERSION_MAJOR >= 2
    // It divides by the root of the size itself.
    const auto shared = [&](const at::Tensor &heads) {
        return served == 1 ? heads : heads.unsqueeze(2).expand({-1, -1, served, -1, -1}).flatten(1, 2);
    };
    const at::Tensor scaledQuery = q * std::sqrt(static_cast<double>(q.size(3)));
    return at::scaled_dot_product_attention(scaledQuery, shared(k), shared(v),
                                            bias.defined() ? c10::optional<at::Tensor>(bias.unsqueeze(1))
                                                           : c10::nullopt);
#else
    if (q.is_cpu() && q.size(2) >= headByHead && !recordsGradient({q, k, v}))
        return attendHeadByHead(q, k, v, bias);
    // The queries that share keys are rows of one product.
    const at::Tensor queries = q.unflatten(1, {k.size(1), served}).flatten(2, 3);
    at::Tensor scores = at::matmul(queries, k.transpose(2, 3)).unflatten(2, {served, q.size(2)});
    if (bias.defined())
        scores = scores + bias.unsqueeze(1).unsqueeze(1);
    const at::Tensor heads = at::matmul(at::softmax(scores, -1).flatten(2, 3), v);
    return heads.unflatten(2, {served, q.size(2)}).flatten(1, 2);
#endif
}

/// Positions of keys that some query of a block sees: [0, prefix) and [first, last).
struct Visible
{
    std::int64_t prefix;
    std::int64_t first;
    std::int64_t last;

    at::Tensor of(const at::Tensor &keys) const
    {
        const at::Tensor recent = keys.narrow(2, first, last - first);
        return prefix == 0 ? recent : at::cat({keys.narrow(2, 0, prefix), recent}, 2);
    }
};

Visible visible(const Mask &mask, const Places &places, std::int64_t count)
{
    const std::int64_t position = places.first;
    if (places.starts.defined()) // each sequence has its prefix elsewhere
        return {0, 0, position + count};
    const std::int64_t first = mask.window > 0 ? std::max<std::int64_t>(0, position - mask.window) : 0;
    return {first > mask.prefix ? mask.prefix : 0, first > mask.prefix ? first : 0, position + count};
}

/// 0 where a query sees a key, -∞ elsewhere; undefined where each sees all. (1 or batch, query, key)
at::Tensor biasOf(const Mask &mask, const Visible &keys, const Places &places, std::int64_t count,
                  const at::TensorOptions &options)
{
    const auto &[position, starts] = places;
    const bool allRecent = mask.window == 0 || position + count - 1 - keys.first <= mask.window;
    if (count == 1 && allRecent && !starts.defined())
        return {};
    const auto integers = options.dtype(at::kLong);
    const at::Tensor queries = at::arange(position, position + count, integers).unsqueeze(1);
    const at::Tensor recent = at::arange(keys.first, keys.last, integers);
    const at::Tensor columns =
        (keys.prefix == 0 ? recent : at::cat({at::arange(keys.prefix, integers), recent})).unsqueeze(0);
    const at::Tensor begin = starts.defined() ? starts.view({-1, 1, 1}) : at::zeros({1, 1, 1}, integers);
    at::Tensor seen = (columns <= queries) & (columns >= begin);
    if (mask.window > 0)
        seen = seen & ((queries - columns <= mask.window) | (columns < begin + mask.prefix));
    return at::zeros(seen.sizes(), options).masked_fill_(~seen, -std::numeric_limits<double>::infinity());
}

} // namespace

at::Tensor splitHeads(const at::Tensor &rows, Sequence sequence, std::int64_t size)
{
    return rows.reshape({sequence.batch, sequence.time, rows.size(1) / size, size}).transpose(1, 2);
}

at::Tensor mergeHeads(const at::Tensor &heads)
{
    return heads.transpose(1, 2).flatten(2).flatten(0, 1);
}

Places placesAfter(const LayerState *state)
{
    return state ? Places{state->length, state->starts} : Places{};
}

at::Tensor rotated(const at::Tensor &x, const Rope &rope, const Places &places)
{
    if (rope.width == 0)
        return x;
    const std::int64_t half = rope.width / 2;
    const auto options = x.options().dtype(at::kFloat);
    // The roundings of transformers: at position 30,000 an angle has lost three digits more than the frequency.
    const at::Tensor exponents = at::arange(0, rope.width, 2, options) / static_cast<double>(rope.width);
    const at::Tensor frequencies = at::reciprocal(at::pow(rope.base, exponents));
    at::Tensor positions = at::arange(places.first, places.first + x.size(2), options).unsqueeze(1);
    if (places.starts.defined())
        positions = positions - places.starts.view({-1, 1, 1, 1});
    const at::Tensor angles = positions * frequencies;
    const at::Tensor cosine = angles.cos();
    const at::Tensor sine = angles.sin();
    const at::Tensor first = x.narrow(3, 0, half);
    const at::Tensor second = x.narrow(3, half, half);
    return at::cat({first * cosine - second * sine, second * cosine + first * sine,
                    x.narrow(3, rope.width, x.size(3) - rope.width)},
                   3);
}

at::Tensor attend(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, double scale, const Mask &mask,
                  const at::Tensor &starts, const Run &run)
{
    const std::int64_t time = q.size(2);
    const std::int64_t before = k.size(2) - time;
    const at::Tensor queries = q * scale;
    std::vector<at::Tensor> blocks;
    for (std::int64_t start = 0; start < time;) {
        throwIfStopped(run);
        const std::int64_t seen = mask.window > 0 ? std::min(k.size(2), mask.window + mask.prefix) : k.size(2);
        const std::int64_t limit = scoresAtOnce / (q.size(0) * q.size(1) * std::max<std::int64_t>(seen, 1));
        const std::int64_t count = std::min(time - start, std::clamp<std::int64_t>(limit, 16, queriesAtOnce));
        const Places places{before + start, starts};
        const Visible keys = visible(mask, places, count);
        blocks.push_back(attendBlock(queries.narrow(2, start, count), keys.of(k), keys.of(v),
                                     biasOf(mask, keys, places, count, q.options())));
        start += count;
    }
    return blocks.size() == 1 ? blocks.front() : at::cat(blocks, 2);
}

at::Tensor attendNext(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, double scale, const Mask &mask,
                      const Piece &piece, LayerState &state, const Run &run)
{
    const auto [keys, values] = remember(state, k, v);
    const at::Tensor read = attend(q, keys, values, scale, mask, state.starts, run);
    alignEnds(state, piece);
    return read;
}

Attention::Attention(Parts parts, const AttentionShape &shape) : m_parts(std::move(parts)), m_shape(shape)
{
    m_parts.key.scale = shape.keyScale;
    m_parts.output.scale = shape.outputScale;
}

Attention::Heads Attention::project(const at::Tensor &hidden, Sequence sequence, const Places &places,
                                    const Run &run) const
{
    const at::Tensor scaled = m_shape.inputScale == 1 ? hidden : hidden * m_shape.inputScale;
    const at::Tensor input = operand(scaled, m_parts.query);
    const auto heads = [&](const Linear &linear) {
        return splitHeads(apply(linear, input, run), sequence, m_shape.headSize);
    };
    return {rotated(heads(m_parts.query), m_shape.rope, places), rotated(heads(m_parts.key), m_shape.rope, places),
            heads(m_parts.value)};
}

at::Tensor Attention::output(const at::Tensor &residual, const at::Tensor &heads, const Run &run) const
{
    return layers::addTo(residual, m_parts.output, operand(mergeHeads(heads), m_parts.output), run);
}

std::vector<at::Tensor> Attention::addTo(const at::Tensor &residual, const at::Tensor &hidden, Sequence sequence,
                                         std::span<const Removed> variants, const Run &run) const
{
    const Heads heads = project(hidden, sequence, {}, run);
    const at::Tensor read = attend(heads.query, heads.key, heads.value, m_shape.scale, m_shape.mask, {}, run);
    return std::vector<at::Tensor>(variants.size(), output(residual, read, run));
}

at::Tensor Attention::addNext(const at::Tensor &residual, const at::Tensor &hidden, const Piece &piece,
                              LayerState &state, const Removed &, const Run &run) const
{
    const Heads heads = project(hidden, piece.sequence, placesAfter(&state), run);
    return output(residual,
                  attendNext(heads.query, heads.key, heads.value, m_shape.scale, m_shape.mask, piece, state, run), run);
}

double Attention::graphBytesPerToken() const
{
    // Queries, keys, values and what is read, twice; scores of some two thousand keys.
    const double width = static_cast<double>(m_parts.query.weight.size(0));
    return 4.0 * (8.0 * width + 2.0 * 2048.0 * width / static_cast<double>(m_shape.headSize));
}

AttentionShape readAttention(const io::Config &config, std::int64_t channels, AttentionDefaults defaults)
{
    AttentionShape shape{.channels = channels, .heads = size(config, "num_attention_heads", defaults.heads)};
    shape.keyHeads = size(config, "num_key_value_heads", defaults.keyHeads > 0 ? defaults.keyHeads : shape.heads);
    requireMultiple(config, "num_key_value_heads", shape.heads, shape.keyHeads);
    shape.headSize = size(config, "head_dim", std::max<std::int64_t>(1, channels / shape.heads));
    shape.bias = config.boolean("attention_bias", false);
    shape.scale = 1 / std::sqrt(static_cast<double>(shape.headSize));
    return shape;
}

Rope readRope(const io::Config &config, std::int64_t headSize)
{
    const bool nested = config.has("rope_parameters");
    const io::Config rope = nested ? config.object("rope_parameters") : config;
    const io::Config scaling = nested ? rope : config.object("rope_scaling");
    for (const char *key : {"rope_type", "type"})
        require(scaling, key, "default");
    return {headSize, rope.number("rope_theta", config.number("rope_theta", 10000))};
}

architectures::Slice headSlice(std::string tensor, int dimension, std::int64_t start, std::int64_t heads,
                               std::int64_t keyHeads, std::int64_t size)
{
    const std::int64_t width = heads / keyHeads * size;
    return {.tensor = std::move(tensor), .dimension = dimension, .start = start, .width = width, .step = width};
}

void describeAttention(const Section &section, const AttentionShape &shape)
{
    const auto &[channels, heads, keyHeads, size] =
        std::tie(shape.channels, shape.heads, shape.keyHeads, shape.headSize);
    section.linear("q_proj", heads * size, channels, shape.bias);
    section.linear("k_proj", keyHeads * size, channels, shape.bias);
    section.linear("v_proj", keyHeads * size, channels, shape.bias);
    section.linear("o_proj", channels, heads * size, shape.bias);
    architectures::Axis &axis = section.axis("attention_heads", keyHeads);
    axis.single = true;
    const auto add = [&](const char *path, int dimension, std::int64_t count) {
        axis.slices.push_back(headSlice(section.name(path), dimension, 0, count, keyHeads, size));
    };
    for (const char *path : {"q_proj.weight", "q_proj.bias"})
        add(path, 0, heads);
    for (const char *path : {"k_proj.weight", "k_proj.bias", "v_proj.weight", "v_proj.bias"})
        add(path, 0, keyHeads);
    add("o_proj.weight", 1, heads);
}

std::unique_ptr<const Mixer> buildAttention(const Weights &weights, const std::string &path,
                                            const AttentionShape &shape)
{
    return std::make_unique<Attention>(Attention::Parts{.query = weights.linear(path + "q_proj"),
                                                        .key = weights.linear(path + "k_proj"),
                                                        .value = weights.linear(path + "v_proj"),
                                                        .output = weights.linear(path + "o_proj")},
                                       shape);
}

} // namespace ecdysis::layers

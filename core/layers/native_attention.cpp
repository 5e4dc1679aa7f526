// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/native_attention.h"

#include "core/torch.h"

namespace ecdysis::layers {

namespace {

/// Depthwise convolution of rows behind those before them, (batch, taps - 1 + time, channel) → (batch · time, channel).
at::Tensor convolved(const at::Tensor &rows, const at::Tensor &weight, const at::Tensor &bias)
{
    const std::vector<std::int64_t> one = {1};
    const std::vector<std::int64_t> none = {0};
    const at::Tensor y =
        at::conv1d(rows.transpose(1, 2), weight, bias.defined() ? c10::optional<at::Tensor>(bias) : c10::nullopt, one,
                   none, one, rows.size(2));
    return y.transpose(1, 2).reshape({-1, rows.size(2)});
}

} // namespace

std::vector<at::Tensor> NativeAttention::heads(const at::Tensor &rows, Sequence sequence, const Places &places) const
{
    const std::int64_t served = m_shape.heads / m_shape.keyHeads;
    const std::int64_t keys = rows.size(1) / (served + 2);
    const auto parts = rows.split_with_sizes({served * keys, keys, keys}, 1);
    const auto split = [&](const at::Tensor &part) { return splitHeads(part, sequence, m_shape.headSize); };
    return {rotated(split(parts[0]), m_shape.rope, places), rotated(split(parts[1]), m_shape.rope, places),
            split(parts[2])};
}

at::Tensor NativeAttention::output(const at::Tensor &residual, const at::Tensor &heads, const Run &run) const
{
    return layers::addTo(residual, m_parts.output, operand(mergeHeads(heads), m_parts.output), run);
}

std::vector<at::Tensor> NativeAttention::addTo(const at::Tensor &residual, const at::Tensor &hidden, Sequence sequence,
                                               std::span<const Removed> variants, const Run &run) const
{
    at::Tensor rows = apply(m_parts.input, operand(hidden, m_parts.input), run);
    if (m_parts.convolution.defined()) {
        const at::Tensor sequences = rows.reshape({sequence.batch, sequence.time, rows.size(1)});
        rows = convolved(at::constant_pad_nd(sequences, {0, 0, m_parts.convolution.size(2) - 1, 0}),
                         m_parts.convolution, m_parts.convolutionBias);
    }
    const auto qkv = heads(rows, sequence, {});
    const at::Tensor read = attend(qkv[0], qkv[1], qkv[2], m_shape.scale, m_shape.mask, {}, run);
    return std::vector<at::Tensor>(variants.size(), output(residual, read, run));
}

at::Tensor NativeAttention::addNext(const at::Tensor &residual, const at::Tensor &hidden, const Piece &piece,
                                    LayerState &state, const Removed &, const Run &run) const
{
    at::Tensor rows = apply(m_parts.input, operand(hidden, m_parts.input), run);
    if (m_parts.convolution.defined())
        rows = convolved(behindHistory(rows, piece, m_parts.convolution.size(2) - 1, state.convolution),
                         m_parts.convolution, m_parts.convolutionBias);
    const auto qkv = heads(rows, piece.sequence, placesAfter(&state));
    return output(residual, attendNext(qkv[0], qkv[1], qkv[2], m_shape.scale, m_shape.mask, piece, state, run), run);
}

double NativeAttention::graphBytesPerToken() const
{
    const double width = static_cast<double>(m_parts.output.weight.size(1));
    return 4.0 * (10.0 * width + 2.0 * 2048.0 * width / static_cast<double>(m_shape.headSize));
}

void describeNativeAttention(const Section &section, const AttentionShape &shape, std::int64_t taps, bool outputBias)
{
    const auto &[channels, heads, keyHeads, size] =
        std::tie(shape.channels, shape.heads, shape.keyHeads, shape.headSize);
    const std::int64_t rows = (heads + 2 * keyHeads) * size;
    section.linear("in_proj", rows, channels, shape.bias);
    if (taps > 0)
        section.convolution("conv1d", rows, taps, true);
    section.linear("out_proj", channels, heads * size, outputBias);
    architectures::Axis &axis = section.axis("attention_heads", keyHeads);
    axis.single = true;
    for (const char *path : {"in_proj.weight", "in_proj.bias", "conv1d.weight", "conv1d.bias"}) {
        const std::string name = section.name(path);
        axis.slices.push_back(headSlice(name, 0, 0, heads, keyHeads, size));
        axis.slices.push_back(headSlice(name, 0, heads * size, keyHeads, keyHeads, size));
        axis.slices.push_back(headSlice(name, 0, (heads + keyHeads) * size, keyHeads, keyHeads, size));
    }
    axis.slices.push_back(headSlice(section.name("out_proj.weight"), 1, 0, heads, keyHeads, size));
}

std::unique_ptr<const Mixer> buildNativeAttention(const Weights &weights, const std::string &path,
                                                  const AttentionShape &shape)
{
    return std::make_unique<NativeAttention>(
        NativeAttention::Parts{.input = weights.linear(path + "in_proj"),
                               .convolution = weights.orNone(path + "conv1d.weight"),
                               .convolutionBias = weights.orNone(path + "conv1d.bias"),
                               .output = weights.linear(path + "out_proj")},
        shape);
}

} // namespace ecdysis::layers

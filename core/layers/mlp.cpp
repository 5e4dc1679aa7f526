// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/mlp.h"

#include <algorithm>

#include "core/layers/norm.h"
#include "core/layers/settings.h"
#include "core/torch.h"

namespace ecdysis::layers {

Activation activation(const io::Config &config, std::string_view key, const char *otherwise)
{
    const std::string name = config.string(key, otherwise);
    if (name == "silu" || name == "swish")
        return Activation::Silu;
    if (name == "gelu")
        return Activation::Gelu;
    if (name == "relu2")
        return Activation::SquaredRelu;
    refuse(config, key, "silu, gelu or relu2");
}

at::Tensor activated(const at::Tensor &x, Activation function)
{
    switch (function) {
    case Activation::Silu:
        return at::silu(x);
    case Activation::Gelu:
        return at::gelu(x);
    case Activation::SquaredRelu:
        return at::relu(x).square();
    }
    return x;
}

at::Tensor innerOf(const Mlp &mlp, const at::Tensor &hidden, const Run &run)
{
    const at::Tensor input = operand(hidden, mlp.up);
    const at::Tensor up = apply(mlp.up, input, run);
    if (!mlp.gate.weight.defined())
        return activated(up, mlp.function);
    const at::Tensor gate = apply(mlp.gate, input, run);
    return mlp.function == Activation::Silu ? gated(up, gate) : activated(gate, mlp.function) * up;
}

std::vector<at::Tensor> MlpMixer::addTo(const at::Tensor &residual, const at::Tensor &hidden, Sequence,
                                        std::span<const Removed> variants, const Run &run) const
{
    const at::Tensor inner = innerOf(m_mlp, hidden, run);
    return std::vector<at::Tensor>(variants.size(),
                                   layers::addTo(residual, m_mlp.down, operand(inner, m_mlp.down), run));
}

at::Tensor MlpMixer::addNext(const at::Tensor &residual, const at::Tensor &hidden, const Piece &, LayerState &,
                             const Removed &, const Run &run) const
{
    return layers::addTo(residual, m_mlp.down, operand(innerOf(m_mlp, hidden, run), m_mlp.down), run);
}

double MlpMixer::graphBytesPerToken() const
{
    return 4.0 * 5.0 * static_cast<double>(m_mlp.down.weight.size(1));
}

std::vector<architectures::Slice> channelSlices(const Section &section, const MlpShape &shape)
{
    const MlpNames &names = shape.names;
    std::vector<architectures::Slice> slices;
    for (const char *suffix : {".weight", ".bias"}) {
        slices.push_back({.tensor = section.name(names.up + suffix)});
        if (!names.gate.empty())
            slices.push_back(
                {.tensor = section.name(names.gate + suffix), .start = names.gate == names.up ? shape.inner : 0});
    }
    return slices;
}

void describeMlp(const Section &section, const MlpShape &shape)
{
    const MlpNames &names = shape.names;
    if (names.gate == names.up) {
        section.linear(names.up, 2 * shape.inner, shape.channels, shape.bias);
    } else {
        if (!names.gate.empty())
            section.linear(names.gate, shape.inner, shape.channels, shape.bias);
        section.linear(names.up, shape.inner, shape.channels, shape.bias);
    }
    section.linear(names.down, shape.channels, shape.inner, shape.bias);
    architectures::Axis &axis = section.axis("mlp_channels", shape.inner);
    axis.slices = channelSlices(section, shape);
    axis.slices.push_back({.tensor = section.name(names.down + ".weight"), .dimension = 1});
}

Mlp buildMlp(const Weights &weights, const std::string &path, const MlpShape &shape)
{
    const MlpNames &names = shape.names;
    Mlp mlp{.gate = {},
            .up = weights.linear(path + names.up),
            .down = weights.linear(path + names.down),
            .function = shape.function};
    if (names.gate == names.up) {
        const std::int64_t inner = mlp.up.weight.size(0) / 2;
        const Linear first = outputs(mlp.up, 0, inner);
        const Linear second = outputs(mlp.up, inner, inner);
        mlp.gate = names.upFirst ? second : first;
        mlp.up = names.upFirst ? first : second;
    } else if (!names.gate.empty()) {
        mlp.gate = weights.linear(path + names.gate);
    }
    mlp.gate.scale = shape.gateScale;
    mlp.down.scale = shape.outputScale;
    return mlp;
}

std::unique_ptr<const Mixer> buildMlpMixer(const Weights &weights, const std::string &path, const MlpShape &shape)
{
    return std::make_unique<MlpMixer>(buildMlp(weights, path, shape));
}

} // namespace ecdysis::layers

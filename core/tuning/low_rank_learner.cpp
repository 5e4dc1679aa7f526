// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/exception.h"
#include "core/random.h"
#include "core/torch.h"
#include "core/tuning/learner.h"

namespace ecdysis::tuning {

using architectures::Parameter;
using architectures::Precision;
using architectures::Weights;

namespace {

/// What is drawn for one projection at one time of a run.
at::Generator generator(std::uint64_t seed, std::size_t projection, std::int64_t draw)
{
    return generatorOf({seed, projection, static_cast<std::uint64_t>(draw)});
}

constexpr std::int64_t start = -1; ///< the draw of what A is at the start

/// W + scale · B (A ∘ dropout) of one projection, 0 where the plan's mask is; A and B are two neighbours of
/// Learner::m_parameters.
struct Projection
{
    std::string name;
    at::Tensor weight;  ///< (out, in)
    std::size_t a = 0;  ///< place of A (rank, in); that of B (out, rank) is the next one
    at::Tensor mask;    ///< (out, in), see Student::masks; undefined: none
    at::Tensor dropout; ///< of the inputs in the present batch; undefined: all of them
    at::Tensor leaf;    ///< of the present batch
};

class LowRankLearner : public Learner
{
public:
    LowRankLearner(const Student &student, const std::vector<std::string> &projections, const LowRank &settings,
                   std::uint64_t seed)
        : m_weights(student.weights), m_settings(settings), m_seed(seed), m_scale(settings.alpha / settings.rank)
    {
        for (const std::string &name : projections) {
            const at::Tensor &weight = student.weights.at(name);
            const std::string path = name.substr(0, name.rfind('.'));
            const auto mask = student.masks.find(name);
            m_projections.push_back({.name = name,
                                     .weight = weight,
                                     .a = m_parameters.size(),
                                     .mask = mask == student.masks.end() ? at::Tensor() : mask->second,
                                     .dropout = {},
                                     .leaf = {}});
            // As LoRA's authors start: A as a projection is, B at 0, so that nothing changes at first.
            const double bound = 1 / std::sqrt(static_cast<double>(weight.size(1)));
            const at::Tensor a = at::empty({settings.rank, weight.size(1)}, at::kFloat);
            a.uniform_(-bound, bound, generator(seed, m_projections.size(), start));
            m_parameters.push_back({path + ".lora_A.weight", a.to(weight.device()), {}, true});
            m_parameters.push_back(
                {path + ".lora_B.weight", at::zeros({weight.size(0), settings.rank}, weight.options()), {}, true});
        }
    }

    Weights leaves(std::int64_t draw) override
    {
        const at::NoGradGuard noGradients;
        Weights weights = m_weights;
        for (std::size_t i = 0; i < m_projections.size(); ++i) {
            Projection &projection = m_projections[i];
            if (m_settings.dropout > 0)
                projection.dropout = drawDropout(projection, generator(m_seed, i + 1, draw));
            projection.leaf = with(projection, droppedA(projection)).requires_grad_(true);
            weights[projection.name] = projection.leaf;
        }
        return weights;
    }

    void collect() override
    {
        const at::NoGradGuard noGradients;
        for (Projection &projection : m_projections) {
            at::Tensor gradient = projection.leaf.grad();
            projection.leaf.reset();
            if (!gradient.defined())
                continue;
            if (projection.mask.defined())
                gradient = gradient * projection.mask;
            const at::Tensor dA = at::mm(b(projection).value.t(), gradient).mul_(m_scale);
            add(b(projection), at::mm(gradient, droppedA(projection).t()).mul_(m_scale));
            add(m_parameters[projection.a], projection.dropout.defined() ? dA.mul_(projection.dropout) : dA);
        }
    }

    Weights merged() const override
    {
        const at::NoGradGuard noGradients;
        Weights weights = m_weights;
        for (const Projection &projection : m_projections)
            weights[projection.name] = with(projection, m_parameters[projection.a].value);
        return weights;
    }

private:
    Trained &b(const Projection &projection) { return m_parameters[projection.a + 1]; }

    at::Tensor droppedA(const Projection &projection) const
    {
        const at::Tensor &a = m_parameters[projection.a].value;
        return projection.dropout.defined() ? a * projection.dropout : a;
    }

    at::Tensor with(const Projection &projection, const at::Tensor &a) const
    {
        const at::Tensor sum = at::addmm(projection.weight, m_parameters[projection.a + 1].value, a, 1, m_scale);
        return projection.mask.defined() ? sum * projection.mask : sum;
    }

    /// 0 for the inputs that are left out, and what keeps the expected sum for the others.
    at::Tensor drawDropout(const Projection &projection, const at::Generator &random) const
    {
        const double kept = 1 - m_settings.dropout;
        return at::empty({projection.weight.size(1)}, at::kFloat)
            .bernoulli_(kept, random)
            .div_(kept)
            .to(projection.weight.device());
    }

    Weights m_weights;
    LowRank m_settings;
    std::uint64_t m_seed;
    double m_scale;
    std::vector<Projection> m_projections;
};

bool isNamed(const std::string &path, const std::string &module)
{
    return path == module || path.ends_with("." + module);
}

/// The last part of a path with a name in it: "in_proj" of "layers.3.mixer.in_proj", "in_proj.0" of "mamba.in_proj.0".
std::string moduleOf(const std::string &path)
{
    const auto letter = path.find_last_not_of("0123456789.");
    const auto dot = path.rfind('.', letter);
    return dot == path.npos ? path : path.substr(dot + 1);
}

} // namespace

std::unique_ptr<Learner> learnLowRank(const architectures::Blueprint &blueprint, const Student &student,
                                      const LowRank &settings, std::uint64_t seed)
{
    std::vector<std::string> projections;
    std::set<std::string> known, unused(settings.modules.begin(), settings.modules.end());
    for (const Parameter &parameter : blueprint.parameters) {
        if (!parameter.prunable || parameter.precision != Precision::Compute || parameter.shape.size() != 2 ||
            !student.weights.contains(parameter.name) || student.zeroed.contains(parameter.name))
            continue;
        const std::string path = parameter.name.substr(0, parameter.name.rfind('.'));
        known.insert(moduleOf(path));
        bool wanted = settings.modules.empty();
        for (const std::string &module : settings.modules)
            if (isNamed(path, module)) {
                wanted = true;
                unused.erase(module);
            }
        if (wanted)
            projections.push_back(parameter.name);
    }
    if (!unused.empty() || projections.empty())
        throw Exception(ErrorCode::InvalidArgument,
                        fmt::format("expected modules for LoRA among {}, found {}", fmt::join(known, ", "),
                                    unused.empty() ? "no projection left" : *unused.begin()));
    return std::make_unique<LowRankLearner>(student, projections, settings, seed);
}

} // namespace ecdysis::tuning

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/tuning/learner.h"

#include "core/torch.h"

namespace ecdysis::tuning {

using architectures::Parameter;
using architectures::Precision;
using architectures::Weights;

namespace {

/// Matrices that multiply, convolve or embed; not norms, biases or what a state space is made of.
bool decays(const Parameter &parameter)
{
    return parameter.precision != Precision::Ssm && parameter.shape.size() > 1;
}

class FullLearner : public Learner
{
public:
    FullLearner(const architectures::Blueprint &blueprint, const Student &student)
        : m_fixed(student.weights), m_masks(student.masks)
    {
        for (const Parameter &parameter : blueprint.parameters)
            if (student.weights.contains(parameter.name) && !student.zeroed.contains(parameter.name)) {
                m_parameters.push_back({parameter.name, student.weights.at(parameter.name), {}, decays(parameter)});
                m_fixed.erase(parameter.name);
            }
    }

    Weights leaves(std::int64_t) override
    {
        m_leaves = m_fixed;
        for (const Trained &parameter : m_parameters)
            m_leaves[parameter.name] = parameter.value.detach().requires_grad_(true);
        return m_leaves;
    }

    void collect() override
    {
        for (Trained &parameter : m_parameters)
            add(parameter, masked(parameter.name, m_leaves.at(parameter.name).grad()));
        m_leaves = {};
    }

    Weights merged() const override
    {
        Weights weights = m_fixed;
        for (const Trained &parameter : m_parameters)
            weights[parameter.name] = parameter.value.detach();
        return weights;
    }

private:
    /// A gradient of 0 keeps a weight at 0: it has no moments, and 0 decays to 0.
    at::Tensor masked(const std::string &name, const at::Tensor &gradient) const
    {
        const auto mask = m_masks.find(name);
        return gradient.defined() && mask != m_masks.end() ? gradient * mask->second : gradient;
    }

    Weights m_fixed; ///< what is not learned
    std::map<std::string, at::Tensor> m_masks;
    Weights m_leaves;
};

} // namespace

void Learner::add(Trained &parameter, const at::Tensor &gradient)
{
    const at::NoGradGuard noGradients;
    if (!gradient.defined())
        return;
    parameter.gradient = parameter.gradient.defined() ? parameter.gradient.add_(gradient) : gradient;
}

std::unique_ptr<Learner> learnAll(const architectures::Blueprint &blueprint, const Student &student)
{
    return std::make_unique<FullLearner>(blueprint, student);
}

} // namespace ecdysis::tuning

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/architectures/blueprint.h"
#include "core/architectures/network.h"
#include "core/tuning/student.h"
#include "core/values/tuning.h"

namespace ecdysis::tuning {

/// Numbers that a run learns.
struct Trained
{
    std::string name;
    at::Tensor value;    ///< float32, changed in place
    at::Tensor gradient; ///< collected so far in this step; undefined: none
    bool decays = true;  ///< whether AdamW's decay applies
};

/// What is learned, and the weights that follow from it.
class Learner
{
public:
    virtual ~Learner() = default;

    std::vector<Trained> &parameters() { return m_parameters; }
    const std::vector<Trained> &parameters() const { return m_parameters; }

    /// Leaves to build a network from, whose gradients collect() then takes. `draw` numbers the batches of a run: what
    /// is random follows from it and the seed alone.
    virtual architectures::Weights leaves(std::int64_t draw) = 0;

    /// Adds what the leaves have collected to the gradients of the parameters, and forgets the leaves.
    virtual void collect() = 0;

    /// The weights as learned, without gradients.
    virtual architectures::Weights merged() const = 0;

protected:
    static void add(Trained &parameter, const at::Tensor &gradient);

    std::vector<Trained> m_parameters;
};

/// All weights of a student but those that have to stay 0.
std::unique_ptr<Learner> learnAll(const architectures::Blueprint &blueprint, const Student &student);

/// Low-rank additions to the projections that `settings` names. What is left out of the inputs of A is the same for all
/// tokens of a batch, hence a matter of the weights: every kind of layer is tuned through the same lines. Throws
/// Exception{InvalidArgument} for a module that no projection is, naming those there are.
std::unique_ptr<Learner> learnLowRank(const architectures::Blueprint &blueprint, const Student &student,
                                      const LowRank &settings, std::uint64_t seed);

} // namespace ecdysis::tuning

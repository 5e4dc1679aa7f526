// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include <string>

#include <ATen/CPUGeneratorImpl.h>

#include "core/io/sha256.h"
#include "core/scores/score.h"
#include "core/torch.h"

namespace ecdysis::scores {

namespace {

/// A seed for each parameter, so that its numbers do not depend on which others are scored.
std::uint64_t seedOf(std::uint64_t seed, const std::string &parameter)
{
    io::Sha256 hash;
    hash.update(seed);
    hash.update(parameter);
    return std::stoull(hash.finish().substr(0, 16), nullptr, 16);
}

ElementScores elements(const Subject &subject, const Settings &, std::span<const std::string>, const Run &)
{
    return [&model = subject.model](const std::string &parameter) {
        const auto generator = at::detail::createCPUGenerator(seedOf(model.options.seed, parameter));
        return at::rand(model.weights.at(parameter).sizes(), generator, at::TensorOptions(at::kFloat));
    };
}

} // namespace

/// Uniform noise of the run's seed: what any other score has to beat.
extern const Score random;
const Score random{
    .id = "random", .meaning = "uniform noise of the seed: what others have to beat", .elements = elements};

} // namespace ecdysis::scores

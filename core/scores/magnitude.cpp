// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/scores/score.h"
#include "core/torch.h"

namespace ecdysis::scores {

namespace {

ElementScores elements(const Subject &subject, const Settings &, std::span<const std::string>, const Run &)
{
    return [&weights = subject.model.weights](const std::string &parameter) {
        return weights.at(parameter).to(at::kCPU, at::kFloat).abs().contiguous();
    };
}

} // namespace

/// |w|.
extern const Score magnitude;
const Score magnitude{.id = "magnitude", .meaning = "|w|", .elements = elements};

} // namespace ecdysis::scores

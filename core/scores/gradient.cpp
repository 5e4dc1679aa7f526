// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "core/evaluation/gradients.h"
#include "core/scores/score.h"
#include "core/torch.h"

namespace ecdysis::scores {

namespace {

/// How the gradients of several windows become one magnitude.
struct Statistic
{
    const char *name;
    at::Tensor (*term)(const at::Tensor &gradient);  ///< what a window adds
    at::Tensor (*magnitude)(const at::Tensor &mean); ///< of the mean of the terms
};

constexpr Statistic statistics[] = {
    {"mean", [](const at::Tensor &gradient) { return gradient; }, [](const at::Tensor &mean) { return mean.abs(); }},
    {"absmean", [](const at::Tensor &gradient) { return gradient.abs(); }, [](const at::Tensor &mean) { return mean; }},
    {"rms", [](const at::Tensor &gradient) { return gradient.square(); },
     [](const at::Tensor &mean) { return mean.sqrt(); }}};

constexpr const char *statisticNames[] = {"mean", "absmean", "rms"};

const Statistic &statistic(const std::string &name)
{
    return *std::ranges::find_if(statistics, [&](const Statistic &one) { return name == one.name; });
}

ElementScores elements(const Subject &subject, const Settings &settings, std::span<const std::string> parameters,
                       const Run &run)
{
    const Statistic &kind = statistic(settings.at("gradient"));
    const auto windows = static_cast<double>(subject.windows->ids.size(0));
    architectures::Weights means;
    evaluation::eachGradient(
        subject.model, subject.windows->ids, parameters,
        [&](const std::string &parameter, const at::Tensor &gradient) {
            at::Tensor &mean = means[parameter];
            if (!mean.defined())
                mean = at::zeros(gradient.sizes(), at::kFloat);
            mean.add_(kind.term(gradient).to(at::kCPU), 1 / windows);
        },
        run);
    return [means = std::move(means), &kind, alpha = number(settings, "alpha"),
            &weights = subject.model.weights](const std::string &parameter) {
        const at::Tensor weight = weights.at(parameter).to(at::kCPU, at::kFloat).abs();
        return weight.mul_(kind.magnitude(means.at(parameter)).pow(alpha)).contiguous();
    };
}

constexpr Option options[] = {
    {"alpha", "power of the gradient", "1"},
    {"gradient", "of the windows' gradients: |mean|, mean of |g|, root of the mean square", "rms", statisticNames}};

} // namespace

/// |w| · g^alpha (Shihab, Akter & Sharma, arXiv 2505.08299). Alpha 1 with the mean is SNIP's saliency and the
/// first-order Taylor term; with the root mean square it ranks as the diagonal empirical Fisher does.
extern const Score gradient;
const Score gradient{.id = "gradient",
                     .meaning = "|w| · g^alpha, g a statistic of the gradients of the text's windows",
                     .options = options,
                     .needsText = true,
                     .elements = elements};

} // namespace ecdysis::scores

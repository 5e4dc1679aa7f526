// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/tuning/adamw.h"

#include <cmath>
#include <numbers>

#include "core/torch.h"

namespace ecdysis::tuning {

double learningRate(const LearningRate &rate, int step, int steps)
{
    if (step <= rate.warmup)
        return rate.peak * step / rate.warmup;
    if (rate.decay == Decay::Constant)
        return rate.peak;
    const double way = static_cast<double>(step - rate.warmup) / (steps - rate.warmup);
    const double left = rate.decay == Decay::Linear ? 1 - way : (1 + std::cos(std::numbers::pi * way)) / 2;
    return rate.peak * (rate.last + (1 - rate.last) * left);
}

Moments noMoments(const at::Tensor &value)
{
    return {at::zeros_like(value), at::zeros_like(value)};
}

void adamW(const at::Tensor &value, const at::Tensor &gradient, const Moments &moments, const AdamWSettings &settings,
           double learningRate, int step)
{
    const at::NoGradGuard noGradients;
    const double correction1 = 1 - std::pow(settings.beta1, step);
    const double correction2 = 1 - std::pow(settings.beta2, step);
    if (settings.weightDecay > 0)
        value.mul_(1 - learningRate * settings.weightDecay);
    moments.first.mul_(settings.beta1).add_(gradient, 1 - settings.beta1);
    moments.second.mul_(settings.beta2).addcmul_(gradient, gradient, 1 - settings.beta2);
    const at::Tensor scale = moments.second.sqrt().div_(std::sqrt(correction2)).add_(settings.epsilon);
    value.addcdiv_(moments.first, scale, -learningRate / correction1);
}

} // namespace ecdysis::tuning

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <ATen/core/Tensor.h>

#include "core/values/tuning.h"

namespace ecdysis::tuning {

/// The learning rate of a step, the first being 1.
double learningRate(const LearningRate &rate, int step, int steps);

/// Running means of gradients and of their squares.
struct Moments
{
    at::Tensor first;
    at::Tensor second;
};

/// Moments at the start of a run.
Moments noMoments(const at::Tensor &value);

/// One step of AdamW (Loshchilov & Hutter, arXiv 1711.05101, algorithm 2 as LibTorch has it: decay times learning rate)
/// on `value` in place; `step` counts from 1. An own one since that of LibTorch keeps its moments by the address of the
/// parameter, in a way that differs from release to release, and they have to be written to a file and read back.
void adamW(const at::Tensor &value, const at::Tensor &gradient, const Moments &moments, const AdamWSettings &settings,
           double learningRate, int step);

} // namespace ecdysis::tuning

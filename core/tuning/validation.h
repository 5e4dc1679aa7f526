// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>

#include "core/data/examples.h"
#include "core/data/windows.h"
#include "core/model.h"
#include "core/values/cell.h"

namespace ecdysis::tuning {

/// Mean negative log-likelihood of the labels, nats; its error is that of a ratio of means over examples.
/// `removed` one set a layer. Throws Exception{Cancelled}.
Estimate validate(const architectures::Network &network, std::span<const architectures::Removed> removed,
                  const data::Examples &examples, const Run &run);

/// Mean loss of windows as evaluation::evaluate() measures it, of a network. Throws Exception{Cancelled}.
Estimate evaluate(const architectures::Network &network, std::span<const architectures::Removed> removed,
                  const data::Windows &windows, const Run &run);

} // namespace ecdysis::tuning

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/architectures/architecture.h"
#include "core/io/checkpoint.h"

namespace ecdysis {

/// Fills in what a blueprint and the stored headers tell: components, units with their parameters and bytes, totals.
/// `storedNames` as takeCensus() gives them; tensors of the card bear their stored names.
ModelCard makeCard(const architectures::Architecture &architecture, const architectures::Blueprint &blueprint,
                   const std::map<std::string, std::string> &storedNames, const io::Checkpoint &checkpoint);

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

namespace ecdysis::kernels {

/// Instruction sets that this machine has and the kernels are compiled for, best first, by their names in Highway.
std::vector<std::string> instructionSets();

/// The one that kernels run with from now on: part of what makes a result's bits.
std::string instructionSet();

/// Makes kernels of all threads run with one of instructionSets(); false and no effect for another name. Not to be
/// called while a kernel runs.
bool useInstructionSet(const std::string &name);

} // namespace ecdysis::kernels

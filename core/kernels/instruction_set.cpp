// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/kernels/instruction_set.h"

#include "core/kernels/targets.h"

#include <hwy/highway.h>

namespace ecdysis::kernels {

namespace {

/// Sets of the machine itself, whatever useInstructionSet() chose before.
std::vector<std::int64_t> machineTargets()
{
    static const std::vector<std::int64_t> targets = hwy::SupportedAndGeneratedTargets();
    return targets;
}

} // namespace

std::vector<std::string> instructionSets()
{
    std::vector<std::string> names;
    for (const std::int64_t target : machineTargets())
        names.emplace_back(hwy::TargetName(target));
    return names;
}

std::string instructionSet()
{
    machineTargets();
    return hwy::TargetName(hwy::SupportedAndGeneratedTargets().front());
}

bool useInstructionSet(const std::string &name)
{
    for (const std::int64_t target : machineTargets()) {
        if (name != hwy::TargetName(target))
            continue;
        hwy::SetSupportedTargetsForTest(target);
        hwy::GetChosenTarget().Update(hwy::SupportedTargets());
        return true;
    }
    return false;
}

} // namespace ecdysis::kernels

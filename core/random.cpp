// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/random.h"

#include <random>
#include <vector>

#include <ATen/CPUGeneratorImpl.h>

#include "core/torch.h"

namespace ecdysis {

at::Generator generatorOf(std::initializer_list<std::uint64_t> numbers)
{
    std::vector<std::uint32_t> halves; // all that a seed sequence takes of each number
    for (const std::uint64_t number : numbers) {
        halves.push_back(static_cast<std::uint32_t>(number));
        halves.push_back(static_cast<std::uint32_t>(number >> 32));
    }
    std::seed_seq sequence(halves.begin(), halves.end());
    std::uint32_t words[2];
    sequence.generate(words, words + 2);
    return at::detail::createCPUGenerator(std::uint64_t{words[0]} << 32 | words[1]);
}

} // namespace ecdysis

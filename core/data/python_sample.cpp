// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/data/python_sample.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <random>
#include <unordered_set>

#include <fmt/format.h>

#include "core/exception.h"

namespace ecdysis::data {

namespace {

/// The state that Python gives its Mersenne Twister: Matsumoto and Nishimura's init_by_array (2002) of the seed's
/// words.
class PythonSeed
{
public:
    using result_type = std::uint32_t;

    explicit PythonSeed(std::uint64_t seed) : m_key{static_cast<std::uint32_t>(seed)}
    {
        if (const auto high = static_cast<std::uint32_t>(seed >> 32))
            m_key.push_back(high);
    }

    /// Fills the words of a state: what the standard's engines ask of a sequence of seeds.
    template <typename Iterator> void generate(Iterator begin, Iterator end) const
    {
        const auto size = static_cast<std::size_t>(end - begin);
        std::vector<std::uint32_t> state(size);
        state[0] = 19650218;
        for (std::size_t i = 1; i < size; ++i)
            state[i] = 1812433253U * mixed(state[i - 1]) + static_cast<std::uint32_t>(i);
        std::size_t place = 1;
        // The word after the last is the second one; the last is the one before the first.
        const auto advance = [&] {
            if (++place == size) {
                state[0] = state[size - 1];
                place = 1;
            }
        };
        for (std::size_t k = 0; k < std::max(size, m_key.size()); ++k) {
            const std::size_t word = k % m_key.size();
            state[place] =
                (state[place] ^ (mixed(state[place - 1]) * 1664525U)) + m_key[word] + static_cast<std::uint32_t>(word);
            advance();
        }
        for (std::size_t k = 1; k < size; ++k) {
            state[place] = (state[place] ^ (mixed(state[place - 1]) * 1566083941U)) - static_cast<std::uint32_t>(place);
            advance();
        }
        state[0] = 0x80000000U;
        std::ranges::copy(state, begin);
    }

private:
    static std::uint32_t mixed(std::uint32_t word) { return word ^ (word >> 30); }

    std::vector<std::uint32_t> m_key;
};

/// A number below `bound`, which has at most 32 bits: as many bits of one draw after another until it is.
std::size_t below(std::size_t bound, std::mt19937 &random)
{
    std::size_t value = bound;
    while (value >= bound)
        value = random() >> (32 - std::bit_width(bound));
    return value;
}

/// Below this population Python keeps a list of what is left, above a set of what is gone.
std::size_t smallPopulation(std::size_t count)
{
    std::size_t set = 1; // the least power of 4 that is at least 3 · count
    while (set < 3 * count)
        set *= 4;
    return 21 + (count > 5 ? set : 0);
}

} // namespace

std::vector<std::size_t> pythonSample(std::size_t population, std::size_t count, std::uint64_t seed)
{
    if (count > population || population >> 32 != 0)
        throw Exception(ErrorCode::InvalidArgument,
                        fmt::format("expected at least {} rows to draw from, found {}", count, population));
    PythonSeed seeds(seed);
    std::mt19937 random(seeds);
    std::vector<std::size_t> drawn;
    if (population <= smallPopulation(count)) {
        std::vector<std::size_t> left(population);
        std::iota(left.begin(), left.end(), 0);
        while (drawn.size() < count) {
            const std::size_t place = below(left.size(), random);
            drawn.push_back(left[place]);
            left[place] = left.back();
            left.pop_back();
        }
        return drawn;
    }
    std::unordered_set<std::size_t> gone;
    while (drawn.size() < count)
        if (const std::size_t number = below(population, random); gone.insert(number).second)
            drawn.push_back(number);
    return drawn;
}

} // namespace ecdysis::data

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

// Time of a zero-shot task whose choices go on from the states behind what they have in common, against the same task
// computed choice by choice, in turn; and of a prefill that ends in states against one that does not.
//   bench_tasks MODEL TASK [ITEMS] [THREADS] [REPEATS]   100 items, 2 threads, 3 times

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/evaluation/choice_accuracy.h"
#include "core/evaluation/perplexity.h"
#include "core/exception.h"

using namespace ecdysis;
using evaluation::Passages;
using Predictions = std::vector<std::vector<evaluation::Prediction>>;

namespace {

double secondsOf(const std::function<void()> &work)
{
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Times of two ways to do the same, in turn, the first run of each not counted.
class Pair
{
public:
    Pair(int repeats, const std::function<void()> &one, const std::function<void()> &other)
    {
        one();
        other();
        for (int i = 0; i < repeats; ++i) {
            m_one.push_back(secondsOf(one));
            m_other.push_back(secondsOf(other));
            m_ratios.push_back(m_one.back() / m_other.back());
        }
    }

    double one() const { return median(m_one); }
    double other() const { return median(m_other); }
    std::string ratio() const
    {
        const auto [least, most] = std::ranges::minmax(m_ratios);
        return fmt::format("{:.2f} ({:.2f} to {:.2f})", median(m_ratios), least, most);
    }

private:
    static double median(std::vector<double> values)
    {
        std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
        return values[values.size() / 2];
    }

    std::vector<double> m_one, m_other, m_ratios;
};

double largestDifference(const Predictions &one, const Predictions &other)
{
    double largest = 0;
    for (std::size_t i = 0; i < one.size(); ++i)
        for (std::size_t j = 0; j < one[i].size(); ++j)
            largest = std::max(largest, std::abs(one[i][j].negativeLogLikelihood - other[i][j].negativeLogLikelihood));
    return largest;
}

void compareTask(const pruning::AppliedPlan &model, const std::string &folder, const std::string &file, int items,
                 int repeats)
{
    const io::Tokenizer tokenizer = valueOrThrow(io::Tokenizer::open(folder));
    const data::ChoiceTask task = data::readChoiceTask(file, items, {});
    const Passages together = evaluation::tokenized(task, tokenizer, 0, file, {}).passages;
    const Passages apart{together.all, {}};
    Predictions ofApart, ofTogether;
    const auto read = [&](const Passages &passages, Predictions &into) {
        return [&] { into = evaluation::predict(model, passages, TaskRequest{}.batchTokens, "", file, {}); };
    };
    const Pair times(repeats, read(apart, ofApart), read(together, ofTogether));
    fmt::print("{}, {} items, {} of them shared: {} tokens in {:.2f} s apart, {} in {:.2f} s together, {} times as "
               "fast; predictions differ by {:.1e} nats at most\n",
               task.name, task.items.size(), together.stems.size(), apart.tokens(), times.one(), together.tokens(),
               times.other(), times.ratio(), largestDifference(ofApart, ofTogether));
}

void comparePrefill(const pruning::AppliedPlan &model, std::int64_t batch, std::int64_t time, int repeats)
{
    const architectures::Network &network = *model.network;
    const at::Tensor ids =
        at::arange(batch * time, at::kLong).mul(7919).remainder(network.head().weight.size(0)).view({batch, time});
    const Pair times(
        repeats, [&] { evaluation::forward(network, ids, model.removed, {}); },
        [&] {
            auto states = network.begin(batch, model.removed, {});
            evaluation::resume(network, ids, {}, states, model.removed, {});
        });
    fmt::print("prefill of {} × {}: {:.1f} ms, with states {:.1f} ms, {} of the speed\n", batch, time,
               times.one() * 1000, times.other() * 1000, times.ratio());
}

} // namespace

int main(int count, char **arguments)
{
    if (count < 3) {
        fmt::print(stderr, "bench_tasks MODEL TASK [ITEMS] [THREADS] [REPEATS]\n");
        return 2;
    }
    const auto number = [&](int place, int otherwise) {
        return count > place ? std::atoi(arguments[place]) : otherwise;
    };
    const int repeats = number(5, 3);
    const auto model = loadModel(arguments[1], {.threads = number(4, 2)}, {});
    useThreads(model->options);
    const pruning::AppliedPlan applied = pruning::apply(*model, {});
    compareTask(applied, arguments[1], arguments[2], number(3, 100), repeats);
    for (const auto &[batch, time] : {std::pair{1, 512}, std::pair{8, 64}})
        comparePrefill(applied, batch, time, repeats);
    return 0;
}

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/data/examples.h"

#include <algorithm>
#include <span>

#include "core/io/sha256.h"
#include "core/random.h"
#include "core/torch.h"

namespace ecdysis::data {

namespace {

at::Tensor orderOfPass(std::int64_t total, std::uint64_t seed, std::int64_t pass)
{
    return at::randperm(total, generatorOf({seed, static_cast<std::uint64_t>(pass)}), at::TensorOptions(at::kLong));
}

template <typename T> std::span<const std::byte> bytesOf(const at::Tensor &tensor)
{
    return std::as_bytes(std::span(tensor.data_ptr<T>(), static_cast<std::size_t>(tensor.numel())));
}

} // namespace

Examples padded(const std::vector<LabelledTokens> &sequences)
{
    std::size_t longest = 0;
    for (const LabelledTokens &sequence : sequences)
        longest = std::max(longest, sequence.size());
    const std::vector<std::int64_t> shape{static_cast<std::int64_t>(sequences.size()),
                                          static_cast<std::int64_t>(longest)};
    Examples examples{at::zeros(shape, at::kLong), at::zeros(shape, at::kBool)};
    auto *ids = examples.ids.data_ptr<std::int64_t>();
    auto *labels = examples.labels.data_ptr<bool>();
    for (const LabelledTokens &sequence : sequences) {
        for (std::size_t i = 0; i < sequence.size(); ++i) {
            ids[i] = sequence[i].first;
            labels[i] = i > 0 && sequence[i].second;
        }
        ids += longest;
        labels += longest;
    }
    return examples;
}

Examples chosen(const Examples &examples, const std::vector<std::int64_t> &indices)
{
    const at::Tensor rows = at::tensor(indices, at::kLong);
    Examples result{examples.ids.index_select(0, rows), examples.labels.index_select(0, rows)};
    // Nothing after the last label has an effect, since every layer is causal.
    const at::Tensor learned = result.labels.any(0).nonzero();
    const std::int64_t length = learned.numel() == 0 ? 2 : learned.max().item<std::int64_t>() + 1;
    return {result.ids.narrow(1, 0, length).contiguous(), result.labels.narrow(1, 0, length).contiguous()};
}

Examples spread(const Examples &examples, std::int64_t limit)
{
    if (limit <= 0 || limit >= examples.count())
        return examples;
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < limit; ++i)
        indices.push_back(i * examples.count() / limit);
    const at::Tensor rows = at::tensor(indices, at::kLong);
    return {examples.ids.index_select(0, rows), examples.labels.index_select(0, rows)};
}

std::vector<std::int64_t> drawn(std::int64_t total, std::int64_t first, std::int64_t count, std::uint64_t seed)
{
    std::vector<std::int64_t> indices;
    std::int64_t pass = -1;
    at::Tensor order;
    for (std::int64_t place = first; place < first + count; ++place) {
        if (place / total != pass) {
            pass = place / total;
            order = orderOfPass(total, seed, pass);
        }
        indices.push_back(order.data_ptr<std::int64_t>()[place % total]);
    }
    return indices;
}

std::string fingerprint(const TrainingData &data)
{
    io::Sha256 hash;
    for (const Examples *examples : {&data.training, &data.validation}) {
        hash.update(static_cast<std::uint64_t>(examples->ids.size(0)));
        hash.update(static_cast<std::uint64_t>(examples->ids.size(1)));
        hash.update(bytesOf<std::int64_t>(examples->ids));
        hash.update(bytesOf<bool>(examples->labels));
    }
    for (const Windows &windows : data.watched)
        hash.update(bytesOf<std::int64_t>(windows.ids));
    return hash.finish();
}

} // namespace ecdysis::data

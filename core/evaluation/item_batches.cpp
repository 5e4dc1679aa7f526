// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/evaluation/item_batches.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "core/exception.h"
#include "core/io/sha256.h"

namespace ecdysis::evaluation {

namespace {

std::string fingerprint(const TaskSet &set)
{
    io::Sha256 hash;
    const auto count = [&hash](std::size_t value) { hash.update(static_cast<std::uint64_t>(value)); };
    for (std::size_t task = 0; task < set.tasks.size(); ++task) {
        count(set.tokens[task].passages.all.size());
        for (const Passage &passage : set.tokens[task].passages.all) {
            count(passage.ids.size());
            for (const std::int64_t id : passage.ids)
                hash.update(static_cast<std::uint64_t>(id));
            for (const Target &target : passage.targets)
                hash.update(static_cast<std::uint64_t>(target.token));
        }
        count(set.tasks[task].items.size());
        for (std::size_t item = 0; item < set.tasks[task].items.size(); ++item) {
            count(set.tasks[task].items[item].gold);
            for (const Reading &reading : set.tokens[task].items[item])
                for (const std::size_t value : {reading.passage, reading.first, reading.count})
                    count(value);
        }
    }
    return hash.finish();
}

/// The passages that an item's choices are read from, ascending.
std::vector<std::size_t> passagesOf(const std::vector<Reading> &readings)
{
    std::vector<std::size_t> passages;
    for (const Reading &reading : readings)
        passages.push_back(reading.passage);
    std::ranges::sort(passages);
    passages.erase(std::ranges::unique(passages).begin(), passages.end());
    return passages;
}

std::int64_t longestOf(const TokenizedTask &task, std::size_t item)
{
    std::int64_t longest = 0;
    for (const Reading &reading : task.items[item])
        longest = std::max(longest, filled(task.passages.all[reading.passage].length()));
    return longest;
}

ItemBatch batchOf(const TokenizedTask &task, const std::vector<std::size_t> &items)
{
    std::vector<std::size_t> passages;
    std::map<std::size_t, std::size_t> firstTarget;
    std::size_t targets = 0;
    ItemBatch batch{.passages = {}, .items = items, .readings = {}};
    for (const std::size_t item : items) {
        for (const std::size_t passage : passagesOf(task.items[item])) {
            passages.push_back(passage);
            firstTarget[passage] = targets;
            targets += task.passages.all[passage].targets.size();
        }
        batch.readings.push_back(task.items[item]);
        for (Reading &reading : batch.readings.back())
            reading.first += firstTarget.at(reading.passage);
    }
    std::vector<Piece> pieces;
    for (const std::size_t passage : passages)
        pieces.push_back(whole(task.passages.all[passage]));
    batch.passages = batchOf(pieces);
    return batch;
}

} // namespace

std::size_t TaskSet::items() const
{
    std::size_t count = 0;
    for (const data::ChoiceTask &task : tasks)
        count += task.items.size();
    return count;
}

std::int64_t TaskSet::tokenCount() const
{
    std::int64_t count = 0;
    for (const TokenizedTask &task : tokens)
        for (const Passage &passage : task.passages.all)
            count += passage.length();
    return count;
}

TaskSet readTaskSet(const std::filesystem::path &model, const TaskRequest &request, const Run &run)
{
    TaskSet set{.tasks = readTasks(request, run), .tokens = {}, .fingerprint = {}};
    const io::Tokenizer tokenizer = valueOrThrow(io::Tokenizer::open(model));
    for (std::size_t i = 0; i < set.tasks.size(); ++i)
        set.tokens.push_back(tokenized(set.tasks[i], tokenizer, request.maxLength, request.files[i].string(), run));
    set.fingerprint = fingerprint(set);
    return set;
}

std::vector<ItemBatch> itemBatches(const TokenizedTask &task, std::int64_t batchTokens)
{
    std::vector<std::size_t> order(task.items.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater(), [&](std::size_t item) { return longestOf(task, item); });
    std::vector<std::vector<std::size_t>> groups;
    std::int64_t passages = 0; // of the present group
    for (const std::size_t item : order) {
        const auto more = static_cast<std::int64_t>(passagesOf(task.items[item]).size());
        // The first item of a group is its longest: all are filled up to that.
        if (groups.empty() || (passages + more) * longestOf(task, groups.back().front()) > batchTokens) {
            groups.emplace_back();
            passages = 0;
        }
        groups.back().push_back(item);
        passages += more;
    }
    std::vector<ItemBatch> batches;
    for (const auto &items : groups)
        batches.push_back(batchOf(task, items));
    return batches;
}

std::vector<Answer> answersOf(const data::ChoiceTask &task, const ItemBatch &batch,
                              const std::vector<Prediction> &predicted)
{
    std::vector<Answer> answers;
    for (std::size_t i = 0; i < batch.items.size(); ++i) {
        std::vector<std::span<const Prediction>> ofChoices;
        for (const Reading &reading : batch.readings[i])
            ofChoices.push_back(std::span(predicted).subspan(reading.first, reading.count));
        answers.push_back(answerTo(task.items[batch.items[i]], ofChoices));
    }
    return answers;
}

} // namespace ecdysis::evaluation

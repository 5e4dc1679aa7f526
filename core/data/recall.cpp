// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/data/recall.h"

#include <algorithm>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "core/exception.h"

namespace ecdysis::data {

namespace {

using Ids = std::vector<std::int64_t>;

constexpr std::size_t fewestWords = 32; ///< the pairs of MQAR take 16 of them
constexpr int lead = 8;                 ///< words before the first key: no model is at its best at the start

constexpr std::string_view commonWords[] = {
    "air",     "animal",  "answer",  "area",   "army",   "art",      "back",    "bank",    "base",    "bed",
    "bird",    "black",   "blood",   "blue",   "board",  "boat",     "body",    "book",    "box",     "boy",
    "bridge",  "brother", "car",     "case",   "cell",   "center",   "chair",   "change",  "child",   "church",
    "city",    "class",   "clear",   "cold",   "color",  "cost",     "course",  "court",   "cross",   "day",
    "deal",    "death",   "deep",    "design", "door",   "dream",    "earth",   "east",    "end",     "energy",
    "event",   "eye",     "face",    "fact",   "family", "farm",     "father",  "field",   "figure",  "film",
    "fire",    "fish",    "floor",   "flower", "food",   "foot",     "force",   "forest",  "form",    "free",
    "friend",  "front",   "game",    "garden", "girl",   "glass",    "gold",    "good",    "grass",   "green",
    "ground",  "group",   "hair",    "hand",   "head",   "health",   "heart",   "heat",    "high",    "hill",
    "home",    "horse",   "hot",     "hour",   "house",  "human",    "husband", "ice",     "idea",    "island",
    "job",     "key",     "king",    "lake",   "land",   "language", "law",     "lead",    "leg",     "letter",
    "level",   "life",    "light",   "line",   "list",   "long",     "love",    "man",     "map",     "market",
    "matter",  "men",     "mile",    "milk",   "mind",   "money",    "month",   "moon",    "mother",  "mountain",
    "mouth",   "music",   "name",    "nature", "night",  "north",    "note",    "number",  "ocean",   "office",
    "oil",     "order",   "page",    "paper",  "part",   "party",    "people",  "person",  "picture", "place",
    "plan",    "plant",   "play",    "point",  "police", "power",    "price",   "problem", "public",  "question",
    "rain",    "reason",  "red",     "result", "river",  "road",     "rock",    "room",    "rule",    "school",
    "science", "sea",     "second",  "sense",  "ship",   "shop",     "short",   "side",    "sign",    "sister",
    "size",    "skin",    "sky",     "small",  "snow",   "song",     "sound",   "south",   "space",   "speed",
    "star",    "state",   "station", "step",   "stone",  "store",    "story",   "street",  "summer",  "sun",
    "surface", "system",  "table",   "team",   "test",   "thing",    "time",    "top",     "town",    "trade",
    "train",   "tree",    "trip",    "truth",  "unit",   "value",    "view",    "voice",   "wall",    "war",
    "water",   "wave",    "way",     "week",   "west",   "white",    "wife",    "wind",    "window",  "winter",
    "woman",   "wood",    "word",    "work",   "world",  "year",     "young"};

constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Adds the token of a text, if it is a single one.
void addToken(std::set<std::int64_t> &into, const io::Tokenizer &tokenizer, const std::string &text)
{
    if (const Ids ids = valueOrThrow(tokenizer.encode(text, false)); ids.size() == 1)
        into.insert(ids.front());
}

/// An index below `count`. Distributions of the standard library differ from one library to another; the bias of a
/// remainder of 64 bits does not show.
std::size_t below(std::size_t count, std::mt19937_64 &random)
{
    return static_cast<std::size_t>(random() % count);
}

/// `count` different words to begin with, the others after them.
Ids shuffled(Ids words, std::size_t count, std::mt19937_64 &random)
{
    for (std::size_t i = 0; i < count; ++i)
        std::swap(words[i], words[i + below(words.size() - i, random)]);
    return words;
}

/// Appends words that are none of the first `taken` ones.
void fill(Ids &ids, const Ids &words, std::size_t taken, int count, std::mt19937_64 &random)
{
    for (int i = 0; i < count; ++i)
        ids.push_back(words[taken + below(words.size() - taken, random)]);
}

/// Puts other words in the place of the first `pairs` values, which stand behind every other word from the first key
/// on. Words before `taken` are those of the pairs.
std::vector<std::int64_t> withoutValues(Ids ids, const Ids &words, std::size_t taken, int pairs,
                                        std::mt19937_64 &random)
{
    for (int pair = 0; pair < pairs; ++pair)
        ids[static_cast<std::size_t>(lead + 2 * pair + 1)] = words[taken + below(words.size() - taken, random)];
    return ids;
}

} // namespace

std::vector<std::int64_t> recallWords(const io::Tokenizer &tokenizer)
{
    std::set<std::int64_t> words;
    for (const std::string_view word : commonWords)
        addToken(words, tokenizer, " " + std::string(word));
    if (words.size() < fewestWords) {
        words.clear();
        for (const char letter : letters)
            addToken(words, tokenizer, std::string(1, letter));
    }
    if (words.size() < fewestWords)
        throw Exception(
            ErrorCode::Unsupported,
            fmt::format("a tokenizer with at least {} words or letters of one token each expected, found {}",
                        fewestWords, words.size()));
    return {words.begin(), words.end()};
}

RecallSequence inductionSequence(const std::vector<std::int64_t> &words, int distance, std::mt19937_64 &random)
{
    const Ids own = shuffled(words, 2, random);
    RecallSequence sequence;
    fill(sequence.ids, own, 2, lead, random);
    sequence.ids.insert(sequence.ids.end(), {own[0], own[1]});
    fill(sequence.ids, own, 2, distance - 2, random);
    sequence.ids.push_back(own[0]);
    sequence.queries = {lead + distance};
    sequence.answers = {own[1]};
    sequence.control = withoutValues(sequence.ids, own, 2, 1, random);
    return sequence;
}

RecallSequence mqarSequence(const std::vector<std::int64_t> &words, int distance, int pairs, std::mt19937_64 &random)
{
    const auto count = static_cast<std::size_t>(pairs);
    const Ids own = shuffled(words, 2 * count, random); // keys at even places, their values behind them
    RecallSequence sequence;
    fill(sequence.ids, own, 2 * count, lead, random);
    sequence.ids.insert(sequence.ids.end(), own.begin(), own.begin() + 2 * pairs);
    fill(sequence.ids, own, 2 * count, distance - 2 * pairs, random);
    Ids order(count);
    for (std::size_t i = 0; i < count; ++i)
        order[i] = static_cast<std::int64_t>(i);
    for (const std::int64_t pair : shuffled(order, count, random)) {
        const std::int64_t *key = own.data() + 2 * pair;
        sequence.queries.push_back(static_cast<std::int64_t>(sequence.ids.size()));
        sequence.answers.push_back(key[1]);
        sequence.ids.insert(sequence.ids.end(), {key[0], key[1]});
    }
    sequence.control = withoutValues(sequence.ids, own, 2 * count, pairs, random);
    return sequence;
}

int mqarPairs(int distance)
{
    return std::clamp(distance / 4, 1, 8);
}

} // namespace ecdysis::data

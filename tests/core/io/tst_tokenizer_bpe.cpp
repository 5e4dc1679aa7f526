// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>
#include <ctime>
#include <limits>
#include <map>
#include <random>

#include "core/exception.h"
#include "core/io/tokenizer/bpe.h"
#include "tests/core/io/tokenizer_support.h"

using ecdysis::Exception;
using ecdysis::io::tokenizers::Bpe;
using ecdysis::io::tokenizers::JsonNode;

/// The BPE model against the definition: find the lowest rank, merge the leftmost, repeat.
class TestTokenizerBpe : public QObject
{
    Q_OBJECT

private slots:
    void randomVocabularies();
    void oneWordOfMegabytes();
    void byteFallback();
    void unknownTokens();
    void ignoreMerges();
    void lastOfEqualMergesCounts();
};

namespace {

using Word = std::vector<std::int32_t>;

Word encode(const Bpe &bpe, const std::string &word)
{
    Word ids;
    bpe.encode(word, {}, ids);
    return ids;
}

Bpe bpeOf(const nlohmann::json &json)
{
    return Bpe(JsonNode(json, "test"));
}

/// A model over the letters a, b, …, with merges of tokens drawn at random from those made so far.
nlohmann::json randomModel(std::mt19937 &random, int letters, int merges)
{
    nlohmann::json model = {{"type", "BPE"}, {"vocab", nlohmann::json::object()}, {"merges", nlohmann::json::array()}};
    std::vector<std::string> tokens;
    for (int i = 0; i < letters; ++i)
        tokens.emplace_back(1, static_cast<char>('a' + i));
    for (int i = 0; i < merges; ++i) {
        const auto draw = [&] { return tokens[random() % tokens.size()]; };
        const std::string left = draw();
        const std::string right = draw();
        if (left.size() + right.size() > 12)
            continue;
        model["merges"].push_back({left, right});
        if (std::find(tokens.begin(), tokens.end(), left + right) == tokens.end())
            tokens.push_back(left + right);
    }
    std::vector<int> ids(tokens.size());
    for (std::size_t i = 0; i < ids.size(); ++i)
        ids[i] = static_cast<int>(i);
    std::shuffle(ids.begin(), ids.end(), random);
    for (std::size_t i = 0; i < tokens.size(); ++i)
        model["vocab"][tokens[i]] = ids[i];
    return model;
}

Word bruteForce(const nlohmann::json &model, const std::string &word)
{
    std::map<std::pair<std::string, std::string>, std::size_t> ranks;
    for (std::size_t i = 0; i < model["merges"].size(); ++i)
        ranks[{model["merges"][i][0], model["merges"][i][1]}] = i;
    std::vector<std::string> symbols;
    for (const char letter : word)
        symbols.emplace_back(1, letter);
    for (;;) {
        std::size_t best = std::numeric_limits<std::size_t>::max();
        std::size_t place = 0;
        for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
            const auto found = ranks.find({symbols[i], symbols[i + 1]});
            if (found != ranks.end() && found->second < best) {
                best = found->second;
                place = i;
            }
        }
        if (best == std::numeric_limits<std::size_t>::max())
            break;
        symbols[place] += symbols[place + 1];
        symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(place) + 1);
    }
    Word ids;
    for (const std::string &symbol : symbols)
        ids.push_back(model["vocab"][symbol].get<std::int32_t>());
    return ids;
}

} // namespace

void TestTokenizerBpe::randomVocabularies()
{
    std::mt19937 random(7);
    std::size_t merged = 0;
    for (int round = 0; round < 60; ++round) {
        const int letters = 2 + static_cast<int>(random() % 4);
        const nlohmann::json model = randomModel(random, letters, 5 + static_cast<int>(random() % 60));
        const Bpe bpe = bpeOf(model);
        for (int i = 0; i < 20; ++i) {
            std::string word(random() % 80, 'a');
            for (char &letter : word)
                letter = static_cast<char>('a' + random() % static_cast<unsigned>(letters));
            const Word ids = encode(bpe, word);
            QCOMPARE(ids, bruteForce(model, word));
            merged += word.size() - ids.size();
        }
    }
    QVERIFY(merged > 5000);
}

/// Four times the text takes about four times as long, far from sixteen.
void TestTokenizerBpe::oneWordOfMegabytes()
{
    std::mt19937 random(3);
    const Bpe bpe = bpeOf(randomModel(random, 4, 60));
    const auto seconds = [&](std::size_t length) {
        std::string word(length, 'a');
        for (char &letter : word)
            letter = static_cast<char>('a' + random() % 4);
        const std::clock_t before = std::clock(); // processor time: other programs do not count
        encode(bpe, word);
        return static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
    };
    seconds(100'000);
    const double one = seconds(500'000);
    const double four = seconds(2'000'000);
    qInfo("0.5 MB in %.3f s, 2 MB in %.3f s", one, four);
    QVERIFY(four < 10 * one + 0.2);
    QCOMPARE(encode(bpeOf({{"vocab", {{"a", 0}, {"aa", 1}}}, {"merges", {"a a"}}}), std::string(1'000'001, 'a')).size(),
             500'001U);
}

void TestTokenizerBpe::byteFallback()
{
    nlohmann::json model = {{"type", "BPE"}, {"byte_fallback", true}, {"unk_token", "<unk>"}, {"merges", {"a b"}}};
    model["vocab"] = {{"<unk>", 0}, {"a", 1}, {"b", 2}, {"ab", 3}, {"<0xC3>", 4}, {"<0xA9>", 5}, {"<0x0A>", 6}};
    const Bpe bpe = bpeOf(model);
    QCOMPARE(encode(bpe, "ab\u00E9ab\n"), (Word{3, 4, 5, 3, 6}));
    QCOMPARE(encode(bpe, "a\u00E8b"), (Word{1, 0, 2})); // one byte of it is not in the vocabulary
}

void TestTokenizerBpe::unknownTokens()
{
    nlohmann::json model = {{"type", "BPE"}, {"merges", nlohmann::json::array()}, {"vocab", {{"?", 0}, {"a", 1}}}};
    QCOMPARE(encode(bpeOf(model), "axya"), (Word{1, 1}));
    model["unk_token"] = "?";
    QCOMPARE(encode(bpeOf(model), "axyaz"), (Word{1, 0, 0, 1, 0}));
    model["fuse_unk"] = true;
    QCOMPARE(encode(bpeOf(model), "axyaz"), (Word{1, 0, 1, 0}));
}

void TestTokenizerBpe::ignoreMerges()
{
    nlohmann::json model = {{"type", "BPE"}, {"merges", {"a b"}}};
    model["vocab"] = {{"a", 0}, {"b", 1}, {"ab", 2}, {"aba", 3}};
    QCOMPARE(encode(bpeOf(model), "aba"), (Word{2, 0}));
    model["ignore_merges"] = true;
    QCOMPARE(encode(bpeOf(model), "aba"), (Word{3}));
    QCOMPARE(encode(bpeOf(model), "abab"), (Word{2, 2}));
}

void TestTokenizerBpe::lastOfEqualMergesCounts()
{
    nlohmann::json model = {{"type", "BPE"}, {"merges", {"#version: 0.2", "a b", "b c", "a b"}}};
    model["vocab"] = {{"a", 0}, {"b", 1}, {"c", 2}, {"ab", 3}, {"bc", 4}};
    QCOMPARE(encode(bpeOf(model), "abc"), (Word{0, 4}));
}

QTEST_GUILESS_MAIN(TestTokenizerBpe)
#include "tst_tokenizer_bpe.moc"

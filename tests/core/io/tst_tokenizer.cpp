// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <ctime>

#include "core/io/sentence_piece/piece_model.h"
#include "tests/core/io/gguf_vocabulary.h"
#include "tests/core/io/tokenizer_support.h"

using ecdysis::io::Tokenizer;

/// Real tokenizers against the ids that their own libraries gave.
class TestTokenizer : public QObject
{
    Q_OBJECT

private slots:
    void gpt2Pairs();
    void falconPairs();
    void llamaPairs();
    void llamaJsonPairs();
    void llamaLongText();
    void gptNeoxIndentation();
    void gptNeoxRoundTrip();
    void smallMambaOnWikitext();
    void mistralBeginsWithBos();
    void speed_data();
    void speed();
};

namespace {

std::filesystem::path vocabularyFile(const std::string &name)
{
    return sharedData("data/tokenizers/vocab-gguf/" + name);
}

void verifyPairs(const Tokenizer &tokenizer, const std::string &name, std::size_t atLeast)
{
    const auto pairs = readPairs(vocabularyFile(name + ".inp"), vocabularyFile(name + ".out"));
    QVERIFY(pairs.size() >= atLeast);
    for (const TextAndIds &pair : pairs)
        VERIFY_IDS(tokenizer, pair.text, false, pair.ids);
}

} // namespace

void TestTokenizer::gpt2Pairs()
{
    const auto file = sharedData("data/tokenizers/gpt2.tokenizer.json");
    SKIP_WITHOUT(file);
    const auto tokenizer = Tokenizer::open(file);
    VERIFY_RESULT(tokenizer);
    QCOMPARE(tokenizer->vocabularySize(), 50257);
    verifyPairs(*tokenizer, "ggml-vocab-gpt-2.gguf", 40);
}

void TestTokenizer::falconPairs()
{
    const auto file = vocabularyFile("ggml-vocab-falcon.gguf");
    SKIP_WITHOUT(file);
    nlohmann::json json = tokenizerJson(GgufReader(file).vocabulary());
    json["pre_tokenizer"] = nlohmann::json::parse(R"({"type": "Sequence", "pretokenizers": [
        {"type": "Punctuation", "behavior": "Contiguous"},
        {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        {"type": "Digits", "individual_digits": false},
        {"type": "Split", "pattern": {"Regex": "[0-9][0-9][0-9]"}, "behavior": "Isolated", "invert": false}]})");
    const auto tokenizer = TokenizerFolder(json).open();
    VERIFY_RESULT(tokenizer);
    QCOMPARE(tokenizer->vocabularySize(), 65024);
    verifyPairs(*tokenizer, "ggml-vocab-falcon.gguf", 40);
}

void TestTokenizer::llamaPairs()
{
    const auto file = sharedData("data/tokenizers/llama2.tokenizer.model");
    SKIP_WITHOUT(file);
    const auto tokenizer = Tokenizer::open(file);
    VERIFY_RESULT(tokenizer);
    QCOMPARE(tokenizer->vocabularySize(), 32000);
    verifyPairs(*tokenizer, "ggml-vocab-llama-spm.gguf", 40);
    VERIFY_IDS(*tokenizer, "Hello world", true, {1, 15043, 3186});
}

/// The vocabulary of the Llama family as a tokenizer.json: the whole of a text is one word of the model.
void TestTokenizer::llamaJsonPairs()
{
    const auto file = vocabularyFile("ggml-vocab-llama-spm.gguf");
    const auto model = sharedData("data/tokenizers/llama2.tokenizer.model");
    const auto wikitext = sharedData("data/wikitext/wiki.test.raw");
    SKIP_WITHOUT(file);
    SKIP_WITHOUT(model);
    SKIP_WITHOUT(wikitext);
    const GgufVocabulary vocabulary = GgufReader(file).vocabulary();
    nlohmann::json json = tokenizerJson(vocabulary);
    json["normalizer"] = nlohmann::json::parse(R"({"type": "Sequence", "normalizers": [
        {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]})");
    json["model"]["merges"] = mergesOfScores(vocabulary);
    json["model"].update({{"byte_fallback", true}, {"fuse_unk", true}, {"unk_token", "<unk>"}});
    const auto tokenizer = TokenizerFolder(json).open();
    VERIFY_RESULT(tokenizer);
    verifyPairs(*tokenizer, "ggml-vocab-llama-spm.gguf", 40);
    const auto library = Tokenizer::open(model);
    VERIFY_RESULT(library);
    const std::string text = readAll(wikitext);
    const auto expected = library->encode(text, false);
    VERIFY_RESULT(expected);
    VERIFY_IDS(*tokenizer, text, false, *expected);
}

/// A long text, which is cut on the way, gives what the library gives for it in one.
void TestTokenizer::llamaLongText()
{
    const auto file = sharedData("data/tokenizers/llama2.tokenizer.model");
    const auto wikitext = sharedData("data/wikitext/wiki.test.raw");
    SKIP_WITHOUT(file);
    SKIP_WITHOUT(wikitext);
    const std::string text = readAll(wikitext).substr(0, 150'000) + "  a   b" + std::string(5000, ' ') + "c \n d ";
    const std::string bytes = readAll(file);
    const auto model = ecdysis::io::loadPieceModel(std::as_bytes(std::span(bytes)), file.string());
    const std::vector<int> whole = model->encode(text);
    const auto tokenizer = Tokenizer::open(file);
    VERIFY_RESULT(tokenizer);
    VERIFY_IDS(*tokenizer, text, false, Ids(whole.begin(), whole.end()));
}

/// Runs of spaces are added tokens, the longest first: 24 spaces are 50254 and 2 are 50276.
void TestTokenizer::gptNeoxIndentation()
{
    const auto file = sharedData("data/tokenizers/gpt-neox-20b.tokenizer.json");
    SKIP_WITHOUT(file);
    const auto tokenizer = Tokenizer::open(file);
    VERIFY_RESULT(tokenizer);
    QCOMPARE(tokenizer->vocabularySize(), 50277);
    const auto word = tokenizer->encode("x");
    VERIFY_RESULT(word);
    for (std::int64_t spaces = 1; spaces <= 60; ++spaces) {
        Ids expected;
        std::int64_t rest = spaces;
        for (; rest >= 2; rest -= std::min<std::int64_t>(rest, 24))
            expected.push_back(50278 - std::min<std::int64_t>(rest, 24));
        const auto last = tokenizer->encode(rest == 1 ? " x" : "x");
        VERIFY_RESULT(last);
        expected.insert(expected.end(), last->begin(), last->end());
        VERIFY_IDS(*tokenizer, std::string(static_cast<std::size_t>(spaces), ' ') + "x", true, expected);
    }
    VERIFY_IDS(*tokenizer, "<|endoftext|>", true, {0});
    VERIFY_IDS(*tokenizer, "", true, {});
    const auto composed = tokenizer->encode("caf\u00E9");
    VERIFY_RESULT(composed);
    VERIFY_IDS(*tokenizer, "cafe\u0301", true, *composed);
}

/// Ids stand for tokens whose bytes, together, are the text again.
void TestTokenizer::gptNeoxRoundTrip()
{
    const auto file = sharedData("data/tokenizers/gpt-neox-20b.tokenizer.json");
    SKIP_WITHOUT(file);
    const auto tokenizer = Tokenizer::open(file);
    VERIFY_RESULT(tokenizer);
    const auto json = nlohmann::json::parse(readAll(file));
    std::vector<std::string> tokens(50277);
    for (const auto &[token, id] : json["model"]["vocab"].items())
        tokens[id.get<std::size_t>()] = token;
    for (const auto &token : json["added_tokens"])
        tokens[token["id"].get<std::size_t>()] = token["content"];
    const std::string text =
        "def f(x):\r\n        return  \"na\u00EFve \u03B1\u03B2\"  # \U0001F469\u200D\U0001F680 1\u00BD\n\n\n";
    const auto ids = tokenizer->encode(text);
    VERIFY_RESULT(ids);
    std::u32string alphabet;
    char32_t next = 0x100;
    for (char32_t byte = 0; byte < 256; ++byte) {
        const bool isPrintable = (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
        alphabet.push_back(isPrintable ? byte : next++);
    }
    std::string decoded;
    for (const std::int64_t id : *ids) {
        const std::string &token = tokens.at(static_cast<std::size_t>(id));
        if (token.find_first_not_of(' ') == std::string::npos) {
            decoded += token;
            continue;
        }
        for (const char32_t character : QString::fromStdString(token).toStdU32String())
            decoded.push_back(static_cast<char>(alphabet.find(character)));
    }
    QCOMPARE(QByteArray::fromStdString(decoded), QByteArray::fromStdString(text));
}

void TestTokenizer::smallMambaOnWikitext()
{
    const auto model = sharedData("models/mamba-6m");
    const auto text = sharedData("data/wikitext/wiki.test.raw");
    SKIP_WITHOUT(model / "tokenizer.json");
    SKIP_WITHOUT(text);
    const auto tokenizer = Tokenizer::open(model);
    VERIFY_RESULT(tokenizer);
    const auto ids = tokenizer->encode(readAll(text));
    VERIFY_RESULT(ids);
    const auto reference = nlohmann::json::parse(readAll(model / "reference.json"));
    QCOMPARE(ids->size(), reference["tokens"].get<std::size_t>());
    const Ids first = reference["first_ids"];
    QVERIFY(!first.empty());
    QVERIFY(std::equal(first.begin(), first.end(), ids->begin()));
}

void TestTokenizer::mistralBeginsWithBos()
{
    const auto file = sharedData("data/tokenizers/mistral-1.tokenizer.model.v1");
    SKIP_WITHOUT(file);
    const auto tokenizer = Tokenizer::open(file);
    VERIFY_RESULT(tokenizer);
    VERIFY_IDS(*tokenizer, "Hello world", true, {1, 22557, 1526});
    VERIFY_IDS(*tokenizer, "", true, {1});
    VERIFY_IDS(*tokenizer, "", false, {});
}

void TestTokenizer::speed_data()
{
    QTest::addColumn<QString>("name");
    for (const char *name : {"gpt-neox-20b.tokenizer.json", "gpt2.tokenizer.json", "llama2.tokenizer.model"})
        QTest::newRow(name) << QString(name);
}

/// Prints a rate; only one so low that something must have gone quadratic fails.
void TestTokenizer::speed()
{
    QFETCH(QString, name);
    const auto file = sharedData("data/tokenizers/" + name.toStdString());
    const auto text = sharedData("data/wikitext/wiki.test.raw");
    SKIP_WITHOUT(file);
    SKIP_WITHOUT(text);
    const auto processorSeconds = [] { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };
    const double beforeOpening = processorSeconds();
    const auto tokenizer = Tokenizer::open(file);
    VERIFY_RESULT(tokenizer);
    const double opening = processorSeconds() - beforeOpening;
    const std::string bytes = readAll(text);
    const double beforeEncoding = processorSeconds();
    const auto ids = tokenizer->encode(bytes);
    const double seconds = processorSeconds() - beforeEncoding;
    VERIFY_RESULT(ids);
    qInfo("opened in %.3f s, %zu ids, %.2f MB/s (processor time)", opening, ids->size(),
          static_cast<double>(bytes.size()) * 1e-6 / seconds);
    QVERIFY(static_cast<double>(bytes.size()) / seconds > 5e4);
}

QTEST_GUILESS_MAIN(TestTokenizer)
#include "tst_tokenizer.moc"

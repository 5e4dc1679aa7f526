// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <chrono>
#include <random>
#include <stop_token>
#include <thread>

#include "tests/core/io/tokenizer_support.h"

using ecdysis::ErrorCode;
using ecdysis::Run;
using ecdysis::io::Tokenizer;

/// Whole tokenizer files of our own making: the order of work, the config beside them, and what is wrong with bad ones.
class TestTokenizerFiles : public QObject
{
    Q_OBJECT

private slots:
    void orderOfWork();
    void legacyLlama();
    void bosOfTemplateAndConfig();
    void addedTokensOfConfig();
    void prefixSpaceOfConfig();
    void invalidTextIsRefused();
    void stopsWithinAText_data();
    void stopsWithinAText();
    void malformed_data();
    void malformed();
    void nestedTooDeep();
    void malformedConfig();
    void brokenAtEveryPlace();
    void noTokenizer();
    void brokenSentencePiece();
};

namespace {

/// A small tokenizer of the Llama family, as its files were written at first.
nlohmann::json llamaJson()
{
    return nlohmann::json::parse(R"({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [
            {"id": 0, "content": "<unk>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
            {"id": 1, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
            {"id": 2, "content": "</s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
        "pre_tokenizer": null,
        "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [], "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
        "decoder": null,
        "model": {"type": "BPE", "dropout": null, "unk_token": "<unk>", "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": true, "byte_fallback": true,
            "vocab": {"<unk>": 0, "<s>": 1, "</s>": 2, "<0xC3>": 3, "<0xA9>": 4, "▁": 5, "a": 6, "b": 7, "▁a": 8, "ab": 9,
                      "▁▁": 10},
            "merges": ["▁ a", "a b", "▁ ▁"]}})");
}

nlohmann::json withoutKey(nlohmann::json json, const std::string &pointer)
{
    const nlohmann::json::json_pointer place(pointer);
    json.at(place.parent_pointer()).erase(place.back());
    return json;
}

nlohmann::json changed(const std::string &pointer, const nlohmann::json &value)
{
    nlohmann::json json = llamaJson();
    json[nlohmann::json::json_pointer(pointer)] = value;
    return json;
}

} // namespace

/// Raw added tokens before the normaliser, normalised ones (with normalised content) behind it.
void TestTokenizerFiles::orderOfWork()
{
    nlohmann::json json = nlohmann::json::parse(R"({
        "added_tokens": [{"id": 7, "content": "E\u0301", "normalized": true, "special": false},
                         {"id": 8, "content": "e\u0301", "normalized": false, "special": false}],
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]},
        "model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []}})");
    const auto tokenizer = TokenizerFolder(json).open();
    VERIFY_RESULT(tokenizer);
    VERIFY_IDS(*tokenizer, "Ae\u0301B\u00C9a\u00E9", true, {0, 8, 1, 7, 0, 7});
    QCOMPARE(tokenizer->vocabularySize(), 9);
}

void TestTokenizerFiles::legacyLlama()
{
    const auto tokenizer = TokenizerFolder(llamaJson()).open();
    VERIFY_RESULT(tokenizer);
    VERIFY_IDS(*tokenizer, "ab a", true, {1, 8, 7, 8});
    VERIFY_IDS(*tokenizer, "ab a", false, {8, 7, 8});
    VERIFY_IDS(*tokenizer, " ab", false, {5, 8, 7}); // ▁ ▁a b: "▁ a" has the lower rank
    VERIFY_IDS(*tokenizer, "   b", false, {10, 10, 7});
    VERIFY_IDS(*tokenizer, "a</s>b", false, {8, 2, 5, 7}); // every piece gets its own mark
    VERIFY_IDS(*tokenizer, "\u00E9xyb", false, {5, 3, 4, 0, 7});
    VERIFY_IDS(*tokenizer, "", true, {1});
}

void TestTokenizerFiles::bosOfTemplateAndConfig()
{
    const auto idsWith = [](const nlohmann::json &config) {
        const auto tokenizer = TokenizerFolder(llamaJson(), config).open();
        return tokenizer ? tokenizer->encode("a").value() : Ids{-1};
    };
    QCOMPARE(idsWith({{"bos_token", "<s>"}}), (Ids{1, 8}));
    QCOMPARE(idsWith({{"bos_token", "<s>"}, {"add_bos_token", true}}), (Ids{1, 8}));
    QCOMPARE(idsWith({{"bos_token", "<s>"}, {"add_bos_token", false}}), (Ids{8}));
    QCOMPARE(idsWith({{"eos_token", {{"content", "</s>"}}}, {"add_eos_token", true}}), (Ids{1, 8, 2}));
    const auto plain =
        TokenizerFolder(withoutKey(llamaJson(), "/post_processor"), {{"bos_token", "<s>"}, {"add_bos_token", true}})
            .open();
    VERIFY_RESULT(plain);
    VERIFY_IDS(*plain, "a", true, {1, 8});
}

void TestTokenizerFiles::addedTokensOfConfig()
{
    const nlohmann::json config = nlohmann::json::parse(
        R"({"added_tokens_decoder": {"0": {"content": "<unk>", "special": true, "normalized": false},
            "20": {"content": "[PAD]", "special": true, "normalized": false, "lstrip": true}}})");
    const auto tokenizer = TokenizerFolder(llamaJson(), config).open();
    VERIFY_RESULT(tokenizer);
    VERIFY_IDS(*tokenizer, "a [PAD]<unk>", false, {8, 20, 0});
    QCOMPARE(tokenizer->vocabularySize(), 21);
}

void TestTokenizerFiles::prefixSpaceOfConfig()
{
    const nlohmann::json json = {{"model", {{"vocab", {{"\u0120", 0}, {"a", 1}}}, {"merges", nlohmann::json::array()}}},
                                 {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}}};
    const auto tokenizer = TokenizerFolder(json, {{"add_prefix_space", true}}).open();
    VERIFY_RESULT(tokenizer);
    VERIFY_IDS(*tokenizer, "a", true, {0, 1});
}

void TestTokenizerFiles::invalidTextIsRefused()
{
    const auto tokenizer = TokenizerFolder(llamaJson()).open();
    VERIFY_RESULT(tokenizer);
    const auto ids = tokenizer->encode("abc\xFF");
    QVERIFY(!ids);
    QCOMPARE(ids.error().code, ErrorCode::BadFormat);
    QVERIFY2(ids.error().message.ends_with("at byte 3"), ids.error().message.c_str());
}

void TestTokenizerFiles::stopsWithinAText_data()
{
    QTest::addColumn<QString>("json");
    const nlohmann::json words = {
        {"model", {{"vocab", {{"\u0120", 0}, {"a", 1}}}, {"merges", nlohmann::json::array()}}},
        {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}}};
    QTest::newRow("words") << QString::fromStdString(words.dump());
    QTest::newRow("one word of all") << QString::fromStdString(llamaJson().dump());
}

/// The stop comes while the tokenizer is at work, and before it can have come to an end.
void TestTokenizerFiles::stopsWithinAText()
{
    QFETCH(QString, json);
    const auto tokenizer = TokenizerFolder(nlohmann::json::parse(json.toStdString())).open();
    VERIFY_RESULT(tokenizer);
    std::string text;
    for (int i = 0; i < 10'000'000; ++i)
        text += " a";
    std::stop_source stop;
    Run run;
    run.stop = stop.get_token();
    std::jthread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        stop.request_stop();
    });
    const auto ids = tokenizer->encode(text, true, run);
    QVERIFY(!ids);
    QCOMPARE(ids.error().code, ErrorCode::Cancelled);
}

void TestTokenizerFiles::malformed_data()
{
    QTest::addColumn<QString>("json");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("place");
    QTest::addColumn<QString>("message");
    const auto row = [](const char *name, const nlohmann::json &json, ErrorCode code, const char *place,
                        const char *message) {
        QTest::newRow(name) << QString::fromStdString(json.dump()) << static_cast<int>(code) << place << message;
    };
    const auto bad = ErrorCode::BadFormat;
    const auto unsupported = ErrorCode::Unsupported;
    QTest::newRow("syntax") << R"({"model": })" << static_cast<int>(bad) << "tokenizer.json"
                            << "byte 11";
    QTest::newRow("empty") << "" << static_cast<int>(bad) << "tokenizer.json"
                           << "expected JSON";
    row("array", nlohmann::json::array(), bad, "tokenizer.json", "expected an object, found array of 0");
    row("no model", withoutKey(llamaJson(), "/model"), bad, "tokenizer.json", "member \"model\" is missing");
    row("unigram", changed("/model/type", "Unigram"), unsupported, ": model", "\"Unigram\"");
    row("no vocabulary", withoutKey(llamaJson(), "/model/vocab"), bad, ": model", "\"vocab\" is missing");
    row("id is text", changed("/model/vocab/a", "six"), bad, ": model.vocab.a", "2147483647, found \"six\"");
    row("negative id", changed("/model/vocab/a", -6), bad, ": model.vocab.a", "found -6");
    row("huge id", changed("/model/vocab/a", 1LL << 40), bad, ": model.vocab.a", "found 1099511627776");
    row("merge of three", changed("/model/merges/1", "a b c"), bad, ": model.merges[1]", "found \"a b c\"");
    row("merge of one", changed("/model/merges/1", {"a"}), bad, ": model.merges[1]", "expected two tokens");
    row("merge unknown", changed("/model/merges/1", "a q"), bad, ": model.merges[1]", "token \"q\" is not in");
    row("merged unknown", changed("/model/merges/1", "b a"), bad, ": model.merges[1]", "token \"ba\" is not in");
    row("unknown token", changed("/model/unk_token", "<?>"), bad, ": model.unk_token", "found \"<?>\"");
    row("dropout", changed("/model/dropout", 0.1), unsupported, ": model.dropout", "dropout");
    row("suffix", changed("/model/end_of_word_suffix", "</w>"), unsupported, ": model.end_of_word_suffix",
        "not supported");
    row("flag", changed("/model/fuse_unk", 1), bad, ": model.fuse_unk", "expected true or false, found 1");
    row("normalizer", changed("/normalizer/normalizers/1/type", "Precompiled"), unsupported,
        ": normalizer.normalizers[1]", "normalizer of type \"Precompiled\"");
    row("pre-tokenizer", changed("/pre_tokenizer", {{"type", "UnicodeScripts"}}), unsupported, ": pre_tokenizer",
        "pre-tokenizer of type \"UnicodeScripts\"");
    row("post-processor", changed("/post_processor/type", "BertProcessing"), unsupported, ": post_processor",
        "post-processor of type \"BertProcessing\"");
    row("pattern", changed("/normalizer/normalizers/1/pattern", {{"Regex", "\\h+"}}), unsupported,
        ": normalizer.normalizers[1].pattern", "pattern \\h+: the escape \\h");
    row("empty pattern", changed("/normalizer/normalizers/1/pattern", {{"String", ""}}), unsupported,
        ": normalizer.normalizers[1].pattern", "empty");
    row("behavior", changed("/pre_tokenizer", {{"type", "Punctuation"}, {"behavior", "Odd"}}), bad,
        ": pre_tokenizer.behavior", "found \"Odd\"");
    row("added token", changed("/added_tokens/1/id", -1), bad, ": added_tokens[1].id", "found -1");
    row("added content", changed("/added_tokens/1/content", 5), bad, ": added_tokens[1].content", "expected a string");
    row("template", changed("/post_processor/single/1", {{"Sequence", {{"id", "B"}}}}), bad,
        ": post_processor.single[1].Sequence", "expected the text, A");
    row("template token", changed("/post_processor/single/0/SpecialToken/id", "<x>"), bad,
        ": post_processor.special_tokens", "\"<x>\" is missing");
}

void TestTokenizerFiles::malformed()
{
    QFETCH(QString, json);
    QFETCH(int, code);
    QFETCH(QString, place);
    QFETCH(QString, message);
    const auto tokenizer = TokenizerFolder(json.toStdString()).open();
    QVERIFY(!tokenizer);
    QCOMPARE(static_cast<int>(tokenizer.error().code), code);
    QVERIFY2(tokenizer.error().where.ends_with(place.toStdString()), tokenizer.error().where.c_str());
    QVERIFY2(tokenizer.error().where.find("tokenizer.json") != std::string::npos, tokenizer.error().where.c_str());
    QVERIFY2(tokenizer.error().message.find(message.toStdString()) != std::string::npos,
             tokenizer.error().message.c_str());
}

void TestTokenizerFiles::nestedTooDeep()
{
    std::string normalizer;
    for (int i = 0; i < 100'000; ++i)
        normalizer += R"({"type": "Sequence", "normalizers": [)";
    normalizer += R"({"type": "NFC"})";
    for (int i = 0; i < 100'000; ++i)
        normalizer += "]}";
    const auto tokenizer = TokenizerFolder(R"({"normalizer": )" + normalizer + "}").open();
    QVERIFY(!tokenizer);
    QCOMPARE(tokenizer.error().code, ErrorCode::BadFormat);
    QVERIFY(tokenizer.error().message.find("nested") != std::string::npos);
}

void TestTokenizerFiles::malformedConfig()
{
    const auto errorWith = [](const nlohmann::json &config) {
        const auto tokenizer = TokenizerFolder(llamaJson(), config).open();
        return tokenizer ? std::string("taken") : tokenizer.error().where.substr(tokenizer.error().where.rfind('/'));
    };
    QCOMPARE(errorWith({{"add_bos_token", "yes"}}), std::string("/tokenizer_config.json: add_bos_token"));
    QCOMPARE(errorWith({{"add_bos_token", true}}), std::string("/tokenizer_config.json: add_bos_token"));
    QCOMPARE(errorWith({{"add_eos_token", true}, {"eos_token", "<?>"}}),
             std::string("/tokenizer_config.json: add_eos_token"));
    QCOMPARE(errorWith({{"added_tokens_decoder", {{"x", {{"content", "y"}}}}}}),
             std::string("/tokenizer_config.json: added_tokens_decoder"));
    QCOMPARE(errorWith({{"added_tokens_decoder", {{"7", 1}}}}),
             std::string("/tokenizer_config.json: added_tokens_decoder.7"));
}

/// Whatever single value is replaced by one of another type, the file is taken or refused with a place, never more.
void TestTokenizerFiles::brokenAtEveryPlace()
{
    const nlohmann::json flat = llamaJson().flatten();
    int refused = 0;
    for (const auto &[pointer, value] : flat.items()) {
        for (const nlohmann::json &other :
             {nlohmann::json(-3), nlohmann::json(1.5), nlohmann::json("?"), nlohmann::json(nullptr),
              nlohmann::json::array({nullptr}), nlohmann::json::object(), nlohmann::json(true)}) {
            const auto tokenizer = TokenizerFolder(changed(pointer, other)).open();
            if (tokenizer) {
                QVERIFY(tokenizer->encode("ab \u00E9<s>").has_value());
                continue;
            }
            ++refused;
            QVERIFY(!tokenizer.error().message.empty());
            QVERIFY(tokenizer.error().where.find("tokenizer.json") != std::string::npos);
            QVERIFY(tokenizer.error().code == ErrorCode::BadFormat || tokenizer.error().code == ErrorCode::Unsupported);
        }
    }
    QVERIFY(refused > 100);
}

void TestTokenizerFiles::noTokenizer()
{
    const QTemporaryDir folder;
    const std::filesystem::path path = folder.path().toStdString();
    for (const auto &source : {path, path / "tokenizer.json", path / "absent"}) {
        const auto tokenizer = Tokenizer::open(source);
        QVERIFY(!tokenizer);
        QCOMPARE(tokenizer.error().code, ErrorCode::NotFound);
        QVERIFY(tokenizer.error().where.starts_with(path.string()));
    }
}

void TestTokenizerFiles::brokenSentencePiece()
{
    const QTemporaryDir folder;
    const std::filesystem::path file = std::filesystem::path(folder.path().toStdString()) / "tokenizer.model";
    std::mt19937 random(5);
    for (const std::size_t length : {0U, 1U, 100U, 5000U}) {
        std::string bytes(length, '\0');
        for (char &byte : bytes)
            byte = static_cast<char>(random());
        writeAll(file, bytes);
        const auto tokenizer = Tokenizer::open(file);
        QVERIFY(!tokenizer);
        QCOMPARE(tokenizer.error().code, ErrorCode::BadFormat);
        QCOMPARE(tokenizer.error().where, file.string());
    }
}

QTEST_GUILESS_MAIN(TestTokenizerFiles)
#include "tst_tokenizer_files.moc"

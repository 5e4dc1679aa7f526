// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/exception.h"
#include "core/io/tokenizer/added_tokens.h"
#include "core/io/tokenizer/normalizer.h"
#include "core/io/tokenizer/post_processor.h"
#include "core/io/tokenizer/pre_tokenizer.h"
#include "tests/core/io/tokenizer_support.h"

using namespace ecdysis::io::tokenizers;

/// Every component of a tokenizer.json by itself.
class TestTokenizerParts : public QObject
{
    Q_OBJECT

private slots:
    void preTokenizers_data();
    void preTokenizers();
    void metaspaceFirstOnlyAtTheStart();
    void normalizers_data();
    void normalizers();
    void addedTokens_data();
    void addedTokens();
    void postProcessors_data();
    void postProcessors();
};

namespace {

QStringList piecesOf(const PreTokenizer &preTokenizer, const QString &text, bool atStart = true)
{
    const std::string bytes = text.toStdString();
    QStringList pieces;
    preTokenizer({bytes, atStart}, [&](Piece piece) {
        pieces << QString::fromUtf8(piece.text.data(), static_cast<qsizetype>(piece.text.size()));
    });
    return pieces;
}

nlohmann::json parse(const QString &json)
{
    return nlohmann::json::parse(json.toStdString());
}

} // namespace

void TestTokenizerParts::preTokenizers_data()
{
    using Texts = QStringList;
    QTest::addColumn<QString>("json");
    QTest::addColumn<QString>("text");
    QTest::addColumn<Texts>("pieces");
    const auto split = [](const char *pattern, const char *behavior, bool invert) {
        return QString(R"({"type": "Split", "pattern": %1, "behavior": "%2", "invert": %3})")
            .arg(pattern, behavior, invert ? "true" : "false");
    };
    const QString how = "How are you  doing?";
    const char *word = R"({"Regex": "\\w+|[^\\w\\s]+"})";
    QTest::newRow("removed, inverted") << split(word, "Removed", true) << how
                                       << Texts{"How", "are", "you", "doing", "?"};
    QTest::newRow("contiguous, inverted")
        << split(word, "Contiguous", true) << how << Texts{"How", " ", "are", " ", "you", "  ", "doing?"};
    QTest::newRow("isolated") << split(R"({"String": " "})", "Isolated", false) << how
                              << Texts{"How", " ", "are", " ", "you", " ", " ", "doing?"};
    QTest::newRow("with previous") << split(R"({"String": " "})", "MergedWithPrevious", false) << how
                                   << Texts{"How ", "are ", "you ", " ", "doing?"};
    QTest::newRow("with next") << split(R"({"String": " "})", "MergedWithNext", false) << how
                               << Texts{"How", " are", " you", " ", " doing?"};
    QTest::newRow("removed") << split(R"({"String": "o"})", "Removed", false) << "oxoyoo" << Texts{"x", "y"};
    QTest::newRow("literal, not a pattern")
        << split(R"({"String": "."})", "Removed", false) << "a.b" << Texts{"a", "b"};
    QTest::newRow("digits") << R"({"type": "Digits", "individual_digits": false})"
                            << "a12\u00BD b\u0663" << Texts{"a", "12\u00BD", " b", "\u0663"};
    QTest::newRow("each digit") << R"({"type": "Digits", "individual_digits": true})"
                                << "a12" << Texts{"a", "1", "2"};
    QTest::newRow("punctuation") << R"({"type": "Punctuation"})"
                                 << "a?!$\u3002b" << Texts{"a", "?", "!", "$", "\u3002", "b"};
    QTest::newRow("punctuation joined") << R"({"type": "Punctuation", "behavior": "Contiguous"})"
                                        << "a?!b" << Texts{"a", "?!", "b"};
    const QString words = R"({"type": "ByteLevel", "add_prefix_space": false})";
    QTest::newRow("contractions") << words << "I'll they'RE" << Texts{"I", "'ll", "\u0120they", "'", "RE"};
    QTest::newRow("runs of spaces") << words << "a    b" << Texts{"a", "\u0120\u0120\u0120", "\u0120b"};
    QTest::newRow("tab before a word") << words << "a \tb" << Texts{"a", "\u0120", "\u0109", "b"};
    QTest::newRow("CRLF") << words << "a\r\n\r\nb" << Texts{"a", "\u010D\u010A\u010D", "\u010A", "b"};
    QTest::newRow("spaces at the end") << words << "a 12!?  " << Texts{"a", "\u012012", "!?", "\u0120\u0120"};
    QTest::newRow("bytes") << words << "\u00E9\u00AD" << Texts{"\u00C3\u00A9", "\u00C2\u0143"};
    QTest::newRow("marks are no letters") << words << "e\u0301a" << Texts{"e", "\u00CC\u0123", "a"};
    QTest::newRow("joined emoji") << words << "x \U0001F469\u200D\U0001F680"
                                  << Texts{"x",
                                           "\u0120\u00F0\u0141\u0133\u00A9\u00E2\u0122\u012F\u00F0\u0141\u013C\u0122"};
    QTest::newRow("prefix space") << R"({"type": "ByteLevel", "add_prefix_space": true})"
                                  << "ab c" << Texts{"\u0120ab", "\u0120c"};
    QTest::newRow("prefix is there") << R"({"type": "ByteLevel", "add_prefix_space": true})"
                                     << " ab" << Texts{"\u0120ab"};
    QTest::newRow("no words") << R"({"type": "ByteLevel", "add_prefix_space": false, "use_regex": false})"
                              << "ab c " << Texts{"ab\u0120c\u0120"};
    QTest::newRow("metaspace") << R"({"type": "Metaspace", "replacement": "▁", "add_prefix_space": true})"
                               << "Hey   you!" << Texts{"▁Hey", "▁", "▁", "▁you!"};
    QTest::newRow("metaspace that is there")
        << R"({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"})"
        << " Hey" << Texts{"▁Hey"};
    QTest::newRow("metaspace never") << R"({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never"})"
                                     << "a b" << Texts{"a", "▁b"};
    QTest::newRow("metaspace of old") << R"({"type": "Metaspace", "replacement": "_", "add_prefix_space": false})"
                                      << "a b" << Texts{"a", "_b"};
    QTest::newRow("metaspace whole")
        << R"({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false})"
        << "a b" << Texts{"▁a▁b"};
    QTest::newRow("three digits, then bytes")
        << R"({"type": "Sequence", "pretokenizers": [
               {"type": "Split", "pattern": {"Regex": "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},
                "behavior": "Isolated", "invert": false},
               {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]})"
        << "it's 12345 ok\n\n  x"
        << Texts{"it", "'s", "\u0120", "123", "45", "\u0120ok", "\u010A\u010A", "\u0120", "\u0120x"};
}

void TestTokenizerParts::preTokenizers()
{
    QFETCH(QString, json);
    QFETCH(QString, text);
    QFETCH(QStringList, pieces);
    const nlohmann::json parsed = parse(json);
    QCOMPARE(piecesOf(readPreTokenizer(JsonNode(parsed, "test")), text), pieces);
}

void TestTokenizerParts::metaspaceFirstOnlyAtTheStart()
{
    const auto json = parse(R"({"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"String": "x"}, "behavior": "Isolated", "invert": false},
        {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false}]})");
    const PreTokenizer preTokenizer = readPreTokenizer(JsonNode(json, "test"));
    QCOMPARE(piecesOf(preTokenizer, "axb"), (QStringList{"▁a", "x", "b"}));
    QCOMPARE(piecesOf(preTokenizer, "axb", false), (QStringList{"a", "x", "b"}));
}

void TestTokenizerParts::normalizers_data()
{
    QTest::addColumn<QString>("json");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("normalized");
    QTest::newRow("NFC") << R"({"type": "NFC"})"
                         << "Ae\u0301\uFB01"
                         << "A\u00E9\uFB01";
    QTest::newRow("NFD") << R"({"type": "NFD"})"
                         << "A\u00E9\uFB01"
                         << "Ae\u0301\uFB01";
    QTest::newRow("NFKC") << R"({"type": "NFKC"})"
                          << "e\u0301\uFB01\u00A0"
                          << "\u00E9fi ";
    QTest::newRow("NFKD") << R"({"type": "NFKD"})"
                          << "\u00E9\uFB01"
                          << "e\u0301fi";
    QTest::newRow("Lowercase") << R"({"type": "Lowercase"})"
                               << "A\u00C9b"
                               << "a\u00E9b";
    QTest::newRow("Strip") << R"({"type": "Strip", "strip_left": true, "strip_right": true})"
                           << "\u00A0 a b\n"
                           << "a b";
    QTest::newRow("Strip left") << R"({"type": "Strip", "strip_left": true, "strip_right": false})"
                                << " a "
                                << "a ";
    QTest::newRow("Replace text") << R"({"type": "Replace", "pattern": {"String": "."}, "content": "!"})"
                                  << "a.b."
                                  << "a!b!";
    QTest::newRow("Replace pattern") << R"({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "$1"})"
                                     << "a   b c"
                                     << "a$1b c";
    const QString llama = R"({"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
                              {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]})";
    QTest::newRow("Llama") << llama << " a b"
                           << "▁▁a▁b";
    QTest::newRow("Llama of nothing") << llama << ""
                                      << "";
}

void TestTokenizerParts::normalizers()
{
    QFETCH(QString, json);
    QFETCH(QString, text);
    QFETCH(QString, normalized);
    const nlohmann::json parsed = parse(json);
    const Normalizer normalizer = readNormalizer(JsonNode(parsed, "test"));
    QCOMPARE(QString::fromStdString(normalizer(text.toStdString())), normalized);
}

void TestTokenizerParts::addedTokens_data()
{
    using Texts = QStringList;
    QTest::addColumn<QString>("flags");
    QTest::addColumn<QString>("text");
    QTest::addColumn<Texts>("pieces"); // #0 is <m>, #1 is <m>>, #2 is two spaces
    QTest::newRow("plain") << "{}"
                           << "a<m>b <m>" << Texts{"a", "#0", "b ", "#0"};
    QTest::newRow("longest") << "{}"
                             << "<m>><m>" << Texts{"#1", "#0"};
    QTest::newRow("runs") << "{}"
                          << "a     b" << Texts{"a", "#2", "#2", " b"};
    QTest::newRow("incomplete") << "{}"
                                << "<m <" << Texts{"<m <"};
    QTest::newRow("none") << "{}"
                          << "" << Texts{};
    QTest::newRow("single word") << R"({"single_word": true})"
                                 << "x<m> <m> \u0301<m>.<m>" << Texts{"x<m> ", "#0", " \u0301<m>.", "#0"};
    QTest::newRow("lstrip") << R"({"lstrip": true})"
                            << "a \n<m> b" << Texts{"a", "#0", " b"};
    QTest::newRow("rstrip") << R"({"rstrip": true})"
                            << "a <m>\u3000 b" << Texts{"a ", "#0", "b"};
    QTest::newRow("both") << R"({"lstrip": true, "rstrip": true})"
                          << " <m> <m> " << Texts{"#0", "#0"};
}

void TestTokenizerParts::addedTokens()
{
    QFETCH(QString, flags);
    QFETCH(QString, text);
    QFETCH(QStringList, pieces);
    nlohmann::json json = parse(flags);
    json["content"] = "<m>";
    std::vector<std::pair<std::string, AddedToken>> tokens;
    tokens.emplace_back("<m>", readAddedToken(JsonNode(json, "test"), 0));
    tokens.emplace_back("<m>>", AddedToken{"<m>>", 1});
    tokens.emplace_back("  ", AddedToken{"  ", 2});
    tokens.emplace_back("", AddedToken{"", 3});
    const std::string bytes = text.toStdString();
    QStringList found;
    AddedTokenSplitter(tokens).split(
        {bytes, true}, [&](Piece piece) { found << QString::fromStdString(std::string(piece.text)); },
        [&](std::int32_t id) { found << "#" + QString::number(id); });
    QCOMPARE(found, pieces);
}

void TestTokenizerParts::postProcessors_data()
{
    using Numbers = QList<int>;
    QTest::addColumn<QString>("json");
    QTest::addColumn<Numbers>("before");
    QTest::addColumn<Numbers>("behind");
    const QString around = R"({"type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                   {"SpecialToken": {"id": "</s>", "type_id": 0}}], "pair": [],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [1, 7], "tokens": ["<s>", "x"]},
                           "</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]}}})";
    QTest::newRow("template") << around << Numbers{1, 7} << Numbers{2};
    QTest::newRow("byte level") << R"({"type": "ByteLevel", "add_prefix_space": true})" << Numbers{} << Numbers{};
    QTest::newRow("sequence") << R"({"type": "Sequence", "processors": [{"type": "ByteLevel"}, )" + around + "]}"
                              << Numbers{1, 7} << Numbers{2};
}

void TestTokenizerParts::postProcessors()
{
    QFETCH(QString, json);
    QFETCH(QList<int>, before);
    QFETCH(QList<int>, behind);
    const nlohmann::json parsed = parse(json);
    const Affixes affixes = readPostProcessor(JsonNode(parsed, "test"));
    QCOMPARE(QList<int>(affixes.before.begin(), affixes.before.end()), before);
    QCOMPARE(QList<int>(affixes.behind.begin(), affixes.behind.end()), behind);
}

QTEST_GUILESS_MAIN(TestTokenizerParts)
#include "tst_tokenizer_parts.moc"

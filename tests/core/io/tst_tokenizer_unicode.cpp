// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <random>

#include "core/exception.h"
#include "core/io/tokenizer/normal_form.h"
#include "core/io/tokenizer/regex.h"
#include "core/io/tokenizer/unicode.h"
#include "tests/core/io/tokenizer_support.h"

using namespace ecdysis::io;
using ecdysis::ErrorCode;
using ecdysis::Exception;
using tokenizers::Regex;

/// Unicode and regular expressions underneath the tokenizers, against Qt's own and by cases.
class TestTokenizerUnicode : public QObject
{
    Q_OBJECT

private slots:
    void invalidUtf8_data();
    void invalidUtf8();
    void everyCodePointIsValid();
    void normalFormsAgreeWithQt();
    void lowercase();
    void categories();
    void patterns_data();
    void patterns();
    void refusedPatterns_data();
    void refusedPatterns();
    void whitespaceIsUnicodes();
};

namespace {

std::vector<std::string> matchesOf(const std::string &pattern, const std::string &text)
{
    const Regex regex(pattern);
    Regex::Matches matches(regex, text);
    std::vector<std::string> found;
    while (const auto match = matches.next())
        found.push_back(text.substr(match->begin, match->end - match->begin));
    return found;
}

bool isSurrogate(char32_t codePoint)
{
    return codePoint >= 0xD800 && codePoint < 0xE000;
}

} // namespace

void TestTokenizerUnicode::invalidUtf8_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("offset");
    QTest::newRow("lone continuation") << QByteArray("ab\x80") << 2;
    QTest::newRow("cut short") << QByteArray("0123456789\xE2\x82") << 10;
    QTest::newRow("overlong of two") << QByteArray("\xC0\xAF") << 0;
    QTest::newRow("overlong of three") << QByteArray("a\xE0\x80\xAF") << 1;
    QTest::newRow("overlong of four") << QByteArray("a\xF0\x80\x80\xAF") << 1;
    QTest::newRow("surrogate") << QByteArray("xyz\xED\xA0\x80") << 3;
    QTest::newRow("beyond the last") << QByteArray("\xF4\x90\x80\x80") << 0;
    QTest::newRow("no such lead") << QByteArray("\xC3\xA9\xFF") << 2;
    QTest::newRow("lead before ASCII") << QByteArray("12345678\xC3\x28") << 8;
    QTest::newRow("last byte is wrong") << QByteArray("\xF0\x9F\xA6\x41") << 0;
}

void TestTokenizerUnicode::invalidUtf8()
{
    QFETCH(QByteArray, text);
    QFETCH(int, offset);
    const auto found = unicode::firstInvalidByte(text.toStdString());
    QVERIFY(found.has_value());
    QCOMPARE(*found, static_cast<std::size_t>(offset));
}

void TestTokenizerUnicode::everyCodePointIsValid()
{
    std::string all;
    for (char32_t c = 0; c <= 0x10FFFF; ++c) {
        if (!isSurrogate(c))
            unicode::append(all, c);
    }
    QVERIFY(!unicode::firstInvalidByte(all));
    char32_t expected = 0;
    for (std::size_t position = 0; position < all.size(); ++expected) {
        expected = isSurrogate(expected) ? 0xE000 : expected;
        const std::size_t begin = position;
        QCOMPARE(unicode::decode(all, position), expected);
        QCOMPARE(unicode::previous(all, position), begin);
    }
    QCOMPARE(expected, char32_t{0x110000});
}

/// Random texts of letters, marks, Hangul, ligatures and singletons in all four forms.
void TestTokenizerUnicode::normalFormsAgreeWithQt()
{
    const std::u32string alphabet =
        U"aAe \u00C5\u00E9\u00A0\u00BD\u0041\u0301\u0323\u0307\u0308\u030A\u1EA5\u212B\u2126"
        U"\uFB01\u1100\u1161\u11A8\uAC00\u0F71\u0F72\u0915\u093C\u3099\u304B\u2260\u0338"
        U"\U0001F469\u200D\U0001F680\uFF21\u01C4\u1E9B\u0344";
    std::mt19937 random(11);
    for (int round = 0; round < 3000; ++round) {
        std::u32string text(random() % 12, U' ');
        for (char32_t &c : text)
            c = alphabet[random() % alphabet.size()];
        const QString wide = QString::fromUcs4(text.data(), static_cast<qsizetype>(text.size()));
        const std::string narrow = wide.toStdString();
        const auto expected = [&](QString::NormalizationForm form) { return wide.normalized(form).toStdString(); };
        QCOMPARE(unicode::nfc(narrow), expected(QString::NormalizationForm_C));
        QCOMPARE(unicode::nfd(narrow), expected(QString::NormalizationForm_D));
        QCOMPARE(unicode::nfkc(narrow), expected(QString::NormalizationForm_KC));
        QCOMPARE(unicode::nfkd(narrow), expected(QString::NormalizationForm_KD));
    }
}

void TestTokenizerUnicode::lowercase()
{
    QCOMPARE(unicode::lowercase("\u00C9A\u0130\u03A3z\u1E9E"), std::string("\u00E9ai\u0307\u03C3z\u00DF"));
}

void TestTokenizerUnicode::categories()
{
    QVERIFY(unicode::isNumeric(U'7') && unicode::isNumeric(0x0663) && unicode::isNumeric(0xBD) &&
            unicode::isNumeric(0x2167) && !unicode::isNumeric(U'x') && !unicode::isNumeric(0x4E00));
    QVERIFY(unicode::isPunctuation(U'$') && unicode::isPunctuation(U'`') && unicode::isPunctuation(0x3002) &&
            !unicode::isPunctuation(0x20AC) && !unicode::isPunctuation(U'a'));
    QVERIFY(unicode::isWord(U'_') && unicode::isWord(0x301) && unicode::isWord(0x24B6) && unicode::isWord(0x200D) &&
            !unicode::isWord(U'-') && !unicode::isWord(0xBD));
    QCOMPARE(unicode::withoutLeadingSpace("\u3000 \ta b "), std::string_view("a b "));
    QCOMPARE(unicode::withoutTrailingSpace(" a b\u2003\n\u0085"), std::string_view(" a b"));
    QCOMPARE(unicode::withoutTrailingSpace(" \n"), std::string_view());
}

void TestTokenizerUnicode::patterns_data()
{
    using Texts = QStringList;
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<QString>("text");
    QTest::addColumn<Texts>("matches");
    QTest::newRow("interval") << R"(\p{N}{1,3})"
                              << "12345a6" << Texts{"123", "45", "6"};
    QTest::newRow("low abbreviation") << "a{,2}b"
                                      << "b ab aaab a{,2}b" << Texts{"b", "ab", "aab", "b"};
    QTest::newRow("case") << "(?i:'s|'RE)x"
                          << "'Sx 'rex 'sX '\u017Fx" << Texts{"'Sx", "'rex", "'\u017Fx"};
    QTest::newRow("negated set") << R"([^\s\p{L}\p{N}]+)"
                                 << "a-- b\u00A0\u2014c!" << Texts{"--", "\u2014", "!"};
    QTest::newRow("nested union") << R"([^(\s|[.,])]+)"
                                  << "ab, c(d.e" << Texts{"ab", "c", "d", "e"};
    QTest::newRow("script, not its extensions") << R"(\p{Hiragana}+)"
                                                << "\u3042\u30FC\u3044" << Texts{"\u3042", "\u3044"};
    QTest::newRow("dollar at line ends") << "a$"
                                         << "a\na" << Texts{"a", "a"};
    QTest::newRow("dot is no newline") << "a.b?"
                                       << "a\nb axb" << Texts{"axb"};
    QTest::newRow("lookahead") << R"(\s+(?!\S)|\s+)"
                               << "a  b \n"
                               << Texts{" ", " ", " \n"};
    QTest::newRow("possessive") << "a++a?b"
                                << "aab" << Texts{"aab"};
    QTest::newRow("escapes") << R"([\x41-\u0043\t\-\]]+)"
                             << "AB\tC-]D" << Texts{"AB\tC-]"};
    QTest::newRow("word") << R"(\w+)"
                          << "a_\u0301\u00BDb-\u24B6" << Texts{"a_\u0301", "b", "\u24B6"};
    QTest::newRow("vertical tab") << R"(\v)"
                                  << "\n\x0B" << Texts{"\x0B"};
    QTest::newRow("negated property") << R"(\p{^L}+)"
                                      << "a12b" << Texts{"12"};
    QTest::newRow("capture") << "(a)(b)"
                             << "ab" << Texts{"ab"};
    QTest::newRow("meta in class") << "[#$.*+?^|(){}]+"
                                   << "a(#$.*+?^|){}b" << Texts{"(#$.*+?^|){}"};
    QTest::newRow("Han range") << "[\u4E00-\u9FA5\u3040-\u309F]+"
                               << "a\u4E2D\u6587b" << Texts{"\u4E2D\u6587"};
}

void TestTokenizerUnicode::patterns()
{
    QFETCH(QString, pattern);
    QFETCH(QString, text);
    QFETCH(QStringList, matches);
    QStringList found;
    for (const std::string &match : matchesOf(pattern.toStdString(), text.toStdString()))
        found << QString::fromStdString(match);
    QCOMPARE(found, matches);
}

void TestTokenizerUnicode::refusedPatterns_data()
{
    QTest::addColumn<QString>("pattern");
    for (const char *pattern : {R"(\h+)",
                                R"(\bword\b)",
                                R"(a\Gb)",
                                "[a-z&&[^b]]",
                                "[[:alpha:]]",
                                "[a[^b]]",
                                "(?i)a|b",
                                "(?m:a.b)",
                                "(?<n>a)\\k<n>",
                                "(?i:straSSe)",
                                "(?i:\u00E9)",
                                "a{2}+",
                                "a{2}?",
                                "a*",
                                "",
                                "(a",
                                "a)",
                                "[a",
                                R"(\1)",
                                R"(\xE9)",
                                R"([\W])",
                                R"(\p{InGreek})",
                                R"(\p{Emoji_Nonsense})",
                                "x{",
                                R"((?i:\p{Lu}))",
                                "a\\",
                                R"([\d-z])",
                                "[z-a]",
                                R"(\R)",
                                "(?~ab)",
                                "[]a]",
                                "(*FAIL)a"})
        QTest::newRow(pattern) << QString(pattern);
}

void TestTokenizerUnicode::refusedPatterns()
{
    QFETCH(QString, pattern);
    try {
        Regex regex(pattern.toStdString());
        QFAIL("the pattern was taken");
    } catch (const Exception &exception) {
        QCOMPARE(exception.error().code, ErrorCode::Unsupported);
        QVERIFY(exception.error().message.find("pattern " + pattern.toStdString()) == 0);
    }
}

void TestTokenizerUnicode::whitespaceIsUnicodes()
{
    const Regex space(R"(\s)");
    const Regex other(R"(\S)");
    for (char32_t c = 0; c <= 0x3100; ++c) {
        std::string text;
        unicode::append(text, c);
        QCOMPARE(Regex::Matches(space, text).next().has_value(), unicode::isWhitespace(c));
        QCOMPARE(Regex::Matches(other, text).next().has_value(), !unicode::isWhitespace(c));
    }
}

QTEST_GUILESS_MAIN(TestTokenizerUnicode)
#include "tst_tokenizer_unicode.moc"

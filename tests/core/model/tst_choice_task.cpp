// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QTest>

#include "core/data/choice_task.h"
#include "core/data/task_document.h"
#include "tests/core/io/temporary.h"
#include "tests/core/model/model_support.h"

using namespace ecdysis;
using data::Choice;
using data::Item;

/// Task files in all their forms. What the documents of data sets become is what the functions of lm-evaluation-harness
/// make of them, worked out by hand from its task files.
class ChoiceTaskTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void documents_data();
    void documents();
    void badDocuments_data();
    void badDocuments();
    void linesAreItems();
    void hellaSwagHasSixLines();
    void badText_data();
    void badText();
    void compressedFiles();
    void damagedFiles();
    void charactersAreCodePoints();
    void sharedFilesAreWhole();

private:
    TemporaryFolder m_folder;
};

Q_DECLARE_METATYPE(data::Item)

namespace {

Item item(const std::string &context, const std::vector<std::string> &choices, std::size_t gold)
{
    Item result{.choices = {}, .gold = gold};
    for (const std::string &choice : choices)
        result.choices.push_back({context, choice});
    return result;
}

/// python3 -c 'import bz2; print(bz2.compress(b"...").hex())' of the line in compressedFiles().
constexpr unsigned char compressedLine[] = {
    0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0x44, 0xb3, 0x00, 0x86, 0x00, 0x00, 0x13, 0x59,
    0x80, 0x00, 0x10, 0x50, 0x04, 0x00, 0x10, 0x3a, 0x21, 0x86, 0x4a, 0x20, 0x00, 0x31, 0x43, 0x4d, 0x30, 0x00,
    0x34, 0x43, 0x23, 0x4d, 0x0d, 0xa8, 0x58, 0x33, 0xe7, 0xbc, 0xd0, 0x2b, 0x32, 0x05, 0x5e, 0xc8, 0xe9, 0x49,
    0x41, 0xc1, 0x81, 0x2a, 0x4c, 0x7c, 0x5d, 0xc9, 0x14, 0xe1, 0x42, 0x41, 0x12, 0xcc, 0x02, 0x18};

std::string compressed()
{
    return {reinterpret_cast<const char *>(compressedLine), sizeof compressedLine};
}

} // namespace

void ChoiceTaskTest::documents_data()
{
    QTest::addColumn<std::string>("line");
    QTest::addColumn<Item>("expected");
    QTest::newRow("query") << std::string(R"({"query": "Fog is", "choices": ["thin", "wet"], "gold": 1})")
                           << item("Fog is", {"thin", "wet"}, 1);
    QTest::newRow("question") << std::string(R"({"query": "Question: What?\n", "choices": ["a", "b"], "gold": 0})")
                              << item("Question: What?\n\nAnswer:", {"a", "b"}, 0);
    QTest::newRow("question with its answer")
        << std::string(R"({"query": "Question: What?\nAnswer:", "choices": ["A", "B"], "gold": 0})")
        << item("Question: What?\nAnswer:", {"A", "B"}, 0);
    QTest::newRow("context options")
        << std::string(R"({"context_options": ["Ann so Ann", "Ann so Eve"], "continuation": "won.", "gold": 1})")
        << Item{{{"Ann so Ann", "won."}, {"Ann so Eve", "won."}}, 1};
    QTest::newRow("continuation") << std::string(R"({"context": "I don't care about", "continuation": "signs"})")
                                  << item("I don't care about", {"signs"}, 0);
    QTest::newRow("hellaswag")
        << std::string(R"({"activity_label": "Shave", "ctx_a": "[header] How to shave [title] Wet it.",)"
                       R"( "ctx_b": "a Man", "endings": [" runs [step] off. ", "sings."], "label": "1"})")
        << item("Shave: How to shave. Wet it. A man", {"runs off.", "sings."}, 1);
    QTest::newRow("piqa") << std::string(R"({"goal": "cut", "sol1": "knife", "sol2": "spoon", "label": 0})")
                          << item("Question: cut\nAnswer:", {"knife", "spoon"}, 0);
    QTest::newRow("arc") << std::string(R"({"id": "x", "question": "Why?", "answerKey": "2",)"
                                        R"( "choices": {"text": ["so", "not", "yes"], "label": ["1", "2", "3"]}})")
                         << item("Question: Why?\nAnswer:", {"so", "not", "yes"}, 1);
    QTest::newRow("openbookqa") << std::string(R"({"question_stem": "The sun is", "answerKey": " B",)"
                                               R"( "choices": {"text": ["cold", "hot"], "label": ["A", "B"]}})")
                                << item("The sun is", {"cold", "hot"}, 1);
    QTest::newRow("commonsense_qa") << std::string(
                                           R"({"question": " Where? ", "question_concept": "c", "answerKey": "B",)"
                                           R"( "choices": {"text": ["here", "there"], "label": ["A", "B"]}})")
                                    << item("Question: Where?\nA. here\nB. there\nAnswer:", {"A", "B"}, 1);
    QTest::newRow("winogrande") << std::string(R"({"sentence": "Ann saw Eve, so _ left.", "option1": "Ann",)"
                                               R"( "option2": "Eve", "answer": "2"})")
                                << Item{{{"Ann saw Eve, so Ann", "left."}, {"Ann saw Eve, so Eve", "left."}}, 1};
    QTest::newRow("boolq") << std::string(R"({"passage": "It is.", "question": "is it", "label": 1, "idx": 0})")
                           << item("It is.\nQuestion: is it?\nAnswer:", {"no", "yes"}, 1);
    QTest::newRow("copa") << std::string(
                                 R"({"premise": "He fell. ", "choice1": "Ice lay there.", "choice2": "Él ran.",)"
                                 R"( "question": "cause", "label": 0})")
                          << item("He fell because", {"ice lay there.", "él ran."}, 0);
    QTest::newRow("sciq") << std::string(R"({"question": "What?", "support": " Known.", "distractor1": "a",)"
                                         R"( "distractor2": "b", "distractor3": "c", "correct_answer": "d"})")
                          << item("Known.\nQuestion: What?\nAnswer:", {"a", "b", "c", "d"}, 3);
    QTest::newRow("social_iqa") << std::string(R"({"context": "She left.", "question": "Why?", "answerA": "a",)"
                                               R"( "answerB": "b", "answerC": "c", "label": "3"})")
                                << item("Q: She left. Why?\nA:", {"a", "b", "c"}, 2);
    QTest::newRow("lambada") << std::string(R"({"text": "I don't care about signs"})")
                             << item("I don't care about", {"signs"}, 0);
}

void ChoiceTaskTest::documents()
{
    QFETCH(std::string, line);
    QFETCH(Item, expected);
    const Item found = data::readTaskDocument(line, "here");
    QVERIFY(found == expected);
}

void ChoiceTaskTest::badDocuments_data()
{
    QTest::addColumn<std::string>("line");
    QTest::addColumn<QString>("words");
    QTest::newRow("no JSON") << std::string("{\"query\": ") << "JSON expected";
    QTest::newRow("no object") << std::string("[1]") << "array found";
    QTest::newRow("unknown fields") << std::string(R"({"riddle": "?", "answer": "!"})") << "answer, riddle";
    QTest::newRow("no text") << std::string(R"({"query": 3, "choices": ["a"], "gold": 0})") << "\"query\"";
    QTest::newRow("no list") << std::string(R"({"query": "q", "choices": "a", "gold": 0})") << "\"choices\"";
    QTest::newRow("no choices") << std::string(R"({"query": "q", "choices": [], "gold": 0})") << "\"choices\"";
    QTest::newRow("gold beyond") << std::string(R"({"query": "q", "choices": ["a", "b"], "gold": 2})")
                                 << "from 0 to 1 in \"gold\" expected, 2 found";
    QTest::newRow("empty choice") << std::string(R"({"query": "q", "choices": ["a", ""], "gold": 0})") << "empty";
    QTest::newRow("empty context") << std::string(R"({"query": "", "choices": ["a"], "gold": 0})") << "empty";
    QTest::newRow("no such label") << std::string(R"({"question": "q", "answerKey": "E",)"
                                                  R"( "choices": {"text": ["a", "b"], "label": ["A", "B"]}})")
                                   << "one of A, B expected, \"E\" found";
    QTest::newRow("no blank") << std::string(R"({"sentence": "s", "option1": "a", "option2": "b", "answer": "1"})")
                              << "blank";
    QTest::newRow("one word") << std::string(R"({"text": "word"})") << "two words";
    QTest::newRow("no UTF-8") << std::string("{\"text\": \"a \xff\"}") << "UTF-8";
}

void ChoiceTaskTest::badDocuments()
{
    QFETCH(std::string, line);
    QFETCH(QString, words);
    const Error error = errorOf([&] { data::readTaskDocument(line, "f.jsonl, line 7"); });
    QCOMPARE(error.code, ErrorCode::BadFormat);
    QCOMPARE(error.where, std::string("f.jsonl, line 7"));
    QVERIFY2(QString::fromStdString(error.message).contains(words), error.message.c_str());
}

void ChoiceTaskTest::linesAreItems()
{
    const std::string line = R"({"context": "a b", "continuation": "c"})";
    const auto file = m_folder.write("small.task.jsonl", "\n" + line + "\r\n\n" + line + "\n" + line);
    const data::ChoiceTask task = data::readChoiceTask(file, 0, {});
    QCOMPARE(task.name, std::string("small.task"));
    QCOMPARE(task.items.size(), std::size_t{3});
    QVERIFY(task.items[1] == item("a b", {"c"}, 0));
    QCOMPARE(data::readChoiceTask(file, 2, {}).items.size(), std::size_t{2});
    const auto broken = m_folder.write("broken.jsonl", line + "\n\n" + "{}");
    QCOMPARE(errorOf([&] { data::readChoiceTask(broken, 0, {}); }).where, broken.string() + ", line 3");
    QCOMPARE(data::readChoiceTask(broken, 1, {}).items.size(), std::size_t{1});
    QCOMPARE(errorOf([&] { data::readChoiceTask(m_folder.path() / "none.jsonl", 0, {}); }).code, ErrorCode::NotFound);
    QCOMPARE(errorOf([&] { data::readChoiceTask(m_folder.write("empty", " \n"), 0, {}); }).code, ErrorCode::BadFormat);
}

void ChoiceTaskTest::hellaSwagHasSixLines()
{
    const auto file = m_folder.write("h.txt", "Roof: A man\n3\nis one\nis two\nis three\nis four\n"
                                              "Dog: It\n0\na\nb\nc\nd\n");
    const data::ChoiceTask task = data::readChoiceTask(file, 0, {});
    QCOMPARE(task.items.size(), std::size_t{2});
    QVERIFY(task.items[0] == item("Roof: A man", {"is one", "is two", "is three", "is four"}, 3));
    QVERIFY(task.items[1] == item("Dog: It", {"a", "b", "c", "d"}, 0));
}

void ChoiceTaskTest::badText_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("line");
    QTest::newRow("no number") << QByteArray("c\n0\na\nb\nc\nd\nc\nx\na\nb\nc\nd\n") << 8;
    QTest::newRow("number beyond") << QByteArray("c\n4\na\nb\nc\nd\n") << 2;
    QTest::newRow("too short") << QByteArray("c\n1\na\nb\n") << 5;
    QTest::newRow("no UTF-8") << QByteArray("c\n1\na\nb\xff\nc\nd\n") << 4;
}

void ChoiceTaskTest::badText()
{
    QFETCH(QByteArray, text);
    QFETCH(int, line);
    const auto file = m_folder.write("bad.txt", text.toStdString());
    const Error error = errorOf([&] { data::readChoiceTask(file, 0, {}); });
    QCOMPARE(error.code, ErrorCode::BadFormat);
    QCOMPARE(error.where, file.string() + ", line " + std::to_string(line));
}

void ChoiceTaskTest::compressedFiles()
{
    const Item expected = item("a b", {"c"}, 0); // {"context": "a b", "continuation": "c"}
    const auto file = m_folder.write("packed.jsonl.bz2", compressed());
    const data::ChoiceTask task = data::readChoiceTask(file, 0, {});
    QCOMPARE(task.name, std::string("packed"));
    QVERIFY(task.items == std::vector<Item>{expected});
    // Streams may follow one another, and the content tells, not the name.
    const auto twice = m_folder.write("twice.jsonl", compressed() + compressed());
    QVERIFY((data::readChoiceTask(twice, 0, {}).items == std::vector<Item>{expected, expected}));
}

void ChoiceTaskTest::damagedFiles()
{
    const auto codeOf = [&](const std::string &bytes) {
        return errorOf([&] { data::readChoiceTask(m_folder.write("damaged.bz2", bytes), 0, {}); }).code;
    };
    const std::string whole = compressed();
    for (std::size_t size = 3; size < whole.size(); ++size)
        QCOMPARE(codeOf(whole.substr(0, size)), ErrorCode::BadFormat);
    // Every byte of the data has its part in a checksum; the block size and the last bits of all do not matter.
    const Item expected = item("a b", {"c"}, 0);
    int found = 0;
    for (std::size_t at = 3; at < whole.size(); ++at) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
        const auto file = m_folder.write("damaged.bz2", damaged);
        std::vector<Item> items{expected};
        const Error error = errorOf([&] { items = data::readChoiceTask(file, 0, {}).items; });
        QVERIFY(error.code == ErrorCode::BadFormat || items == std::vector<Item>{expected});
        found += error.code == ErrorCode::BadFormat ? 1 : 0;
    }
    QVERIFY(found > static_cast<int>(whole.size()) / 2);
}

void ChoiceTaskTest::charactersAreCodePoints()
{
    const Choice choice{"", "größe €"};
    QCOMPARE(choice.characters(), 7);
    QCOMPARE(choice.bytes(), 11);
    QCOMPARE(choice.continuation(), std::string(" größe €"));
}

void ChoiceTaskTest::sharedFilesAreWhole()
{
    SKIP_WITHOUT(sharedData("data/eval/copa.jsonl"));
    const std::map<std::string, std::size_t> sizes{{"copa.jsonl", 100},         {"boolq.jsonl", 3270},
                                                   {"winograd_wsc.jsonl", 273}, {"lambada_openai.jsonl", 5153},
                                                   {"siqa.jsonl", 1954},        {"hellaswag_val_full.txt.bz2", 10042}};
    for (const auto &[name, size] : sizes)
        QCOMPARE(data::readChoiceTask(sharedData("data/eval/" + name), 0, {}).items.size(), size);
}

QTEST_GUILESS_MAIN(ChoiceTaskTest)
#include "tst_choice_task.moc"

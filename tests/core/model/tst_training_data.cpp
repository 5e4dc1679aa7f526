// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <fstream>

#include <QTemporaryDir>
#include <QTest>

#include "core/data/instructions.h"
#include "core/data/training_text.h"
#include "tests/core/model/model_support.h"
#include "tests/support/temporary_model.h"

using namespace ecdysis;

namespace {

std::string textOf(const at::Tensor &ids)
{
    std::string text;
    for (std::int64_t i = 0; i < ids.numel(); ++i)
        text += static_cast<char>(ids[i].item<std::int64_t>()); // tokens of the tiny model are bytes
    return text;
}

/// The token of a byte in the tiny model.
std::int64_t token(char byte)
{
    return static_cast<unsigned char>(byte);
}

} // namespace

/// Texts and instructions as examples to learn from.
class TrainingDataTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyPassSeesEachExampleOnce();
    void textIsCutAndItsEndHeldOut();
    void anotherTextIsValidatedOn();
    void examplesAreCutToTheirLabels();
    void answersAreLabels();
    void instructionsFromBothForms();
    void badInstructions_data();
    void badInstructions();

private:
    std::filesystem::path path(const char *name) const { return m_model.path(name).toStdString(); }

    const TinyModel m_model;
};

void TrainingDataTest::everyPassSeesEachExampleOnce()
{
    const auto passes = data::drawn(10, 0, 20, 7);
    std::vector<std::int64_t> first(passes.begin(), passes.begin() + 10), second(passes.begin() + 10, passes.end());
    QVERIFY(first != second);
    QVERIFY(!std::ranges::is_sorted(first));
    for (auto *pass : {&first, &second}) {
        std::ranges::sort(*pass);
        for (std::int64_t i = 0; i < 10; ++i)
            QCOMPARE((*pass)[static_cast<std::size_t>(i)], i);
    }
    // From any place on, the same; with another seed, not.
    QVERIFY(data::drawn(10, 7, 6, 7) == std::vector<std::int64_t>(passes.begin() + 7, passes.begin() + 13));
    QVERIFY(data::drawn(10, 0, 20, 8) != passes);
}

void TrainingDataTest::textIsCutAndItsEndHeldOut()
{
    const auto data = data::readTrainingText(path(""), {path("text.txt"), path("text.txt")}, {}, 16, {});
    const std::string text = pseudoText(4000);
    QCOMPARE(data.training.count(), 2 * 3920 / 16);
    QCOMPARE(data.validation.count(), 2 * 80 / 16);
    QCOMPARE(textOf(data.training.ids[1]), text.substr(16, 16));
    QCOMPARE(textOf(data.training.ids[245]), text.substr(0, 16));
    QCOMPARE(textOf(data.validation.ids[4]), text.substr(3984, 16));
    QCOMPARE(data.training.labels.sum().item<std::int64_t>(), 490 * 15);
    QVERIFY(!data.training.labels.select(1, 0).any().item<bool>());
    const Error error = errorOf([&] { data::readTrainingText(path(""), {path("text.txt")}, {}, 2001, {}); });
    QCOMPARE(error.code, ErrorCode::InvalidArgument);
    QVERIFY(error.where.find("text.txt") != error.where.npos);
    QCOMPARE(data::spread(data.validation, 3).count(), 3);
    QVERIFY(at::equal(data::spread(data.validation, 3).ids[1], data.validation.ids[3]));
}

void TrainingDataTest::anotherTextIsValidatedOn()
{
    const auto data = data::readTrainingText(path(""), {path("text.txt")}, path("tokenizer.json"), 16, {});
    QCOMPARE(data.training.count(), 4000 / 16);
    QCOMPARE(textOf(data.validation.ids[0]), byteTokenizer().substr(0, 16));
}

void TrainingDataTest::examplesAreCutToTheirLabels()
{
    const auto examples = data::padded({{{5, true}, {6, false}, {7, true}}, {{8, false}, {9, true}}, {{1, true}}});
    QVERIFY(at::equal(examples.ids, at::tensor(std::vector<std::int64_t>{5, 6, 7, 8, 9, 0, 1, 0, 0}).view({3, 3})));
    QCOMPARE(examples.labels.sum().item<std::int64_t>(), 2);
    const auto one = data::chosen(examples, {1});
    QVERIFY(at::equal(one.ids, at::tensor(std::vector<std::int64_t>{8, 9}).view({1, 2})));
    QVERIFY(data::fingerprint({examples, one}) != data::fingerprint({one, examples}));
}

void TrainingDataTest::answersAreLabels()
{
    const data::Instruction instruction{"Add.", "1 and 2", "It is 3."};
    QCOMPARE(data::promptOf(instruction),
             std::string("Below is an instruction that describes a task, paired with an input that provides further "
                         "context. Write a response that appropriately completes the request.\n\n### Instruction:\n"
                         "Add.\n\n### Input:\n1 and 2\n\n### Response:\n"));
    QCOMPARE(data::promptOf({"Sing.", "", "La."}),
             std::string("Below is an instruction that describes a task. Write a response that appropriately "
                         "completes the request.\n\n### Instruction:\nSing.\n\n### Response:\n"));
    const auto tokenizer = valueOrThrow(io::Tokenizer::open(path("")));
    const std::size_t prompt = data::promptOf(instruction).size();
    const auto whole = data::labelled(instruction, tokenizer, token('$'), 1000, {});
    QCOMPARE(whole.size(), prompt + 9);
    for (std::size_t i = 0; i < whole.size(); ++i)
        QCOMPARE(whole[i].second, i >= prompt);
    QCOMPARE(whole[prompt].first, token('I'));
    QCOMPARE(whole.back().first, token('$'));
    QCOMPARE(data::labelled(instruction, tokenizer, {}, 1000, {}).back().first, token('.'));
    const auto cut = data::labelled(instruction, tokenizer, token('$'), static_cast<std::int64_t>(prompt) + 2, {});
    QCOMPARE(cut.size(), prompt + 2);
    QCOMPARE(cut.back().first, token('t'));
}

void TrainingDataTest::instructionsFromBothForms()
{
    nlohmann::json list;
    std::string lines;
    for (int i = 0; i < 60; ++i) {
        nlohmann::json record{{"instruction", "Count."}, {"output", std::to_string(i)}};
        if (i % 2 == 1)
            record["input"] = "to " + std::to_string(i);
        list.push_back(record);
        lines += record.dump() + "\n";
    }
    m_model.write("list.json", QByteArray::fromStdString(list.dump(1)));
    m_model.write("lines.jsonl", QByteArray::fromStdString(lines + "\n"));
    const auto fromList = data::readInstructionData(path(""), path("list.json"), {}, token('$'), 256, {});
    const auto fromLines = data::readInstructionData(path(""), path("lines.jsonl"), {}, token('$'), 256, {});
    QVERIFY(at::equal(fromList.training.ids, fromLines.training.ids));
    QVERIFY(at::equal(fromList.validation.labels, fromLines.validation.labels));
    QCOMPARE(fromList.training.count(), 59);
    QCOMPARE(fromList.validation.count(), 1);
    QCOMPARE(fromList.training.labels.sum().item<std::int64_t>(), 10 * 2 + 49 * 3); // digits, and the end
    // Prompts with an input are longer than 180 bytes and fall out.
    const auto shorter = data::readInstructionData(path(""), path("list.json"), path("lines.jsonl"), {}, 180, {});
    QCOMPARE(shorter.training.count(), 30);
    QCOMPARE(shorter.validation.count(), 30);
}

void TrainingDataTest::badInstructions_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("place");
    QTest::newRow("no JSON") << QByteArray("{\"instruction\": ") << "line 1";
    QTest::newRow("no list") << QByteArray("[{\"instruction\": ") << "bad.json";
    QTest::newRow("no object") << QByteArray("[\"a\"]") << "[0]";
    QTest::newRow("no output") << QByteArray("{\"instruction\": \"a\", \"output\": \"b\"}\n{\"instruction\": \"a\"}")
                               << "line 2";
    QTest::newRow("a number") << QByteArray("[{\"instruction\": 3, \"output\": \"b\"}]") << "[0]";
    QTest::newRow("too few") << QByteArray("[{\"instruction\": \"a\", \"output\": \"b\"}]") << "bad.json";
}

void TrainingDataTest::badInstructions()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, place);
    m_model.write("bad.json", text);
    const Error error = errorOf([&] { data::readInstructionData(path(""), path("bad.json"), {}, {}, 256, {}); });
    QVERIFY(error.code == ErrorCode::BadFormat || error.code == ErrorCode::InvalidArgument);
    QVERIFY2(QString::fromStdString(error.where).contains(place), error.where.c_str());
}

QTEST_GUILESS_MAIN(TrainingDataTest)
#include "tst_training_data.moc"

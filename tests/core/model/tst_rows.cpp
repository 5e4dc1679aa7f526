// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <numeric>

#include <QTest>

#include "core/data/python_sample.h"
#include "core/data/rows.h"
#include "core/data/windows.h"
#include "tests/core/model/model_support.h"
#include "tests/support/temporary_model.h"

using namespace ecdysis;
using Rows = std::vector<std::string>;

/// Rows of a set of data, drawn and joined.
class RowsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void drawnAsPythonDraws_data();
    void drawnAsPythonDraws();
    void linesOfText();
    void columns();
    void refusals_data();
    void refusals();
    void windowsOfRows();

private:
    std::filesystem::path path(const char *name) const { return m_model.path(name).toStdString(); }

    const TinyModel m_model;
};

void RowsTest::drawnAsPythonDraws_data()
{
    QTest::addColumn<int>("population");
    QTest::addColumn<int>("count");
    QTest::addColumn<quint64>("seed");
    QTest::addColumn<QList<int>>("first");
    QTest::addColumn<int>("last");
    QTest::addColumn<int>("sum");
    // Python 3.11: random.seed(seed); rows = random.sample(range(population), count)
    QTest::newRow("a list of what is left")
        << 52 << 7 << quint64{42} << QList<int>{40, 7, 1, 47, 17, 15, 14} << 14 << 141;
    QTest::newRow("alpaca") << 5200 << 256 << quint64{42} << QList<int>{912, 204, 2253, 2006, 1828} << 1751 << 639041;
    QTest::newRow("another seed") << 5200 << 256 << quint64{43} << QList<int>{315, 2343, 1179} << 398 << 647690;
    QTest::newRow("below the bound of a list")
        << 1000 << 256 << quint64{42} << QList<int>{654, 114, 25} << 831 << 132900;
    QTest::newRow("all") << 30 << 30 << quint64{1} << QList<int>{4, 18, 27, 25} << 26 << 435;
    QTest::newRow("few") << 10 << 3 << quint64{0} << QList<int>{6, 9, 0} << 0 << 15;
    QTest::newRow("a seed of two words") << 100000 << 5 << quint64{(1ULL << 40) + 7} << QList<int>{80439, 97953, 83823}
                                         << 92483 << 429460;
}

void RowsTest::drawnAsPythonDraws()
{
    QFETCH(int, population);
    QFETCH(int, count);
    QFETCH(quint64, seed);
    QFETCH(QList<int>, first);
    QFETCH(int, last);
    QFETCH(int, sum);
    const auto drawn = data::pythonSample(static_cast<std::size_t>(population), static_cast<std::size_t>(count), seed);
    QCOMPARE(drawn.size(), static_cast<std::size_t>(count));
    for (qsizetype i = 0; i < first.size(); ++i)
        QCOMPARE(drawn[static_cast<std::size_t>(i)], static_cast<std::size_t>(first[i]));
    QCOMPARE(drawn.back(), static_cast<std::size_t>(last));
    QCOMPARE(std::accumulate(drawn.begin(), drawn.end(), 0), sum);
}

void RowsTest::linesOfText()
{
    m_model.write("wiki.raw", " \n = Title = \n \n One . \nTwo");
    QCOMPARE(data::readRows(path("wiki.raw"), ""), (Rows{"", " = Title = \n", "", " One . \n", "Two"}));
    // All five, in Python's order: 0, 4, 2, 1, 3. Blank rows leave blank lines.
    QCOMPARE(data::joinedRows(path("wiki.raw"), {.rows = 5, .seed = 42}, ""),
             std::string("\n\nTwo\n\n\n\n = Title = \n\n\n One . \n"));
}

void RowsTest::columns()
{
    m_model.write("ptb.jsonl", R"({"sentence": "a b", "text": "c"}
{"sentence": "d", "text": "e", "url": 4}
)");
    QCOMPARE(data::readRows(path("ptb.jsonl"), ""), (Rows{"c", "e"}));
    QCOMPARE(data::readRows(path("ptb.jsonl"), "sentence"), (Rows{"a b", "d"}));
    m_model.write("alpaca.json", R"([{"instruction": "Add.", "input": "1 1", "output": "2"}])");
    QCOMPARE(data::readRows(path("alpaca.json"), ""),
             (Rows{"Below is an instruction that describes a task, paired with an input that provides further context. "
                   "Write a response that appropriately completes the request.\n\n### Instruction:\nAdd.\n\n### "
                   "Input:\n1 1\n\n### Response:\n2"}));
    QCOMPARE(data::readRows(path("alpaca.json"), "output"), (Rows{"2"}));
}

void RowsTest::refusals_data()
{
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QString>("column");
    QTest::addColumn<QString>("message");
    QTest::newRow("no such column") << QByteArray(R"({"sentence": "a", "n": 1})") << ""
                                    << "found: sentence";
    QTest::newRow("a number") << QByteArray(R"([{"text": 1}])") << ""
                              << "found: none";
    QTest::newRow("no object") << QByteArray("[1]") << ""
                               << "object expected, number found";
    QTest::newRow("text") << QByteArray("words") << "text"
                          << "text found";
    QTest::newRow("Parquet") << QByteArray("PAR1...") << ""
                             << "Parquet found";
    QTest::newRow("gzip") << QByteArray("\x1f\x8b\x08") << ""
                          << "gzip found";
    QTest::newRow("too few") << QByteArray("one\ntwo\n") << ""
                             << "at least 3 rows to draw from, found 2";
}

void RowsTest::refusals()
{
    QFETCH(QByteArray, content);
    QFETCH(QString, column);
    QFETCH(QString, message);
    m_model.write("bad.json", content);
    const Error error = errorOf([&] { data::joinedRows(path("bad.json"), {.rows = 3}, column.toStdString()); });
    QVERIFY2(QString::fromStdString(error.message).contains(message), error.message.c_str());
    QVERIFY(error.where.starts_with(path("bad.json").string()));
}

void RowsTest::windowsOfRows()
{
    QByteArray lines;
    for (int i = 0; i < 40; ++i)
        lines += "{\"text\": \"" + QByteArray::number(i).rightJustified(8, '.') + "\"}\n";
    m_model.write("rows.jsonl", lines);
    const WindowProtocol protocol{.window = 16, .sample = {{.rows = 8, .seed = 42}}};
    const auto windows = data::readWindows(path(""), path("rows.jsonl"), protocol, {});
    // 8 rows of 8 bytes, 2 between: 78 tokens, of which 14 are dropped.
    QCOMPARE(windows.ids.size(0), 4);
    QCOMPARE(windows.calibration.tokens, 78);
    QCOMPARE(windows.calibration.protocol, protocol);
    std::string text;
    for (std::int64_t i = 0; i < 16; ++i)
        text += static_cast<char>(windows.ids[0][i].item<std::int64_t>());
    const std::size_t row = data::pythonSample(40, 8, 42).front();
    QCOMPARE(text.substr(0, 10), QString::number(row).rightJustified(8, u'.').toStdString() + "\n\n");
    auto other = protocol;
    other.sample->seed = 43;
    QVERIFY(data::readWindows(path(""), path("rows.jsonl"), other, {}).calibration.fingerprint !=
            windows.calibration.fingerprint);
    other.sample->rows = 0;
    QCOMPARE(errorOf([&] { data::readWindows(path(""), path("rows.jsonl"), other, {}); }).code,
             ErrorCode::InvalidArgument);
}

QTEST_GUILESS_MAIN(RowsTest)
#include "tst_rows.moc"

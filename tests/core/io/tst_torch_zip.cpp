// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/io/torch_zip.h"

#include <atomic>
#include <functional>
#include <thread>

#include <QTest>

#include "core/io/safetensors.h"
#include "tests/core/io/pickle_builder.h"
#include "tests/core/io/zip_builder.h"
#include "tests/support/support.h"

using namespace ecdysis;
using namespace ecdysis::io;
using namespace pickled;

namespace {

std::string numbers(std::size_t count)
{
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i)
        bytes += littleEndian(static_cast<std::int16_t>(i));
    return bytes;
}

std::string half(std::int64_t elements)
{
    return storage("0", elements, "ShortStorage");
}

/// Entries of a correct file: one storage of six numbers.
std::vector<ZipEntry> entriesOf(const std::string &state)
{
    return {{"x/data.pkl", whole(state)},
            {"x/byteorder", "little"},
            {"x/data/0", numbers(6)},
            {"x/version", "3\n"},
            {"x/.data/serialization_id", "0"}};
}

std::vector<ZipEntry> someEntries()
{
    return entriesOf(dict({{"x.weight", tensor(half(6), 0, {2, 3}, {3, 1})}}));
}

std::vector<std::int16_t> valuesOf(const TorchFile &file, std::string_view name)
{
    const auto data = file.read(name);
    if (!data)
        return {-1};
    const auto *first = reinterpret_cast<const std::int16_t *>(data->bytes.data());
    return {first, first + data->bytes.size() / sizeof(std::int16_t)};
}

using Change = std::function<void(std::vector<ZipEntry> &)>;

} // namespace

Q_DECLARE_METATYPE(Change)

class TestTorchZip : public QObject
{
    Q_OBJECT

private slots:
    void readsFixtures();
    void agreesWithSafetensors();
    void makesViewsContiguous();
    void findsAliases();
    void readsAnyFolderName();
    void refusesEntries_data();
    void refusesEntries();
    void refusesOtherContainers();
    void checksCrcWhenRead();
    void refusesEveryTruncation();
    void readsFromManyThreads();
    void stopsWhenAsked();
};

void TestTorchZip::readsFixtures()
{
    const auto file = TorchFile::open(testData("mamba_original/pytorch_model.bin"));
    VERIFY_RESULT(file);
    QCOMPARE(file->tensors().size(), 43u);
    QCOMPARE(file->tensors().front().name, std::string("backbone.embedding.weight"));
    QCOMPARE(file->tensors().front().shape, (std::vector<std::int64_t>{272, 64}));
    QCOMPARE(file->tensors().front().file, std::string("pytorch_model.bin"));
    using Aliases = std::vector<std::pair<std::string, std::string>>;
    QCOMPARE(file->aliases(), (Aliases{{"lm_head.weight", "backbone.embedding.weight"}}));
}

void TestTorchZip::agreesWithSafetensors()
{
    const auto torch = TorchFile::open(testData("mamba_original/pytorch_model.bin"));
    const auto safe = SafetensorsFile::open(testData("mamba/model.safetensors"));
    VERIFY_RESULT(torch);
    VERIFY_RESULT(safe);
    int compared = 0;
    for (const auto &info : torch->tensors()) {
        const bool embedding = info.name == "backbone.embedding.weight" || info.name == "lm_head.weight";
        const auto expected = safe->bytes(embedding ? "backbone.embeddings.weight" : info.name);
        VERIFY_RESULT(expected);
        const auto data = torch->read(info.name);
        VERIFY_RESULT(data);
        QVERIFY2(std::ranges::equal(data->bytes, *expected), info.name.c_str());
        ++compared;
    }
    QCOMPARE(compared, 43);
}

void TestTorchZip::makesViewsContiguous()
{
    const TemporaryFolder folder;
    const auto path =
        folder.write("a.bin", buildZip(entriesOf(dict({{"slice", tensor(half(6), 2, {3}, {1})},
                                                       {"transposed", tensor(half(6), 0, {3, 2}, {1, 3})},
                                                       {"column", tensor(half(6), 1, {2, 1}, {3, 17})},
                                                       {"corner", tensor(half(6), 1, {2, 2}, {3, 1})},
                                                       {"cube", tensor(half(6), 0, {1, 2, 3}, {99, 1, 2})},
                                                       {"scalar", tensor(half(6), 5, {}, {})},
                                                       {"empty", tensor(half(6), 6, {0, 3}, {3, 1})}}))));
    const auto file = TorchFile::open(path);
    VERIFY_RESULT(file);
    using Values = std::vector<std::int16_t>;
    QCOMPARE(valuesOf(*file, "slice"), (Values{2, 3, 4}));
    QCOMPARE(valuesOf(*file, "transposed"), (Values{0, 3, 1, 4, 2, 5}));
    QCOMPARE(valuesOf(*file, "column"), (Values{1, 4}));
    QCOMPARE(valuesOf(*file, "corner"), (Values{1, 2, 4, 5}));
    QCOMPARE(valuesOf(*file, "cube"), (Values{0, 2, 4, 1, 3, 5}));
    QCOMPARE(valuesOf(*file, "scalar"), (Values{5}));
    QCOMPARE(valuesOf(*file, "empty"), Values{});
    const auto absent = file->read("absent");
    QVERIFY(!absent);
    QCOMPARE(absent.error().code, ErrorCode::NotFound);
    QVERIFY(contains(absent.error().where, "a.bin: absent"));
}

void TestTorchZip::findsAliases()
{
    const TemporaryFolder folder;
    const auto path =
        folder.write("a.bin", buildZip(entriesOf(dict({{"z", tensor(half(6), 0, {2, 3}, {3, 1})},
                                                       {"b", tensor(half(6), 0, {2, 3}, {3, 1})},
                                                       {"other shape", tensor(half(6), 0, {6}, {1})},
                                                       {"other strides", tensor(half(6), 0, {2, 3}, {1, 2})},
                                                       {"other offset", tensor(half(6), 1, {2}, {1})},
                                                       {"c", tensor(half(6), 0, {2, 3}, {3, 1})}}))));
    const auto file = TorchFile::open(path);
    VERIFY_RESULT(file);
    using Aliases = std::vector<std::pair<std::string, std::string>>;
    QCOMPARE(file->aliases(), (Aliases{{"c", "b"}, {"z", "b"}}));
}

void TestTorchZip::readsAnyFolderName()
{
    const TemporaryFolder folder;
    auto entries = someEntries();
    for (auto &entry : entries)
        entry.name = "some model.v2" + entry.name.substr(1);
    const auto file = TorchFile::open(folder.write("a.bin", buildZip(entries)));
    VERIFY_RESULT(file);
    QCOMPARE(valuesOf(*file, "x.weight").size(), 6u);
}

void TestTorchZip::refusesEntries_data()
{
    QTest::addColumn<Change>("change");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("message");
    QTest::addColumn<QString>("where");
    const auto row = [](const char *name, const Change &change, const char *message, const char *where = "a.bin",
                        ErrorCode code = ErrorCode::BadFormat) {
        QTest::newRow(name) << change << static_cast<int>(code) << message << where;
    };
    using Entries = std::vector<ZipEntry>;
    row(
        "compressed", [](Entries &e) { e[2].method = 8; }, "compression method 8", "a.bin: x/data/0",
        ErrorCode::Unsupported);
    row(
        "encrypted", [](Entries &e) { e[2].flags = 1; }, "not encrypted", "a.bin: x/data/0", ErrorCode::Unsupported);
    row(
        "sizes differ", [](Entries &e) { e[2].size = 11; }, "of 11 stored bytes, found 12", "a.bin: x/data/0");
    row(
        "larger than the file", [](Entries &e) { e[2].size = e[2].compressedSize = 1u << 30; }, "");
    row(
        "offset beyond the file", [](Entries &e) { e[2].offset = 1u << 30; }, "");
    row(
        "offset elsewhere", [](Entries &e) { e[2].offset = 7; }, "");
    row(
        "place of another", [](Entries &e) { e[4].offset = 0; }, "");
    row(
        "over the next entry", [](Entries &e) { e[2].size = e[2].compressedSize = 20; }, "where the next begins",
        "a.bin: x/data/0");
    row(
        "name twice",
        [](Entries &e) {
            e.push_back({"x/data/0", numbers(6)});
        },
        "this one twice", "a.bin: x/data/0");
    row(
        "no pickle", [](Entries &e) { e[0].name = "x/other.pkl"; }, "data.pkl in the top folder, found none");
    row(
        "deep pickle", [](Entries &e) { e[0].name = "x/y/data.pkl"; }, "data.pkl in the top folder, found none");
    row(
        "two pickles",
        [](Entries &e) {
            e.push_back({"y/data.pkl", e[0].content});
        },
        "one data.pkl, found several");
    row(
        "big-endian", [](Entries &e) { e[1].content = "big"; }, "'little', found 'big'", "a.bin: x/byteorder",
        ErrorCode::Unsupported);
    row(
        "bad pickle", [](Entries &e) { e[0].content = whole("cos\nsystem\n"); }, "'os.system'",
        "a.bin: x/data.pkl: offset 2", ErrorCode::Unsupported);
    row(
        "no record", [](Entries &e) { e[2].name = "x/data/1"; }, "'x/data/0', found none", "a.bin: x.weight");
    row(
        "record elsewhere", [](Entries &e) { e[2].name = "y/data/0"; }, "'x/data/0', found none", "a.bin: x.weight");
    row(
        "short record", [](Entries &e) { e[2].content.resize(10); },
        "6 elements of I16 in the entry 'x/data/0', found 10 bytes", "a.bin: x.weight");
    row(
        "long record", [](Entries &e) { e[2].content.resize(14); }, "found 14 bytes", "a.bin: x.weight");
    row(
        "storage overflows",
        [](Entries &e) {
            e[0].content = whole(dict({{"x.weight", tensor(half(INT64_MAX), 0, {1}, {1})}}));
        },
        "found 12 bytes", "a.bin: x.weight");
    row(
        "pickle damaged", [](Entries &e) { e[0].crc = 1; }, "CRC", "a.bin: x/data.pkl");
}

void TestTorchZip::refusesEntries()
{
    QFETCH(Change, change);
    QFETCH(int, code);
    QFETCH(QString, message);
    QFETCH(QString, where);
    const TemporaryFolder folder;
    auto entries = someEntries();
    VERIFY_RESULT(TorchFile::open(folder.write("good.bin", buildZip(entries))));
    change(entries);
    const auto path = folder.write("a.bin", buildZip(entries));
    const auto file = TorchFile::open(path);
    QVERIFY(!file);
    QCOMPARE(static_cast<int>(file.error().code), code);
    QVERIFY2(QString::fromStdString(file.error().message).contains(message), file.error().message.c_str());
    QVERIFY2(QString::fromStdString(file.error().where)
                 .startsWith(QString::fromStdString(folder.path().string()) + "/" + where),
             file.error().where.c_str());
}

void TestTorchZip::refusesOtherContainers()
{
    const TemporaryFolder folder;
    const std::string legacy("\x80\x02\x8a\x0al\xfc\x9c"
                             "F\xf9 j\xa8P\x19.",
                             15);
    const auto old = TorchFile::open(folder.write("old.bin", legacy));
    QVERIFY(!old);
    QCOMPARE(old.error().code, ErrorCode::Unsupported);
    QVERIFY2(contains(old.error().message, "1.6 or later"), old.error().message.c_str());

    for (const char *content : {"", "PK", "{}", "PK\x05\x06"}) {
        const auto other = TorchFile::open(folder.write("other.bin", content));
        QVERIFY(!other);
        QCOMPARE(other.error().code, ErrorCode::BadFormat);
        QVERIFY(contains(other.error().where, "other.bin"));
    }
    const auto absent = TorchFile::open(folder.path() / "absent.bin");
    QVERIFY(!absent);
    QCOMPARE(absent.error().code, ErrorCode::NotFound);
}

void TestTorchZip::checksCrcWhenRead()
{
    const TemporaryFolder folder;
    auto entries = someEntries();
    entries[2].crc = 12345;
    const auto file = TorchFile::open(folder.write("a.bin", buildZip(entries)));
    VERIFY_RESULT(file);
    const auto data = file->read("x.weight");
    QVERIFY(!data);
    QCOMPARE(data.error().code, ErrorCode::BadFormat);
    QVERIFY2(contains(data.error().message, "CRC"), data.error().message.c_str());
    QVERIFY(contains(data.error().where, "a.bin: x/data/0"));
}

void TestTorchZip::refusesEveryTruncation()
{
    const TemporaryFolder folder;
    const std::string content = buildZip(someEntries());
    for (std::size_t size = 0; size < content.size(); size += 3)
        QVERIFY2(!TorchFile::open(folder.write("a.bin", content.substr(0, size))), std::to_string(size).c_str());
}

void TestTorchZip::readsFromManyThreads()
{
    const auto file = TorchFile::open(testData("mamba_original/pytorch_model.bin"));
    VERIFY_RESULT(file);
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&] {
                for (const auto &info : file->tensors()) {
                    const auto data = file->read(info.name);
                    if (!data || static_cast<std::int64_t>(data->bytes.size()) != info.bytes())
                        ++wrong;
                }
            });
    }
    QCOMPARE(wrong.load(), 0);
}

void TestTorchZip::stopsWhenAsked()
{
    const auto file = TorchFile::open(testData("mamba_original/pytorch_model.bin"));
    VERIFY_RESULT(file);
    std::stop_source stop;
    stop.request_stop();
    const auto data = file->read("lm_head.weight", stop.get_token());
    QVERIFY(!data);
    QCOMPARE(data.error().code, ErrorCode::Cancelled);
}

QTEST_APPLESS_MAIN(TestTorchZip)
#include "tst_torch_zip.moc"

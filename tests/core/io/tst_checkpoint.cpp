// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/io/checkpoint.h"

#include <chrono>
#include <set>

#include <QTest>

#include "core/io/safetensors.h"
#include "tests/core/io/pickle_builder.h"
#include "tests/core/io/zip_builder.h"
#include "tests/support/support.h"

using namespace ecdysis;
using namespace ecdysis::io;
using namespace pickled;
namespace fs = std::filesystem;

namespace {

void writeBytes(const fs::path &path, const std::vector<std::string> &names)
{
    std::vector<TensorView> views;
    for (const auto &name : names)
        views.push_back({name, DType::U8, {static_cast<std::int64_t>(name.size())}, asBytes(name)});
    QVERIFY(writeSafetensors(path, views));
}

/// A folder of two safetensors shards that hold tensors a, b and c.
void writeShards(const TemporaryFolder &folder)
{
    writeBytes(folder.path() / "model-00001-of-00002.safetensors", {"a", "c"});
    writeBytes(folder.path() / "model-00002-of-00002.safetensors", {"b"});
}

constexpr const char *goodIndex =
    R"({"metadata":{"total_size":3.5e9},"weight_map":{"a":"model-00001-of-00002.safetensors",)"
    R"("b":"model-00002-of-00002.safetensors","c":"model-00001-of-00002.safetensors"}})";

std::vector<std::string> namesOf(const Checkpoint &checkpoint)
{
    std::vector<std::string> names;
    for (const auto &info : checkpoint.tensors())
        names.push_back(info.name);
    return names;
}

} // namespace

class TestCheckpoint : public QObject
{
    Q_OBJECT

private slots:
    void opensEitherContainer();
    void prefersSafetensors();
    void opensSafetensorsShards();
    void opensTorchShards();
    void refusesIndex_data();
    void refusesIndex();
    void refusesTorchIndex();
    void tellsWhatIsMissing();
    void fingerprintIsThatOfTheWeights();
    void fingerprintSeesEveryChange();
    void fingerprintStopsAndReports();
    void outlivesCopies();
    void opensLargeModelQuickly();
};

void TestCheckpoint::opensEitherContainer()
{
    const auto safe = Checkpoint::open(testData("mamba"));
    VERIFY_RESULT(safe);
    QVERIFY(safe->aliases().empty());
    const auto *info = safe->find("backbone.layers.0.mixer.A_log");
    QVERIFY(info != nullptr);
    QCOMPARE(info->shape, (std::vector<std::int64_t>{128, 8}));
    QCOMPARE(info->file, std::string("model.safetensors"));
    QVERIFY(safe->find("absent") == nullptr);
    for (const auto &tensor : safe->tensors()) {
        const auto data = safe->read(tensor.name);
        VERIFY_RESULT(data);
        QCOMPARE(static_cast<std::int64_t>(data->bytes.size()), tensor.bytes());
        QCOMPARE(reinterpret_cast<std::uintptr_t>(data->bytes.data()) % byteSize(tensor.dtype), 0u);
    }

    const auto torch = Checkpoint::open(testData("mamba_original"));
    VERIFY_RESULT(torch);
    QCOMPARE(torch->aliases().size(), 1u);
    QCOMPARE(torch->aliases()[0].first, std::string("lm_head.weight"));
    VERIFY_RESULT(torch->read("lm_head.weight"));
    QVERIFY(
        std::ranges::equal(torch->read("backbone.norm_f.weight")->bytes, safe->read("backbone.norm_f.weight")->bytes));
}

void TestCheckpoint::prefersSafetensors()
{
    const TemporaryFolder folder;
    folder.write("pytorch_model.bin", "not looked at");
    folder.write("pytorch_model.bin.index.json", "not looked at");
    folder.write("model.safetensors.index.json", "not looked at");
    writeBytes(folder.path() / "model.safetensors", {"x"});
    const auto checkpoint = Checkpoint::open(folder.path());
    VERIFY_RESULT(checkpoint);
    QCOMPARE(namesOf(*checkpoint), std::vector<std::string>{"x"});
    fs::remove(folder.path() / "model.safetensors");
    const auto index = Checkpoint::open(folder.path());
    QVERIFY(!index);
    QVERIFY(contains(index.error().where, "model.safetensors.index.json"));
    fs::remove(folder.path() / "model.safetensors.index.json");
    const auto torch = Checkpoint::open(folder.path());
    QVERIFY(!torch);
    QVERIFY(torch.error().where.ends_with("pytorch_model.bin"));
}

void TestCheckpoint::opensSafetensorsShards()
{
    const TemporaryFolder folder;
    writeShards(folder);
    folder.write("model.safetensors.index.json", goodIndex);
    const auto checkpoint = Checkpoint::open(folder.path());
    VERIFY_RESULT(checkpoint);
    QCOMPARE(namesOf(*checkpoint), (std::vector<std::string>{"a", "b", "c"}));
    QCOMPARE(checkpoint->find("b")->file, std::string("model-00002-of-00002.safetensors"));
    for (const char *name : {"a", "b", "c"})
        QVERIFY(std::ranges::equal(checkpoint->read(name)->bytes, asBytes(name)));
}

void TestCheckpoint::opensTorchShards()
{
    const TemporaryFolder folder;
    const auto shard = [](const std::string &state) {
        return buildZip({{"archive/data.pkl", whole(state)}, {"archive/data/0", "abcdef"}});
    };
    const auto bytes = [](std::int64_t offset) { return tensor(storage("0", 6, "ByteStorage"), offset, {2}, {1}); };
    folder.write("1.bin", shard(dict({{"a", bytes(0)}, {"d", bytes(0)}})));
    folder.write("2.bin", shard(dict({{"b", bytes(4)}, {"c", bytes(4)}})));
    folder.write("pytorch_model.bin.index.json", R"({"weight_map":{"a":"1.bin","b":"2.bin","c":"2.bin","d":"1.bin"}})");
    const auto checkpoint = Checkpoint::open(folder.path());
    VERIFY_RESULT(checkpoint);
    QCOMPARE(namesOf(*checkpoint), (std::vector<std::string>{"a", "b", "c", "d"}));
    using Aliases = std::vector<std::pair<std::string, std::string>>;
    QCOMPARE(checkpoint->aliases(), (Aliases{{"c", "b"}, {"d", "a"}}));
    QVERIFY(std::ranges::equal(checkpoint->read("b")->bytes, asBytes("ef")));
}

void TestCheckpoint::refusesIndex_data()
{
    QTest::addColumn<QByteArray>("index");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("message");
    QTest::addColumn<QString>("where");
    const auto row = [](const char *name, const QByteArray &index, const char *message, const char *where,
                        ErrorCode code = ErrorCode::BadFormat) {
        QTest::newRow(name) << index << static_cast<int>(code) << message << where;
    };
    const auto map = [&](const char *name, const QByteArray &entries, const char *message, const char *where,
                         ErrorCode code = ErrorCode::BadFormat) {
        row(name, R"({"weight_map":{)" + entries + "}}", message, where, code);
    };
    constexpr const char *index = "model.safetensors.index.json";
    const QByteArray first = R"("a":"model-00001-of-00002.safetensors","c":"model-00001-of-00002.safetensors")";
    const QByteArray second = R"("b":"model-00002-of-00002.safetensors")";
    row("empty", "", "expected JSON", index);
    row("list", "[]", "maps tensors to files", index);
    row("zero byte", QByteArray("{}\0", 3), "zero byte at offset 2", index);
    row("no map", R"({"metadata":{}})", "found none", "model.safetensors.index.json: weight_map");
    row("map is a list", R"({"weight_map":[]})", "found none", "model.safetensors.index.json: weight_map");
    map("map is empty", "", "found none", "model.safetensors.index.json: weight_map");
    map("tensor twice", first + "," + second + R"(,"a":"model-00002-of-00002.safetensors")", "found this one twice",
        "model.safetensors.index.json: a");
    map("number as file", R"("a":1)", "found 1", "model.safetensors.index.json: a");
    for (const char *name : {"../x", "..", ".", "", "sub/x", "/etc/passwd", "sub\\\\x", "C:\\\\x", "x\\u0000y"})
        map(*name ? name : "no name", QByteArray("\"a\":\"") + name + "\"", "a file beside the index",
            "model.safetensors.index.json: a");
    map("shard absent", first + R"(,"b":"model-00003-of-00002.safetensors")", "", "model-00003-of-00002.safetensors",
        ErrorCode::NotFound);
    map("tensor not in its shard", first + "," + second + R"(,"d":"model-00002-of-00002.safetensors")", "found none",
        "model-00002-of-00002.safetensors: d", ErrorCode::Mismatch);
    map("tensor not mapped", R"("a":"model-00001-of-00002.safetensors",)" + second, "(nowhere)",
        "model-00001-of-00002.safetensors: c", ErrorCode::Mismatch);
    map("tensor mapped elsewhere",
        R"("a":"model-00001-of-00002.safetensors","c":"model-00002-of-00002.safetensors",)" + second,
        "(model-00002-of-00002.safetensors), found it in model-00001", "model-00001-of-00002.safetensors: c",
        ErrorCode::Mismatch);
    map("tensor in two shards",
        R"("a":"model-00001-of-00002.safetensors","c":"model-00001-of-00002.safetensors","b":"copy.safetensors")",
        "(model-00001-of-00002.safetensors), found it in copy", "copy.safetensors: a", ErrorCode::Mismatch);
    map("shard damaged", first + R"(,"b":"damaged.safetensors")", "at least 8 bytes", "damaged.safetensors");
}

void TestCheckpoint::refusesIndex()
{
    QFETCH(QByteArray, index);
    QFETCH(int, code);
    QFETCH(QString, message);
    QFETCH(QString, where);
    const TemporaryFolder folder;
    writeShards(folder);
    writeBytes(folder.path() / "copy.safetensors", {"a", "b"});
    folder.write("damaged.safetensors", "x");
    folder.write("model.safetensors.index.json", index.toStdString());
    const auto checkpoint = Checkpoint::open(folder.path());
    QVERIFY(!checkpoint);
    QCOMPARE(static_cast<int>(checkpoint.error().code), code);
    QVERIFY2(QString::fromStdString(checkpoint.error().message).contains(message), checkpoint.error().message.c_str());
    QCOMPARE(QString::fromStdString(checkpoint.error().where),
             QString::fromStdString(folder.path().string()) + "/" + where);
}

void TestCheckpoint::refusesTorchIndex()
{
    const TemporaryFolder folder;
    folder.write("1.bin", buildZip({{"x/data.pkl", whole(dict({{"a", tensor(storage("0", 1), 0, {1}, {1})}}))},
                                    {"x/data/0", "1234"}}));
    folder.write("pytorch_model.bin.index.json", R"({"weight_map":{"a":"1.bin","b":"1.bin"}})");
    const auto checkpoint = Checkpoint::open(folder.path());
    QVERIFY(!checkpoint);
    QCOMPARE(checkpoint.error().code, ErrorCode::Mismatch);
    QVERIFY(checkpoint.error().where.ends_with("1.bin: b"));
}

void TestCheckpoint::tellsWhatIsMissing()
{
    const TemporaryFolder folder;
    const auto empty = Checkpoint::open(folder.path());
    QVERIFY(!empty);
    QCOMPARE(empty.error().code, ErrorCode::NotFound);
    QCOMPARE(empty.error().where, folder.path().string());
    QCOMPARE(Checkpoint::open(folder.path() / "absent").error().code, ErrorCode::NotFound);

    const auto checkpoint = Checkpoint::open(testData("mamba"));
    VERIFY_RESULT(checkpoint);
    const auto absent = checkpoint->read("absent");
    QVERIFY(!absent);
    QCOMPARE(absent.error().code, ErrorCode::NotFound);
    QVERIFY(contains(absent.error().where, "absent"));
}

void TestCheckpoint::fingerprintIsThatOfTheWeights()
{
    // One file or shards: the same.
    const TemporaryFolder whole;
    writeBytes(whole.path() / "model.safetensors", {"a", "b", "c"});
    const TemporaryFolder shards;
    writeShards(shards);
    shards.write("model.safetensors.index.json", goodIndex);
    const auto first = Checkpoint::open(whole.path())->fingerprint({});
    VERIFY_RESULT(first);
    QCOMPARE(first->size(), 64u);
    QCOMPARE(*Checkpoint::open(shards.path())->fingerprint({}), *first);
    // Computed independently from the rule: length and text of name and type, rank, sizes, bytes.
    QCOMPARE(*first, std::string("0b73564a6ed80d34211f8b52a1c59f4709f31f6e7a735a2c0e59853a15f402d8"));
}

void TestCheckpoint::fingerprintSeesEveryChange()
{
    const std::string data = "12345678";
    std::set<std::string> seen;
    const std::vector<TensorView> variants = {
        {"a", DType::U8, {8}, asBytes(data)},       {"b", DType::U8, {8}, asBytes(data)},
        {"a", DType::I8, {8}, asBytes(data)},       {"a", DType::U8, {2, 4}, asBytes(data)},
        {"a", DType::U8, {8}, asBytes("12345679")}, {"a", DType::U8, {8, 1}, asBytes(data)}};
    for (const auto &view : variants) {
        const TemporaryFolder folder;
        VERIFY_RESULT(writeSafetensors(folder.path() / "model.safetensors", std::span(&view, 1)));
        seen.insert(Checkpoint::open(folder.path())->fingerprint({}).value());
    }
    QCOMPARE(seen.size(), variants.size());
}

void TestCheckpoint::fingerprintStopsAndReports()
{
    for (const char *model : {"mamba", "mamba_original"}) {
        const auto checkpoint = Checkpoint::open(testData(model));
        VERIFY_RESULT(checkpoint);
        Progress last;
        Run run;
        run.progress = [&](const Progress &progress) { last = progress; };
        VERIFY_RESULT(checkpoint->fingerprint(run));
        QCOMPARE(last.done, last.total);
        QVERIFY(last.total > 500'000);

        std::stop_source stop;
        stop.request_stop();
        run.stop = stop.get_token();
        const auto stopped = checkpoint->fingerprint(run);
        QVERIFY(!stopped);
        QCOMPARE(stopped.error().code, ErrorCode::Cancelled);
    }
}

void TestCheckpoint::outlivesCopies()
{
    TensorBytes data;
    {
        const auto checkpoint = Checkpoint::open(testData("mamba"));
        VERIFY_RESULT(checkpoint);
        data = *checkpoint->read("backbone.norm_f.weight");
    }
    const auto again = Checkpoint::open(testData("mamba"));
    QVERIFY(std::ranges::equal(data.bytes, again->read("backbone.norm_f.weight")->bytes));
}

void TestCheckpoint::opensLargeModelQuickly()
{
    // 6 GB of zeros that take no room: nothing but the header may be read.
    const TemporaryFolder folder;
    std::string header = R"({"big":{"dtype":"BF16","shape":[3000000000],"data_offsets":[0,6000000000]},)"
                         R"("last":{"dtype":"U8","shape":[4],"data_offsets":[6000000000,6000000004]}})";
    const auto path = folder.write("model.safetensors", littleEndian(std::uint64_t{header.size()}) + header);
    std::error_code error;
    fs::resize_file(path, fs::file_size(path) + 6'000'000'004, error);
    if (error)
        QSKIP("this file system has no sparse files of 6 GB");
    const auto begin = std::chrono::steady_clock::now();
    const auto checkpoint = Checkpoint::open(folder.path());
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    VERIFY_RESULT(checkpoint);
    QVERIFY2(seconds.count() < 0.5, std::to_string(seconds.count()).c_str());
    QCOMPARE(checkpoint->find("big")->elements(), 3'000'000'000);
    const auto last = checkpoint->read("last");
    VERIFY_RESULT(last);
    QVERIFY(
        std::ranges::equal(last->bytes, std::string(4, '\0'), [](std::byte a, char b) { return a == std::byte(b); }));
}

QTEST_APPLESS_MAIN(TestCheckpoint)
#include "tst_checkpoint.moc"

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/io/safetensors.h"

#include <array>
#include <cstring>

#include <QTest>

#include "tests/core/io/temporary.h"
#include "tests/support/support.h"

using namespace ecdysis;
using namespace ecdysis::io;

namespace {

std::string fileOf(const std::string &header, std::size_t dataSize)
{
    return littleEndian(std::uint64_t{header.size()}) + header + std::string(dataSize, 'd');
}

/// A header entry.
std::string entry(const char *name, const char *dtype, const char *shape, const char *offsets)
{
    return std::string("\"") + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
           ",\"data_offsets\":" + offsets + "}";
}

} // namespace

class TestSafetensors : public QObject
{
    Q_OBJECT

private slots:
    void readsEveryTypeAndShape();
    void readsFixture();
    void rewritesFixtureByteForByte();
    void refuses_data();
    void refuses();
    void refusesNonUtf8();
    void refusesEveryTruncation();
    void copiesUnalignedData();
    void writesAndReadsBack();
    void refusesToWriteNonsense();
};

void TestSafetensors::readsEveryTypeAndShape()
{
    const std::string header =
        "{" + entry("scalar", "F32", "[]", "[0,4]") + "," + entry("empty", "F64", "[3,0]", "[4,4]") + "," +
        entry("b", "BF16", "[2,1]", "[4,8]") + "," + entry("i", "I64", "[1]", "[8,16]") + "," +
        entry("flag", "BOOL", "[3]", "[16,19]") + R"(,"__metadata__":{"format":"pt","ключ":"значение"}}   )";
    const auto parsed = parseSafetensorsHeader(asBytes(fileOf(header, 19)), "x.safetensors");
    VERIFY_RESULT(parsed);
    QCOMPARE(parsed->dataOffset, header.size() + 8);
    QCOMPARE(parsed->entries.size(), 5u);
    QCOMPARE(parsed->entries[0].info, (TensorInfo{"scalar", DType::F32, {}, "x.safetensors"}));
    QCOMPARE(parsed->entries[1].info.shape, (std::vector<std::int64_t>{3, 0}));
    QCOMPARE(parsed->entries[4].info.dtype, DType::Bool);
    QCOMPARE(parsed->metadata.at("ключ"), std::string("значение"));
    VERIFY_RESULT(parseSafetensorsHeader(asBytes(fileOf("{}", 0)), "empty"));
}

void TestSafetensors::readsFixture()
{
    const auto file = SafetensorsFile::open(testData("mamba/model.safetensors"));
    VERIFY_RESULT(file);
    QCOMPARE(file->metadata().at("format"), std::string("pt"));
    QVERIFY(std::is_sorted(file->tensors().begin(), file->tensors().end(),
                           [](const auto &a, const auto &b) { return a.name < b.name; }));
    const auto bytes = file->bytes("backbone.embeddings.weight");
    VERIFY_RESULT(bytes);
    QCOMPARE(bytes->size(), 272u * 64 * 4);
    const auto absent = file->bytes("absent");
    QVERIFY(!absent);
    QCOMPARE(absent.error().code, ErrorCode::NotFound);
    QVERIFY(contains(absent.error().where, "model.safetensors: absent"));
}

void TestSafetensors::rewritesFixtureByteForByte()
{
    const auto file = SafetensorsFile::open(testData("mamba/model.safetensors"));
    VERIFY_RESULT(file);
    std::vector<TensorView> views;
    for (const auto &info : file->tensors())
        views.push_back({info.name, info.dtype, info.shape, *file->bytes(info.name)});
    const TemporaryFolder folder;
    VERIFY_RESULT(writeSafetensors(folder.path() / "copy.safetensors", views));
    QVERIFY(readAll(folder.path() / "copy.safetensors") == readAll(testData("mamba/model.safetensors")));
}

void TestSafetensors::refuses_data()
{
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("message");
    QTest::addColumn<QString>("where");
    const auto row = [](const char *name, const std::string &file, const char *message,
                        const char *where = "f.safetensors", ErrorCode code = ErrorCode::BadFormat) {
        QTest::newRow(name) << QByteArray::fromStdString(file) << static_cast<int>(code) << message << where;
    };
    const auto one = [&](const char *name, const std::string &content, std::size_t size, const char *message,
                         const char *where = "f.safetensors: a", ErrorCode code = ErrorCode::BadFormat) {
        row(name, fileOf("{" + content + "}", size), message, where, code);
    };
    row("empty", "", "at least 8 bytes, found 0");
    row("seven bytes", "1234567", "at least 8 bytes, found 7");
    row("huge header", littleEndian(std::uint64_t{100'000'001}) + "{}", "at most 100000000 bytes");
    row("overflowing header", littleEndian(~std::uint64_t{0}) + "{}", "at most 100000000 bytes");
    row("header beyond the file", littleEndian(std::uint64_t{3}) + "{}", "header of 3 bytes, found a file of 10");
    row("no header", littleEndian(std::uint64_t{0}), "starts with '{'");
    row("leading space", fileOf(" {}", 0), "starts with '{'");
    row("byte-order mark", fileOf("\xEF\xBB\xBF{}", 0), "starts with '{'");
    row("list", fileOf("[]", 0), "starts with '{'");
    row("broken JSON", fileOf("{\"a\":", 0), "JSON header", "f.safetensors: a");
    row("text behind", fileOf("{} x", 0), "JSON header");
    row("second object", fileOf("{}{}", 0), "JSON header");
    row("zero byte", fileOf(std::string("{}\0\0", 4), 0), "zero byte at offset 10");
    one("not an object", R"("a":3)", 0, "expected an object with dtype");
    one("null", R"("a":null)", 0, "found null");
    one("name twice", entry("a", "U8", "[1]", "[0,1]") + "," + entry("a", "U8", "[1]", "[1,2]"), 2,
        "found this one twice");
    one("field twice", R"("a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]})", 1, "'dtype' twice");
    one("metadata twice", R"("__metadata__":{},"__metadata__":{})", 0, "twice", "f.safetensors: __metadata__");
    one("metadata name twice", R"("__metadata__":{"x":"1","x":"2"})", 0, "'x' twice", "f.safetensors: __metadata__");
    one("metadata number", R"("__metadata__":{"x":1})", 0, "a string as value of metadata",
        "f.safetensors: __metadata__");
    one("metadata list", R"("__metadata__":[])", 0, "an object as metadata", "f.safetensors: __metadata__");
    one("metadata object", R"("__metadata__":{"x":{}})", 0, "a string as value", "f.safetensors: __metadata__");
    one("no dtype", R"("a":{"shape":[1],"data_offsets":[0,1]})", 1, "found no dtype");
    one("no shape", R"("a":{"dtype":"U8","data_offsets":[0,1]})", 1, "found no shape");
    one("no offsets", R"("a":{"dtype":"U8","shape":[1]})", 1, "found no data_offsets");
    one("unknown field", R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"more":{}})", 1, "found 'more'");
    one("unknown dtype", entry("a", "F31", "[1]", "[0,4]"), 4, "found 'F31'");
    one("number as dtype", R"("a":{"dtype":7,"shape":[1],"data_offsets":[0,1]})", 1, "a string as dtype");
    for (const char *type :
         {"F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F6_E2M3", "F6_E3M2", "F4", "C64"})
        one(type, entry("a", type, "[1]", "[0,1]"), 1, type, "f.safetensors: a", ErrorCode::Unsupported);
    one("negative size", entry("a", "U8", "[-1]", "[0,1]"), 1, "found the number -1");
    one("fractional size", entry("a", "U8", "[1.0]", "[0,1]"), 1, "found the number 1.0");
    one("exponent", entry("a", "U8", "[1e0]", "[0,1]"), 1, "found the number 1e0");
    one("string size", entry("a", "U8", "[\"1\"]", "[0,1]"), 1, "found the string '1'");
    one("nested size", entry("a", "U8", "[[1]]", "[0,1]"), 1, "found a list");
    one("size beyond 64 bits", entry("a", "U8", "[18446744073709551616]", "[0,1]"), 1, "found the number");
    one("size beyond 63 bits", entry("a", "U8", "[9223372036854775808]", "[0,1]"), 1, "found the number");
    one("shape is a number", entry("a", "U8", "1", "[0,1]"), 1, "a list as shape");
    one("negative offset", entry("a", "U8", "[1]", "[-1,0]"), 1, "found the number -1");
    one("one offset", entry("a", "U8", "[1]", "[0]"), 1, "two data_offsets, found 1");
    one("three offsets", entry("a", "U8", "[1]", "[0,1,2]"), 1, "two data_offsets, found 3");
    one("offsets as object", entry("a", "U8", "[1]", "{}"), 1, "a list as data_offsets");
    one("starts late", entry("a", "U8", "[1]", "[1,2]"), 2, "begin at 0");
    one("hole", entry("b", "U8", "[1]", "[0,1]") + "," + entry("a", "U8", "[1]", "[2,3]"), 3, "begin at 1");
    one("overlap", entry("b", "U8", "[2]", "[0,2]") + "," + entry("a", "U8", "[2]", "[1,3]"), 3, "begin at 2");
    one("same place", entry("b", "U8", "[2]", "[0,2]") + "," + entry("a", "U8", "[2]", "[0,2]"), 2, "begin at 2",
        "f.safetensors: b");
    one("end before begin", entry("b", "U8", "[2]", "[0,2]") + "," + entry("a", "U8", "[0]", "[2,1]"), 2, "[2, 1]");
    one("product overflows", entry("a", "U8", "[4294967296,4294967296]", "[0,0]"), 0, "below 2^63");
    one("bytes overflow", entry("a", "F64", "[4611686018427387904]", "[0,0]"), 0, "below 2^63");
    one("too few bytes", entry("a", "F32", "[2]", "[0,4]"), 4, "expected 8 bytes for shape [2] of F32, found 4");
    one("too many bytes", entry("a", "F16", "[2]", "[0,6]"), 6, "expected 4 bytes");
    one("data beyond the file", entry("a", "U8", "[4]", "[0,4]"), 3, "up to offset 4, found 3");
    one("trailing bytes", entry("a", "U8", "[4]", "[0,4]"), 5, "expected 4 bytes of data, found 5", "f.safetensors");
    row("data without tensors", fileOf("{}", 1), "expected 0 bytes of data, found 1");
}

void TestSafetensors::refuses()
{
    QFETCH(QByteArray, file);
    QFETCH(int, code);
    QFETCH(QString, message);
    QFETCH(QString, where);
    const auto header = parseSafetensorsHeader(asBytes(file.toStdString()), "folder/f.safetensors");
    QVERIFY(!header);
    QCOMPARE(static_cast<int>(header.error().code), code);
    QVERIFY2(QString::fromStdString(header.error().message).contains(message), header.error().message.c_str());
    QCOMPARE(QString::fromStdString(header.error().where), "folder/" + where);
}

void TestSafetensors::refusesNonUtf8()
{
    const auto header =
        parseSafetensorsHeader(asBytes(fileOf("{" + entry("a\xff", "U8", "[1]", "[0,1]") + "}", 1)), "f");
    QVERIFY(!header);
    QCOMPARE(header.error().code, ErrorCode::BadFormat);
    QVERIFY2(contains(header.error().message, "UTF-8"), header.error().message.c_str());
}

void TestSafetensors::refusesEveryTruncation()
{
    const std::string whole = fileOf("{" + entry("a", "F32", "[2]", "[0,8]") + R"(,"__metadata__":{"k":"v"}})", 8);
    VERIFY_RESULT(parseSafetensorsHeader(asBytes(whole), "f"));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto header = parseSafetensorsHeader(asBytes(std::string_view(whole).substr(0, size)), "f");
        QVERIFY2(!header, std::to_string(size).c_str());
        QCOMPARE(header.error().code, ErrorCode::BadFormat);
    }
}

void TestSafetensors::copiesUnalignedData()
{
    const TemporaryFolder folder;
    std::string header = "{" + entry("byte", "U8", "[1]", "[0,1]") + "," + entry("number", "F64", "[1]", "[1,9]") + "}";
    header.resize((header.size() + 7) / 8 * 8, ' ');
    const double value = 1.25;
    std::string data = "x";
    data.append(reinterpret_cast<const char *>(&value), sizeof(value));
    const auto path = folder.write("old.safetensors", littleEndian(std::uint64_t{header.size()}) + header + data);
    const auto file = SafetensorsFile::open(path);
    VERIFY_RESULT(file);
    const auto bytes = file->read("number");
    VERIFY_RESULT(bytes);
    QCOMPARE(reinterpret_cast<std::uintptr_t>(bytes->bytes.data()) % alignof(double), 0u);
    double read = 0;
    std::memcpy(&read, bytes->bytes.data(), sizeof(read));
    QCOMPARE(read, value);
    QVERIFY(bytes->bytes.data() != file->bytes("number")->data());
    QVERIFY(file->read("byte")->bytes.data() == file->bytes("byte")->data());
}

void TestSafetensors::writesAndReadsBack()
{
    const TemporaryFolder folder;
    const std::array<float, 3> floats{1, 2, 3};
    const std::array<std::uint8_t, 5> bytes{1, 2, 3, 4, 5};
    const std::vector<TensorView> views = {
        {"z", DType::U8, {5}, std::as_bytes(std::span(bytes))},
        {"b", DType::F32, {3, 1}, std::as_bytes(std::span(floats))},
        {"a", DType::F32, {1}, std::as_bytes(std::span(floats)).subspan(0, 4)},
        {"nothing \"quoted\"", DType::I64, {0, 7}, {}},
    };
    const auto path = folder.path() / "out.safetensors";
    VERIFY_RESULT(writeSafetensors(path, views, {{"format", "pt"}, {"note", "ü"}}));
    const auto header = parseSafetensorsHeader(asBytes(readAll(path)), "out");
    VERIFY_RESULT(header);
    QCOMPARE(header->dataOffset % 8, 0u);
    QCOMPARE(header->metadata.at("note"), std::string("ü"));
    std::vector<std::string> order;
    for (const auto &item : header->entries)
        order.push_back(item.info.name);
    QCOMPARE(order, (std::vector<std::string>{"nothing \"quoted\"", "a", "b", "z"}));
    const auto file = SafetensorsFile::open(path);
    VERIFY_RESULT(file);
    for (const auto &view : views)
        QVERIFY(std::ranges::equal(*file->bytes(view.name), view.bytes));
}

void TestSafetensors::refusesToWriteNonsense()
{
    const TemporaryFolder folder;
    const auto path = folder.write("old.safetensors", "old content");
    const std::array<std::uint8_t, 4> bytes{};
    const auto data = std::as_bytes(std::span(bytes));
    const std::vector<std::vector<TensorView>> nonsense = {
        {{"short", DType::F32, {2}, data}},
        {{"negative", DType::U8, {-4}, data}},
        {{"overflow", DType::U8, {std::int64_t{1} << 62, 4}, data}},
        {{"twice", DType::U8, {4}, data}, {"twice", DType::F32, {1}, data}},
        {{"__metadata__", DType::U8, {4}, data}},
        {{"bad\xff", DType::U8, {4}, data}},
    };
    for (const auto &views : nonsense) {
        const auto written = writeSafetensors(path, views);
        QVERIFY2(!written, views[0].name.c_str());
        QCOMPARE(written.error().code, ErrorCode::InvalidArgument);
        QVERIFY(contains(written.error().where, "old.safetensors"));
    }
    QCOMPARE(readAll(path), std::string("old content"));
}

QTEST_APPLESS_MAIN(TestSafetensors)
#include "tst_safetensors.moc"

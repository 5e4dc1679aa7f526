// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <cstring>
#include <limits>

#include <QTest>
#include <nlohmann/json.hpp>

#include "core/exception.h"
#include "core/io/hdf5.h"
#include "core/io/session_layout.h"
#include "core/io/tokenizer.h"
#include "tests/core/io/temporary.h"
#include "tests/support/support.h"

using namespace ecdysis;

/// Files built to make a reader take far more memory than they have bytes, recurse without end or leave its buffers:
/// each is refused with a reason.
class TestHostileFiles : public QObject
{
    Q_OBJECT

private slots:
    void sessions_data();
    void sessions();
    void sharedDataIsReadOnce();
    void tokenizers_data();
    void tokenizers();
    void growingText();
    void pieceModels_data();
    void pieceModels();
    void pieceModelIsSound();
};

namespace {

using Change = void (*)(hid_t file);

Session smallSession()
{
    Scan scan;
    scan.denseLosses = {1, 2, 3};
    scan.cells = {{"block:0", "block", 0, "removal", 1, {1, 2, 3}}};
    return {"/models/m", "m", {scan}, {}, "notes"};
}

std::string errorOf(Change change)
{
    const io::hdf5::Group file = io::hdf5::createInMemory(512, "hostile");
    io::writeSessionLayout(file, smallSession());
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    change(file.handle.get());
    try {
        io::readSessionLayout(io::hdf5::openImage(io::hdf5::imageOf(file), "hostile"));
    } catch (const Exception &exception) {
        return exception.error().where + ": " + exception.error().message;
    }
    return "taken";
}

constexpr const char *denseLosses = "/scans/0000/dense_losses";

/// A dataset in the place of the dense losses.
void replaceLosses(hid_t file, hid_t type, std::vector<hsize_t> shape, hid_t properties)
{
    using io::hdf5::Handle;
    H5Ldelete(file, denseLosses, H5P_DEFAULT);
    const Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
    const Handle made(H5Dcreate2(file, denseLosses, type, space.get(), H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
    if (!made.valid())
        qFatal("the hostile file could not be made");
}

void addAttribute(hid_t file, const char *name, hid_t type, hid_t spaceKind)
{
    H5Adelete(file, name);
    const io::hdf5::Handle space(H5Screate(static_cast<H5S_class_t>(spaceKind)), H5Sclose);
    io::hdf5::Handle(H5Acreate2(file, name, type, space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
}

} // namespace

void TestHostileFiles::sessions_data()
{
    using io::hdf5::Handle;
    QTest::addColumn<void *>("change");
    QTest::addColumn<QString>("message");
    const auto row = [](const char *name, Change change, const char *message) {
        QTest::newRow(name) << reinterpret_cast<void *>(change) << message;
    };
    row(
        "no value", [](hid_t file) { addAttribute(file, "format_version", H5T_STD_I64LE, H5S_NULL); },
        "/format_version: values expected, none found");
    row(
        "another type", [](hid_t file) { addAttribute(file, "format_version", H5T_STD_I32LE, H5S_SCALAR); },
        "/format_version: 64-bit integers expected");
    row(
        "absurd size", [](hid_t file) { replaceLosses(file, H5T_IEEE_F64LE, {hsize_t{1} << 28}, H5P_DEFAULT); },
        "dense_losses: at most");
    row(
        "sizes that overflow",
        [](hid_t file) {
            replaceLosses(file, H5T_IEEE_F64LE, {3, 6148914691236517206U}, H5P_DEFAULT);
        },
        "dense_losses: 1 dimensions expected");
    row(
        "compressed",
        [](hid_t file) {
            const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
            const hsize_t chunk = 1 << 16;
            H5Pset_chunk(properties.get(), 1, &chunk);
            H5Pset_deflate(properties.get(), 9);
            replaceLosses(file, H5T_IEEE_F64LE, {hsize_t{1} << 27}, properties.get());
        },
        "dense_losses: dataset with its data in this file");
    row(
        "another file's bytes",
        [](hid_t file) {
            const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
            H5Pset_external(properties.get(), "/dev/zero", 0, H5F_UNLIMITED);
            replaceLosses(file, H5T_IEEE_F64LE, {3}, properties.get());
        },
        "dense_losses: dataset with its data in this file");
    row(
        "another file's group",
        [](hid_t file) {
            H5Ldelete(file, "scans", H5P_DEFAULT);
            H5Lcreate_external("/etc/hostname", "/", file, "scans", H5P_DEFAULT, H5P_DEFAULT);
        },
        "/scans: a group expected, none found");
    row(
        "soft link",
        [](hid_t file) {
            H5Ldelete(file, denseLosses, H5P_DEFAULT);
            H5Lcreate_soft("/scans/0000/dense_losses", file, denseLosses, H5P_DEFAULT, H5P_DEFAULT);
        },
        "dense_losses: dataset expected, none found");
    row(
        "uneven windows", [](hid_t file) { replaceLosses(file, H5T_IEEE_F64LE, {2}, H5P_DEFAULT); },
        "losses: 2 windows as in dense_losses expected, 3 found");
}

void TestHostileFiles::sessions()
{
    QFETCH(void *, change);
    QFETCH(QString, message);
    const std::string error = errorOf(reinterpret_cast<Change>(change));
    QVERIFY2(QString::fromStdString(error).contains(message), error.c_str());
}

/// Thousands of names for one scan.
void TestHostileFiles::sharedDataIsReadOnce()
{
    const std::string error = errorOf([](hid_t file) {
        for (int i = 1; i < 9999; ++i)
            H5Lcreate_hard(file, "/scans/0000", file, QString("/scans/%1").arg(i, 4, 10, QChar('0')).toLatin1().data(),
                           H5P_DEFAULT, H5P_DEFAULT);
    });
    QVERIFY2(error.find("expected that the file has left") != std::string::npos, error.c_str());
}

namespace {

nlohmann::json tokenizerWith(const char *key, nlohmann::json component)
{
    return {{key, std::move(component)},
            {"model", {{"type", "BPE"}, {"vocab", {{"a", 0}}}, {"merges", nlohmann::json::array()}}}};
}

nlohmann::json repeated(const nlohmann::json &step, int count)
{
    nlohmann::json all = nlohmann::json::array();
    for (int i = 0; i < count; ++i)
        all.push_back(step);
    return all;
}

} // namespace

void TestHostileFiles::tokenizers_data()
{
    QTest::addColumn<QString>("json");
    QTest::addColumn<QString>("message");
    const auto row = [](const char *name, const nlohmann::json &json, const char *message) {
        QTest::newRow(name) << QString::fromStdString(json.dump()) << message;
    };
    row("many steps",
        tokenizerWith("pre_tokenizer",
                      {{"type", "Sequence"}, {"pretokenizers", repeated({{"type", "Digits"}}, 100'000)}}),
        "more than 100 pre-tokenizers");
    row("each doubles",
        tokenizerWith(
            "pre_tokenizer",
            {{"type", "Sequence"}, {"pretokenizers", repeated({{"type", "ByteLevel"}, {"use_regex", false}}, 60)}}),
        "a ByteLevel behind another");
    row("each multiplies", tokenizerWith("pre_tokenizer", {{"type", "Metaspace"}, {"replacement", "    "}}),
        "expected a character");
    row("endless beginning",
        tokenizerWith("post_processor", {{"type", "TemplateProcessing"},
                                         {"single", repeated({{"SpecialToken", {{"id", "x"}}}}, 1000)},
                                         {"special_tokens", {{"x", {{"ids", repeated(0, 1000)}}}}}}),
        "more than 1024 tokens beside a text");
    QTest::newRow("number") << "1e999"
                            << "a number beyond";
    QTest::newRow("nested") << QString(R"({"pre_tokenizer": {"type": "ByteLevel", "x": %1%2}})")
                                   .arg(QString(200'000, '['), QString(200'000, ']'))
                            << "nested";
}

void TestHostileFiles::tokenizers()
{
    QFETCH(QString, json);
    QFETCH(QString, message);
    const TemporaryFolder folder;
    folder.write("tokenizer.json", json.toStdString());
    folder.write("tokenizer_config.json", R"({"add_prefix_space": true})");
    const auto tokenizer = io::Tokenizer::open(folder.path());
    QVERIFY(!tokenizer);
    QVERIFY2(QString::fromStdString(tokenizer.error().message).contains(message), tokenizer.error().message.c_str());
}

/// A text that doubles sixty times would need more memory than there is.
void TestHostileFiles::growingText()
{
    const nlohmann::json doubles = {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", "aa"}};
    const TemporaryFolder folder;
    folder.write("tokenizer.json",
                 tokenizerWith("normalizer", {{"type", "Sequence"}, {"normalizers", repeated(doubles, 60)}}).dump());
    const auto tokenizer = io::Tokenizer::open(folder.path());
    VERIFY_RESULT(tokenizer);
    const auto ids = tokenizer->encode("aaaa");
    QVERIFY(!ids);
    QCOMPARE(ids.error().code, ErrorCode::Unsupported);
    QVERIFY2(ids.error().message.find("more than 128 bytes") != std::string::npos, ids.error().message.c_str());
}

namespace {

std::string varint(std::uint64_t number)
{
    std::string bytes;
    for (; number > 127; number >>= 7)
        bytes += static_cast<char>((number & 127) | 128);
    return bytes + static_cast<char>(number);
}

std::string field(unsigned number, const std::string &content)
{
    return varint(number << 3 | 2) + varint(content.size()) + content;
}

std::string field(unsigned number, int value)
{
    return varint(number << 3) + varint(static_cast<std::uint64_t>(value));
}

std::string piece(const std::string &text, float score, int type)
{
    std::uint32_t bits = 0;
    std::memcpy(&bits, &score, sizeof bits);
    return field(1, field(1, text) + varint(2 << 3 | 5) + littleEndian(bits) + field(3, type));
}

/// A unigram model of a few pieces, with more of them and with compiled normalisation rules.
std::string model(const std::string &morePieces, const std::string &rules = {})
{
    return piece("<unk>", 0, 2) + piece("<s>", 0, 3) + piece("</s>", 0, 3) + piece("\u2581a", -1, 1) +
           piece("\u2581", -2, 1) + piece("a", -3, 1) + piece("b", -4, 1) + morePieces + field(2, field(3, 1)) +
           field(3, field(1, "rules") + (rules.empty() ? rules : field(2, rules)));
}

std::string rulesWith(const std::vector<std::uint32_t> &units, const std::string &texts)
{
    std::string trie;
    for (const std::uint32_t unit : units)
        trie += littleEndian(unit);
    return littleEndian(static_cast<std::uint32_t>(trie.size())) + trie + texts;
}

/// A trie whose one node by one letter has the text at `offset`: the children of the root lie in cells 256 to 511, that
/// of the node is in cell 512.
std::vector<std::uint32_t> trieOf(char letter, std::uint32_t offset)
{
    std::vector<std::uint32_t> units(768, 1U << 31);
    const auto place = 256U ^ static_cast<unsigned char>(letter);
    units[0] = 256 << 10;
    units[place] = (place ^ 512U) << 10 | 1U << 8 | static_cast<unsigned char>(letter);
    units[512] = 1U << 31 | offset;
    return units;
}

std::string nestedPieces(int type, std::size_t depth)
{
    std::string all;
    for (std::size_t length = 1; length <= depth; ++length)
        all += piece(std::string(length, 'x'), -5, type);
    return all;
}

} // namespace

void TestHostileFiles::pieceModels_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("message");
    const auto row = [](const char *name, const std::string &bytes, const char *message) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes) << message;
    };
    row("cut off", model({}).substr(0, 20), "a field of");
    row("length beyond the file", "\x0a\xff\xff\xff\xff\x0f", "a field of 4294967295 bytes");
    row("number without end", std::string(11, '\xff'), "a number without end");
    row("group", "\x0b", "wire type 3");
    row("field number beyond 29 bits", std::string("\x8a\x80\x80\x80\x10\x00", 6), "a field numbered 536870913");
    row("empty piece", model(piece("", 0, 1)), "a piece of 0 bytes");
    row("long piece", model(piece(std::string(8000, 'x'), 0, 1)), "a piece of 8000 bytes");
    row("zero in a piece", model(piece(std::string("a\0b", 3), 0, 1)), "a piece with a zero");
    row("broken piece", model(piece("\xe2\x96", 0, 1)), "not UTF-8");
    row("score", model(piece("x", std::numeric_limits<float>::quiet_NaN(), 1)), "not finite");
    row("nested pieces", model(nestedPieces(1, 1001)), "too many pieces that begin");
    row("nested pieces of the user", model(nestedPieces(4, 65)), "too many pieces that begin");
    row("rules without a trie", model({}, "rules"), "rules whose trie has");
    row("trie beyond the rules", model({}, littleEndian(std::uint32_t{64}) + std::string(60, 'x')), "trie has 64");
    row("trie as long as the rules", model({}, rulesWith(trieOf('a', 0), {})), "trie has 3072");
    row("text without end", model({}, rulesWith(trieOf('a', 0), "b")), "has no end");
    row("text outside", model({}, rulesWith(trieOf('a', 2), std::string("b\0", 2))), "lies outside");
    row("long text", model({}, rulesWith(trieOf('a', 0), std::string(257, 'b') + '\0')), "longer than 256");
    auto outside = trieOf('a', 0);
    outside[0] = 0x7FFFFU << 10;
    row("jump outside", model({}, rulesWith(outside, std::string(1, '\0'))), "leads out of itself");
    auto circle = trieOf('a', 0);
    circle[256U ^ 'a'] = static_cast<std::uint32_t>('a') << 10 | 1U << 8 | 'a';
    row("circle", model({}, rulesWith(circle, std::string(1, '\0'))), "leads back into itself");
}

void TestHostileFiles::pieceModels()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, message);
    const TemporaryFolder folder;
    const auto file = folder.write("tokenizer.model", bytes.toStdString());
    const auto tokenizer = io::Tokenizer::open(file);
    QVERIFY(!tokenizer);
    QCOMPARE(tokenizer.error().code, ErrorCode::BadFormat);
    QCOMPARE(tokenizer.error().where, file.string());
    QVERIFY2(QString::fromStdString(tokenizer.error().message).contains(message), tokenizer.error().message.c_str());
}

/// The same model without a fault is taken, its rule applied.
void TestHostileFiles::pieceModelIsSound()
{
    const TemporaryFolder folder;
    const auto file =
        folder.write("tokenizer.model", model(nestedPieces(4, 64), rulesWith(trieOf('q', 0), {"b\0", 2})));
    const auto tokenizer = io::Tokenizer::open(file);
    VERIFY_RESULT(tokenizer);
    const auto ids = tokenizer->encode("aqb");
    VERIFY_RESULT(ids);
    QCOMPARE(*ids, (std::vector<std::int64_t>{1, 3, 6, 6}));
}

QTEST_APPLESS_MAIN(TestHostileFiles)
#include "tst_hostile_files.moc"

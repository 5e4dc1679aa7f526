// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/io/pickle.h"

#include <QTest>

#include "tests/core/io/pickle_builder.h"
#include "tests/support/support.h"

using namespace ecdysis;
using namespace ecdysis::io;
using namespace pickled;

namespace {

Result<std::vector<PickledTensor>> read(const std::string &pickle, const PickleLimits &limits = {})
{
    return readPickledTensors(asBytes(pickle), "f.bin", limits);
}

/// Two sizes, six elements.
std::string someTensor()
{
    return tensor(storage("0", 6), 0, {2, 3}, {3, 1});
}

std::string orderedDictOf(const std::string &items)
{
    return orderedDict() + "(" + items + "u";
}

} // namespace

class TestPickle : public QObject
{
    Q_OBJECT

private slots:
    void readsDict();
    void readsEveryStorageType();
    void readsOrderedDictWithAttributes();
    void readsParameters();
    void readsSizeAndShortStringsAndMemos();
    void readsIntegersOfEveryWidth();
    void unwrapsAndStrips();
    void readsSelfContainingValues();
    void refuses_data();
    void refuses();
    void refusesEveryOtherOpcode();
    void refusesDangerousNames();
    void refusesEveryTruncation();
    void keepsLimits();
    void keepsMemorySmall();
};

void TestPickle::readsDict()
{
    const auto tensors = read(whole(dict({{"b", tensor(storage("1", 12), 2, {2, 3}, {1, 2})},
                                          {"a", someTensor()},
                                          {"s", tensor(storage("2", 1), 0, {}, {})}})));
    VERIFY_RESULT(tensors);
    QCOMPARE(tensors->size(), 3u);
    QCOMPARE((*tensors)[0], (PickledTensor{"a", "0", DType::F32, 6, 0, {2, 3}, {3, 1}}));
    QCOMPARE((*tensors)[1], (PickledTensor{"b", "1", DType::F32, 12, 2, {2, 3}, {1, 2}}));
    QCOMPARE((*tensors)[2], (PickledTensor{"s", "2", DType::F32, 1, 0, {}, {}}));
}

void TestPickle::readsEveryStorageType()
{
    const std::vector<std::pair<const char *, DType>> types = {
        {"FloatStorage", DType::F32},  {"HalfStorage", DType::F16}, {"BFloat16Storage", DType::BF16},
        {"DoubleStorage", DType::F64}, {"LongStorage", DType::I64}, {"IntStorage", DType::I32},
        {"ShortStorage", DType::I16},  {"CharStorage", DType::I8},  {"ByteStorage", DType::U8},
        {"BoolStorage", DType::Bool}};
    for (const auto &[name, dtype] : types) {
        const auto tensors = read(whole(dict({{"a", tensor(storage("0", 0, name), 0, {0}, {1})}})));
        VERIFY_RESULT(tensors);
        QCOMPARE(tensors->front().dtype, dtype);
    }
}

void TestPickle::readsOrderedDictWithAttributes()
{
    const std::string attributes = dict({{"_metadata", orderedDictOf(text("") + dict({{"version", integer(1)}}))}});
    VERIFY_RESULT(read(whole(orderedDictOf(text("a") + someTensor()) + attributes + "b")));
    const std::string byNewObject = global("collections", "OrderedDict") + ")\x81" + text("a") + someTensor() + "s";
    VERIFY_RESULT(read(whole(byNewObject)));
}

void TestPickle::readsParameters()
{
    const std::string parameter =
        global("torch._utils", "_rebuild_parameter") + tuple(someTensor() + "\x88" + orderedDict()) + "R";
    const auto tensors = read(whole(dict({{"a", parameter}})));
    VERIFY_RESULT(tensors);
    QCOMPARE(tensors->front().shape, (std::vector<std::int64_t>{2, 3}));
}

void TestPickle::readsSizeAndShortStringsAndMemos()
{
    // The memo keeps the function, the shape is a torch.Size, the name a string of one length byte.
    const std::string function = global("torch._utils", "_rebuild_tensor_v2");
    const std::string shape = global("torch", "Size") + integers({6}) + "\x85R";
    const auto arguments = [&](const std::string &sizes, const std::string &strides) {
        return tuple(storage("0", 6) + "K" + std::string(1, '\0') + sizes + strides + "\x89" + orderedDict() + "}");
    };
    const std::string pickle = std::string("}U\x01"
                                           "a",
                                           4) +
                               function + "q\x07" + arguments(shape + "r" + littleEndian(300u), integers({1})) + "Rs" +
                               std::string("U\x01"
                                           "b",
                                           3) +
                               "h\x07" + arguments("j" + littleEndian(300u), integers({1})) + "Rs";
    const auto tensors = read(whole(pickle));
    VERIFY_RESULT(tensors);
    QCOMPARE(tensors->size(), 2u);
    QCOMPARE((*tensors)[1].shape, (std::vector<std::int64_t>{6}));
}

void TestPickle::readsIntegersOfEveryWidth()
{
    const auto offsetOf = [](const std::string &number) {
        const std::string value = global("torch._utils", "_rebuild_tensor_v2") +
                                  tuple(storage("0", std::int64_t{1} << 40) + number + integers({1}) + integers({1}) +
                                        "\x89" + orderedDict()) +
                                  "R";
        const auto tensors = read(whole(dict({{"a", value}})));
        return tensors ? tensors->front().offset : -1;
    };
    QCOMPARE(offsetOf(std::string("K\xff", 2)), 255);
    QCOMPARE(offsetOf(std::string("M\xff\xff", 3)), 65535);
    QCOMPARE(offsetOf(std::string("J\xff\xff\xff\x7f", 5)), 2147483647);
    QCOMPARE(offsetOf(std::string("\x8a\x00", 2)), 0);
    QCOMPARE(offsetOf(std::string("\x8a\x01\x7f", 3)), 127);
    QCOMPARE(offsetOf(std::string("\x8a\x05\x00\x00\x00\x80\x00", 7)), std::int64_t{1} << 31);
    QCOMPARE(offsetOf(std::string("J\xff\xff\xff\xff", 5)), -1);
    QCOMPARE(offsetOf(std::string("\x8a\x01\xff", 3)), -1);
}

void TestPickle::unwrapsAndStrips()
{
    const std::string inner = dict({{"module.a", someTensor()}, {"module.b", someTensor()}});
    for (const char *key : {"state_dict", "model"}) {
        const auto tensors = read(whole(dict({{"epoch", integer(3)},
                                              {key, inner},
                                              {"rate", "G" + std::string(8, '\0')},
                                              {"dtype", global("torch", "float32")},
                                              {"losses", std::string("](K\x01K\x02"
                                                                     "e",
                                                                     7)},
                                              {"none", "N"},
                                              {"optimizer", dict({})}})));
        VERIFY_RESULT(tensors);
        QCOMPARE(tensors->size(), 2u);
        QCOMPARE(tensors->front().name, std::string("a"));
    }
    const auto mixed = read(whole(dict({{"module.a", someTensor()}, {"b", someTensor()}})));
    VERIFY_RESULT(mixed);
    QCOMPARE(mixed->back().name, std::string("module.a"));
}

void TestPickle::readsSelfContainingValues()
{
    // A list in itself, beside the state dict.
    VERIFY_RESULT(read(whole(dict({{"loop", "]q\x01h\x01"
                                            "a"},
                                   {"model", dict({{"a", someTensor()}})}}))));
}

void TestPickle::refuses_data()
{
    QTest::addColumn<QByteArray>("pickle");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("message");
    QTest::addColumn<QString>("where");
    const auto row = [](const char *name, const std::string &pickle, const char *message, const char *where,
                        ErrorCode code = ErrorCode::BadFormat) {
        QTest::newRow(name) << QByteArray::fromStdString(pickle) << static_cast<int>(code) << message << where;
    };
    const auto value = [&](const char *name, const std::string &pickle, const char *message,
                           const char *where = "f.bin: offset",
                           ErrorCode code = ErrorCode::BadFormat) { row(name, whole(pickle), message, where, code); };
    const auto view = [&](const char *name, const std::string &tensor, const char *message,
                          ErrorCode code = ErrorCode::BadFormat) {
        row(name, whole(dict({{"x.weight", tensor}})), message, "f.bin: x.weight", code);
    };
    row("empty", "", "1 more bytes, found 0", "f.bin: offset 0");
    row("no protocol", "}.", "the protocol first", "f.bin: offset 0");
    row("protocol 4", std::string("\x80\x04}.", 4), "protocol 2, found 4", "f.bin: offset 0", ErrorCode::Unsupported);
    row("protocol twice", std::string("\x80\x02\x80\x02}.", 6), "only there", "f.bin: offset 2");
    row("no end", std::string("\x80\x02}", 3), "1 more bytes, found 0", "f.bin: offset 3");
    row("bytes behind", whole(dict({{"a", someTensor()}})) + "x", "found more", "f.bin: offset");
    value("two values", "}}", "after one value, found more");
    value("open mark", "}(N", "after one value, found more");
    value("no value", "", "expected a value on the stack, found none");
    value("pop below a mark", "}(s", "expected a value on the stack");
    value("no mark", "}u", "expected a mark");
    value("odd number of items", "}(" + text("a") + "u", "odd number");
    value("long integer", dict({{"a", std::string("\x8a\x09", 2) + std::string(9, '\1')}}),
          "64 bits, found one of 9 bytes");
    value("integer as key", "}K\x01Ns", "a string as key, found an integer");
    value("key twice", dict({{"a", "N"}, {"a", "N"}}), "'a' twice");
    value("items into a list", "]" + text("a") + "Ns", "expected a dict, found a list");
    value("append to a dict", "}Na", "expected a list, found a dict");
    value("appends to a tuple", ")(Ne", "expected a list, found a tuple");
    value("empty memo", std::string("h\x05", 2), "memo 5, found none");
    value("text beyond the end", "X" + littleEndian(1000u) + "abc", "1000 more bytes");
    value("name without line end", "cos", "expected a line");
    value("call of a list", "])R", "expected a function, found a list");
    value("call with a list", global("collections", "OrderedDict") + "]R", "a tuple of arguments, found a list");
    value("OrderedDict with arguments", global("collections", "OrderedDict") + "(]tR", "without arguments");
    value("object of a function", global("torch._utils", "_rebuild_tensor_v2") + ")\x81", "the class OrderedDict");
    value("object of a dict", "})\x81", "expected a class, found a dict");
    value("attributes of a dict", "}}b", "those of a dict");
    value("attributes of a list", "]}b", "expected an OrderedDict, found a list");
    value("storage of four parts", "(" + text("storage") + "NNNtQ", "5 parts of a storage, found 4");
    value("storage by another name",
          tuple(text("x") + global("torch", "FloatStorage") + text("0") + text("cpu") + "K\1") + "Q",
          "another persistent object");
    value("storage of no type", tuple(text("storage") + "N" + text("0") + text("cpu") + "K\1") + "Q",
          "a storage type, found None");
    value("storage without key",
          tuple(text("storage") + global("torch", "FloatStorage") + "K\1" + text("cpu") + "K\1") + "Q",
          "a string as key of a storage");
    value("storage without place", tuple(text("storage") + global("torch", "FloatStorage") + text("0") + "NK\1") + "Q",
          "a string as location");
    value("storage without size",
          tuple(text("storage") + global("torch", "FloatStorage") + text("0") + text("cpu") + "N") + "Q",
          "an integer as size");
    value("storage by string", text("storage") + "Q", "a tuple that names a storage");
    const std::string rebuild = global("torch._utils", "_rebuild_tensor_v2");
    value("tensor of five arguments", rebuild + "(NNNNNtR", "6 or 7 arguments of a tensor, found 5");
    value("tensor without storage", rebuild + tuple("NK\1))\x89" + orderedDict()) + "R", "a storage, found None");
    value("tensor without offset", rebuild + tuple(storage("0", 1) + "N))\x89" + orderedDict()) + "R",
          "an integer as offset");
    value("tensor without shape", rebuild + tuple(storage("0", 1) + "K\1])\x89" + orderedDict()) + "R",
          "a tuple of integers, found a list");
    value("tensor of text", rebuild + tuple(storage("0", 1) + "K\1(" + text("a") + "t)\x89" + orderedDict()) + "R",
          "an integer, found a string");
    value("tensor without hooks", rebuild + tuple(storage("0", 1) + "K\1))\x89N") + "R", "an OrderedDict of hooks");
    value("tensor with metadata",
          rebuild + tuple(storage("0", 1) + "K\1))\x89" + orderedDict() + dict({{"conj", "\x88"}})) + "R",
          "without metadata", "f.bin: offset", ErrorCode::Unsupported);
    value("65 dimensions",
          tensor(storage("0", 1), 0, std::vector<std::int64_t>(65, 1), std::vector<std::int64_t>(65, 1)),
          "64 dimensions, found 65");
    value("parameter of a list", global("torch._utils", "_rebuild_parameter") + tuple("]\x89" + orderedDict()) + "R",
          "a tensor, found a list");
    value("parameter of two", global("torch._utils", "_rebuild_parameter") + tuple("]\x89") + "R",
          "3 arguments of a parameter");
    value("size of two", global("torch", "Size") + tuple("NN") + "R", "1 argument of torch.Size");
    value("a list", "]", "a dict of tensors, found a list", "f.bin");
    value("a tensor alone", someTensor(), "a dict of tensors, found a tensor", "f.bin");
    value("nothing in it", "}", "found an empty one", "f.bin");
    value("both wrappers", dict({{"model", "}"}, {"state_dict", "}"}}), "found both", "f.bin");
    value("no tensor", dict({{"a", someTensor()}, {"x.weight", "]"}}), "a tensor, found a list", "f.bin: x.weight");
    value("name not UTF-8", dict({{"a\xff", someTensor()}}), "UTF-8", "f.bin");
    view("zero byte in a key", tensor(storage(std::string_view("0\0x", 3), 1), 0, {}, {}), "key of a storage as text");
    view("negative offset", tensor(storage("0", 6), -1, {2}, {1}), "at least 0, found 6 and -1");
    view("negative storage", tensor(storage("0", -6), 0, {2}, {1}), "at least 0, found -6 and 0");
    view("negative size", tensor(storage("0", 6), 0, {-2}, {1}), "sizes of at least 0");
    view("negative stride", tensor(storage("0", 6), 5, {2}, {-1}), "strides of at least 0");
    view("too few strides", tensor(storage("0", 6), 0, {2, 3}, {1}), "as many strides as sizes, found 1 and 2");
    view("beyond the storage", tensor(storage("0", 6), 1, {2, 3}, {3, 1}), "inside the 6 elements");
    view("scalar beyond the storage", tensor(storage("0", 6), 6, {}, {}), "inside the 6 elements");
    view("empty beyond the storage", tensor(storage("0", 6), 7, {0}, {1}), "inside the 6 elements");
    view("reach overflows", tensor(storage("0", 6), 0, {3}, {INT64_MAX}), "inside the 6 elements");
    view("sum overflows", tensor(storage("0", 6), INT64_MAX, {2}, {1}), "inside the 6 elements");
    view("end overflows", tensor(storage("0", 6), INT64_MAX, {1}, {1}), "inside the 6 elements");
    view("expanded", tensor(storage("0", 6), 0, {INT64_MAX}, {0}), "no element twice", ErrorCode::Unsupported);
    view("overlapping", tensor(storage("0", 6), 0, {3, 4}, {1, 1}), "no element twice", ErrorCode::Unsupported);
    value("storage of two types",
          dict({{"a", someTensor()}, {"b", tensor(storage("0", 6, "HalfStorage"), 0, {1}, {1})}}),
          "as 6 elements of F32", "f.bin: b");
    value("storage of two sizes", dict({{"a", someTensor()}, {"b", tensor(storage("0", 7), 0, {1}, {1})}}),
          "found 7 of F32", "f.bin: b");
}

void TestPickle::refuses()
{
    QFETCH(QByteArray, pickle);
    QFETCH(int, code);
    QFETCH(QString, message);
    QFETCH(QString, where);
    const auto tensors = read(pickle.toStdString());
    QVERIFY(!tensors);
    QCOMPARE(static_cast<int>(tensors.error().code), code);
    QVERIFY2(QString::fromStdString(tensors.error().message).contains(message), tensors.error().message.c_str());
    QVERIFY2(QString::fromStdString(tensors.error().where).startsWith(where), tensors.error().where.c_str());
}

void TestPickle::refusesEveryOtherOpcode()
{
    const std::string known = "\x80.(}])t\x85\x86\x87qrhjXUKMJ\x8aGN\x88\x89"
                              "cR\x81"
                              "bQsuae";
    for (int code = 0; code < 256; ++code) {
        if (known.find(static_cast<char>(code)) != std::string::npos)
            continue;
        const auto tensors = read(whole(std::string(1, static_cast<char>(code))));
        QVERIFY2(!tensors, std::to_string(code).c_str());
        QVERIFY2(contains(tensors.error().message, "expected an opcode"), tensors.error().message.c_str());
        QCOMPARE(tensors.error().where, std::string("f.bin: offset 2"));
    }
}

void TestPickle::refusesDangerousNames()
{
    const std::vector<std::pair<const char *, const char *>> names = {{"os", "system"},
                                                                      {"posix", "system"},
                                                                      {"nt", "system"},
                                                                      {"subprocess", "Popen"},
                                                                      {"builtins", "eval"},
                                                                      {"builtins", "getattr"},
                                                                      {"__builtin__", "eval"},
                                                                      {"sys", "exit"},
                                                                      {"numpy.core.multiarray", "_reconstruct"},
                                                                      {"_codecs", "encode"},
                                                                      {"__main__", "Model"},
                                                                      {"torch", "load"},
                                                                      {"torch._utils", "_rebuild_tensor"},
                                                                      {"torch", "FloatStorage "},
                                                                      {"torch.", "FloatStorage"},
                                                                      {"collections", "orderedDict"},
                                                                      {"", ""}};
    for (const auto &[module, name] : names) {
        const auto tensors = read(whole(global(module, name) + tuple(text("true")) + "R"));
        QVERIFY2(!tensors, name);
        QCOMPARE(tensors.error().code, ErrorCode::Unsupported);
        QVERIFY2(contains(tensors.error().message, (std::string(module) + "." + name).c_str()),
                 tensors.error().message.c_str());
    }
}

void TestPickle::refusesEveryTruncation()
{
    const std::string pickle = whole(orderedDictOf(text("a") + someTensor()) + dict({{"_metadata", "N"}}) + "b");
    VERIFY_RESULT(read(pickle));
    for (std::size_t size = 0; size < pickle.size(); ++size) {
        const auto tensors = read(pickle.substr(0, size));
        QVERIFY2(!tensors, std::to_string(size).c_str());
    }
}

void TestPickle::keepsLimits()
{
    const std::string pickle = whole(dict({{"a", someTensor()}, {"b", someTensor()}}));
    const auto message = [&](const PickleLimits &limits, const std::string &bytes) {
        const auto tensors = read(bytes, limits);
        return tensors ? std::string("none") : tensors.error().message;
    };
    QCOMPARE(message({}, pickle), std::string("none"));
    QVERIFY(contains(message({.opcodes = 10}, pickle), "at most 10 opcodes"));
    QVERIFY(contains(message({.stack = 4}, pickle), "at most 4 values on the stack"));
    QVERIFY(contains(message({.entries = 1}, pickle), "at most 1 entries of a dict"));
    QVERIFY(contains(message({.nesting = 2}, pickle), "at most 2 nested values"));
    QVERIFY(contains(message({.memo = 1}, whole("Nq\1q\2")), "at most 1 memos"));
    QVERIFY(contains(message({}, whole(std::string(101, '('))), "at most 100 nested values"));
}

void TestPickle::keepsMemorySmall()
{
    // A deep chain of tuples: nothing may recurse over it.
    const auto chain = read(whole("N" + std::string(1'000'000, '\x85')));
    QVERIFY(!chain);
    QVERIFY(contains(chain.error().message, "found a tuple"));
}

QTEST_APPLESS_MAIN(TestPickle)
#include "tst_pickle.moc"

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/io/config.h"

#include <cmath>
#include <limits>

#include <QTest>

#include "core/exception.h"
#include "tests/core/io/temporary.h"
#include "tests/support/support.h"

using namespace ecdysis;
using namespace ecdysis::io;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The error of a function that must throw one.
template <typename F> Error errorOf(F function)
{
    try {
        function();
    } catch (const Exception &exception) {
        return exception.error();
    }
    return {ErrorCode::Internal, "nothing was thrown", ""};
}

} // namespace

class TestConfig : public QObject
{
    Q_OBJECT

private slots:
    void readsFixtures();
    void acceptsNumberNames();
    void leavesStringsAlone();
    void givesDefaults();
    void keepsPrecision();
    void refusesWrongTypes();
    void refusesText_data();
    void refusesText();
    void tellsAbsentFile();
};

void TestConfig::readsFixtures()
{
    const auto mamba = Config::read(testData("mamba/config.json"));
    VERIFY_RESULT(mamba);
    QCOMPARE(mamba->string("model_type", ""), std::string("mamba"));
    QCOMPARE(mamba->integer("hidden_size"), 64);
    QCOMPARE(mamba->number("layer_norm_epsilon", 0), 1e-5);
    QCOMPARE(mamba->boolean("use_bias", true), false);

    for (const char *name : {"mamba2/config.json", "mamba2/config.hub.json"}) {
        const auto config = Config::read(testData(name));
        VERIFY_RESULT(config);
        QCOMPARE(config->numbers("time_step_limit").value(), (std::vector<double>{0, infinity}));
    }
    const auto original = Config::read(testData("mamba_original/config.json"));
    VERIFY_RESULT(original);
    QVERIFY(!original->has("model_type"));
    QVERIFY(original->has("ssm_cfg"));
}

void TestConfig::acceptsNumberNames()
{
    const auto config = Config::parse(
        R"({"a":[Infinity,-Infinity, NaN],"b":-Infinity,"c":{"__float__":"NaN"},"d":{"__float__":"-Infinity"},"e":{"__float__":"x"}})",
        "c");
    VERIFY_RESULT(config);
    const auto list = config->numbers("a").value();
    QCOMPARE(list[0], infinity);
    QCOMPARE(list[1], -infinity);
    QVERIFY(std::isnan(list[2]));
    QCOMPARE(config->number("b", 0), -infinity);
    QVERIFY(std::isnan(config->number("c", 0)));
    QCOMPARE(config->number("d", 0), -infinity);
    QVERIFY(config->json()["e"].is_object());
}

void TestConfig::leavesStringsAlone()
{
    const auto config = Config::parse(R"({"Infinity":"NaN \" Infinity \\","x":"-Infinity"})", "c");
    VERIFY_RESULT(config);
    QCOMPARE(config->string("Infinity", ""), std::string("NaN \" Infinity \\"));
    QCOMPARE(config->string("x", ""), std::string("-Infinity"));
}

void TestConfig::givesDefaults()
{
    const auto config = Config::parse(R"({"nothing":null,"inner":{"n":3,"deep":{"m":"x"}},"list":[]})", "c.json");
    VERIFY_RESULT(config);
    QVERIFY(!config->has("nothing"));
    QCOMPARE(config->integer("nothing", 7), 7);
    QCOMPARE(config->number("absent", 0.5), 0.5);
    QCOMPARE(config->boolean("absent", true), true);
    QCOMPARE(config->string("absent", "auto"), std::string("auto"));
    QVERIFY(!config->numbers("absent"));
    QVERIFY(config->numbers("list")->empty());
    QCOMPARE(config->object("inner").integer("n"), 3);
    QCOMPARE(config->object("absent").integer("n", 4), 4);
    QCOMPARE(config->number("absent", 1), 1.0);
}

void TestConfig::keepsPrecision()
{
    const auto config = Config::parse(R"({"big":9007199254740993,"min":-9223372036854775808,"f":0.1})", "c");
    VERIFY_RESULT(config);
    QCOMPARE(config->integer("big"), 9007199254740993);
    QCOMPARE(config->integer("min"), std::numeric_limits<std::int64_t>::min());
    QCOMPARE(config->number("f", 0), 0.1);
}

void TestConfig::refusesWrongTypes()
{
    const auto parsed = Config::parse(
        R"({"s":"text","f":2.5,"i":1,"u":18446744073709551615,"o":{"d":{"x":[]}},"l":[1,"two"],"inf":Infinity})",
        "f/c.json");
    VERIFY_RESULT(parsed);
    const Config &config = *parsed;
    const auto check = [](const Error &error, const char *where, const char *message) {
        QCOMPARE(error.code, ErrorCode::BadFormat);
        QCOMPARE(error.where, std::string(where));
        QVERIFY2(contains(error.message, message), error.message.c_str());
    };
    check(errorOf([&] { config.integer("absent"); }), "f/c.json: absent", "expected an integer, found none");
    check(errorOf([&] { config.integer("s", 1); }), "f/c.json: s", "expected an integer, found string \"text\"");
    check(errorOf([&] { config.integer("f"); }), "f/c.json: f", "found number 2.5");
    check(errorOf([&] { config.integer("u"); }), "f/c.json: u", "found number 18446744073709551615");
    check(errorOf([&] { config.integer("inf", 1); }), "f/c.json: inf", "expected an integer");
    check(errorOf([&] { config.number("s", 1); }), "f/c.json: s", "expected a number");
    check(errorOf([&] { config.boolean("i", true); }), "f/c.json: i", "expected true or false");
    check(errorOf([&] { config.string("i", ""); }), "f/c.json: i", "expected a string");
    check(errorOf([&] { config.object("l"); }), "f/c.json: l", "expected an object");
    check(errorOf([&] { config.numbers("i"); }), "f/c.json: i", "expected a list of numbers");
    check(errorOf([&] { config.numbers("l"); }), "f/c.json: l[1]", "expected a number, found string \"two\"");
    check(errorOf([&] { config.object("o").object("d").integer("x"); }), "f/c.json: o.d.x",
          "expected an integer, found array");
}

void TestConfig::refusesText_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("message");
    const auto row = [](const char *name, const QByteArray &text, const char *message) {
        QTest::newRow(name) << text << message;
    };
    row("empty", "", "expected JSON");
    row("list", "[1]", "expected a JSON object, found array [1]");
    row("number name alone", "Infinity", "expected a JSON object");
    row("unfinished", "{\n\"a\":\n", "line 3");
    row("unfinished string", "{\"a", "expected JSON");
    row("unfinished escape", "{\"a\\", "expected JSON");
    row("text behind", "{} {}", "expected JSON");
    row("zero byte", QByteArray("{}\0", 3), "zero byte at offset 2");
    row("not UTF-8", "{\"a\":\"\xff\"}", "UTF-8");
    row("number name in a word", "{\"a\":Infinityx}", "expected JSON");
    row("another number name", "{\"a\":+Infinity}", "expected JSON");
    row("infinity by size", "{\"a\":1e999}", "expected JSON");
    row("deep", QByteArray("{\"a\":") + QByteArray(100'000, '['), "at most 256 levels");
}

void TestConfig::refusesText()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, message);
    const auto config = Config::parse(text.toStdString(), "folder/config.json");
    QVERIFY(!config);
    QCOMPARE(config.error().code, ErrorCode::BadFormat);
    QCOMPARE(config.error().where, std::string("folder/config.json"));
    QVERIFY2(QString::fromStdString(config.error().message).contains(message), config.error().message.c_str());
}

void TestConfig::tellsAbsentFile()
{
    const TemporaryFolder folder;
    const auto config = Config::read(folder.path() / "config.json");
    QVERIFY(!config);
    QCOMPARE(config.error().code, ErrorCode::NotFound);
}

QTEST_APPLESS_MAIN(TestConfig)
#include "tst_config.moc"

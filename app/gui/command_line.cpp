// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/command_line.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <QCommandLineParser>

#include "app/gui/demo.h"

namespace ecdysis {

namespace {

[[noreturn]] void refuse(const QString &why)
{
    std::fprintf(stderr, "ecdysis: %s\n", qPrintable(why));
    std::exit(2);
}

QString text(const char *source)
{
    return QString::fromUtf8(source);
}

int wholeNumber(const QCommandLineParser &parser, const QString &option, int least, int otherwise)
{
    if (!parser.isSet(option))
        return otherwise;
    bool valid = false;
    const int value = parser.value(option).toInt(&valid);
    if (!valid || value < least)
        refuse(text("--%1 takes a whole number of at least %2").arg(option).arg(least));
    return value;
}

QSize sizeOf(const QCommandLineParser &parser, QSize otherwise)
{
    if (!parser.isSet(QStringLiteral("size")))
        return otherwise;
    const QStringList parts = parser.value(QStringLiteral("size")).split(QLatin1Char('x'));
    const QSize size = parts.size() == 2 ? QSize(parts[0].toInt(), parts[1].toInt()) : QSize();
    if (size.width() < 200 || size.height() < 200)
        refuse(text("--size takes width and height in pixels, as in 1440x900"));
    return size;
}

void addOptions(QCommandLineParser &parser)
{
    parser.addPositionalArgument("MODEL", text("Model folder or *.ecdysis session to open"), "[MODEL]");
    parser.addOptions({
        {"demo", text("Open the small model that comes along")},
        {"headless", text("Scan without a window: print the table, write the figure")},
        {"text", text("Text file to measure on"), "FILE"},
        {"window", text("Tokens of a window"), "W"},
        {"max-windows", text("Windows to use; 0: all"), "K"},
        {"units", text("Kinds of units, joined by commas"), "KINDS"},
        {{"session", "session-file"}, text("Session file that keeps the cells"), "FILE"},
        {"export", text("Figure to write: png, svg, pdf; or csv"), "FILE"},
        {"table", text("Print every cell")},
        {"screenshot", text("Scan in a window, save its picture and quit"), "FILE"},
        {"size", text("Size of the window"), "WxH"},
        {"theme", text("system, light, dark or contrast"), "NAME"},
        {"language", text("Code of the language, as in de"), "CODE"},
        {"select", text("Unit to select, as in block:5"), "UNIT"},
    });
}

void checkUse(const CommandLine &line)
{
    if (line.demo && !line.path.isEmpty())
        refuse(text("give either --demo or a model"));
    if ((line.headless || !line.screenshot.isEmpty()) && !line.demo && line.path.isEmpty())
        refuse(text("give a model, or --demo"));
    if (line.headless && !line.demo && line.text.isEmpty() && !line.path.endsWith(QLatin1String(".ecdysis")))
        refuse(text("--headless needs --text FILE"));
}

} // namespace

bool wantsNoDisplay(int argc, char **argv)
{
    return std::any_of(argv + 1, argv + argc, [](const char *argument) {
        const std::string_view option = argument;
        return option == "--headless" || option == "--help" || option == "--version" || option == "-h" ||
               option == "-v";
    });
}

void keepFromToolkit(int argc, char **argv)
{
    static char ours[] = "--session-file";
    for (int i = 1; i < argc; ++i)
        if (std::string_view(argv[i]) == "--session")
            argv[i] = ours;
}

CommandLine parseCommandLine(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(text("Explore, score and prune state-space and hybrid language models"));
    parser.addHelpOption();
    parser.addVersionOption();
    addOptions(parser);
    if (!parser.parse(arguments))
        refuse(parser.errorText());
    if (parser.isSet("help"))
        parser.showHelp();
    if (parser.isSet("version"))
        parser.showVersion();
    if (parser.positionalArguments().size() > 1)
        refuse(text("give one model only"));

    CommandLine line;
    line.path = parser.positionalArguments().value(0);
    line.demo = parser.isSet("demo");
    line.headless = parser.isSet("headless");
    line.text = parser.value("text");
    const WindowProtocol otherwise = line.demo ? demoProtocol() : WindowProtocol{.window = 512, .maxWindows = 16};
    line.protocol.window = wholeNumber(parser, QStringLiteral("window"), 2, otherwise.window);
    line.protocol.maxWindows = wholeNumber(parser, QStringLiteral("max-windows"), 0, otherwise.maxWindows);
    if (parser.isSet("units"))
        line.kinds = parser.value("units").split(QLatin1Char(','), Qt::SkipEmptyParts);
    line.session = parser.value("session");
    line.exportFile = parser.value("export");
    line.table = parser.isSet("table");
    line.screenshot = parser.value("screenshot");
    line.size = sizeOf(parser, line.size);
    line.theme = parser.value("theme");
    line.language = parser.value("language");
    line.unit = parser.value("select");
    checkUse(line);
    return line;
}

} // namespace ecdysis

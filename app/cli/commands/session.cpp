// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <fmt/format.h>

#include "app/cli/commands/command.h"
#include "app/cli/common_options.h"
#include "app/cli/scan_report.h"
#include "app/cli/search_report.h"
#include "core/values/json.h"

namespace ecdysis::cli::commands {

namespace {

nlohmann::json summary(const Session &session)
{
    auto scans = nlohmann::json::array();
    for (const Scan &scan : session.scans) {
        scans.push_back(scanObject(scan));
        scans.back()["measured"] = measuredCells(scan);
        scans.back()["asked"] = scan.cells.size();
    }
    auto searches = nlohmann::json::array();
    for (const Search &search : session.searches)
        searches.push_back(searchObject(search));
    return {{"model_folder", session.modelFolder},
            {"model_title", session.modelTitle},
            {"notes", session.notes},
            {"scans", scans},
            {"searches", searches}};
}

std::string describe(const Session &session)
{
    std::string text = fmt::format("{}, {}\n{} scans, {} searches\n", session.modelTitle, session.modelFolder,
                                   session.scans.size(), session.searches.size());
    if (!session.notes.empty())
        text += "\n" + session.notes + "\n";
    for (const Scan &scan : session.scans)
        text += fmt::format("\n{}: {} of {} cells, started {}\n{}", scan.calibration.text, measuredCells(scan),
                            scan.cells.size(), scan.provenance.created, scanText(scan));
    for (const Search &search : session.searches)
        text += fmt::format("\n{}: search started {}\n{}", search.calibrations.front().text, search.provenance.created,
                            searchText(search));
    return text;
}

Action define(CLI::App &app)
{
    auto file = std::make_shared<std::filesystem::path>();
    app.add_option("session", *file, "A *.ecdysis file")->required()->type_name("SESSION");
    return [file](Context &) {
        return readSession(*file).map([](const Session &session) {
            return Report{summary(session), describe(session)};
        });
    };
}

} // namespace

extern const Command session;
const Command session{"session", "Show what a session file holds", define};

} // namespace ecdysis::cli::commands

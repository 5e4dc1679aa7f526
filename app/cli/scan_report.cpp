// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/scan_report.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "app/cli/text_table.h"
#include "core/values/json.h"

namespace ecdysis::cli {

namespace {

nlohmann::json cellObject(const Cell &cell, const std::vector<double> &dense)
{
    nlohmann::json object = cell;
    const bool comparable = !cell.losses.empty() && cell.losses.size() == dense.size();
    const Estimate delta = comparable ? pairedDifference(cell.losses, dense) : Estimate{NAN, NAN};
    object["nll"] = json_detail::number(cell.losses.empty() ? NAN : mean(cell.losses).value);
    object["delta"] = json_detail::number(delta.value);
    object["standard_error"] = json_detail::number(delta.standardError);
    return object;
}

std::vector<std::string> cellRow(const Cell &cell, const std::vector<double> &dense)
{
    if (cell.losses.empty() || cell.losses.size() != dense.size())
        return {cell.unit, std::to_string(cell.layer), "not measured", "", ""};
    const Estimate delta = pairedDifference(cell.losses, dense);
    return {cell.unit, std::to_string(cell.layer), fmt::format("{:.4f}", mean(cell.losses).value),
            fmt::format("{:+.4f}", delta.value), margin(delta.standardError)};
}

} // namespace

nlohmann::json scanObject(const Scan &scan)
{
    auto cells = nlohmann::json::array();
    for (const Cell &cell : scan.cells)
        cells.push_back(cellObject(cell, scan.denseLosses));
    const Estimate dense = scan.denseLosses.empty() ? Estimate{NAN, NAN} : mean(scan.denseLosses);
    return {{"dense_nll", json_detail::number(dense.value)},
            {"dense_standard_error", json_detail::number(dense.standardError)},
            {"dense_losses", json_detail::numbers(scan.denseLosses)},
            {"cells", cells},
            {"seconds", scan.seconds},
            {"calibration", scan.calibration},
            {"provenance", scan.provenance}};
}

std::string scanText(const Scan &scan)
{
    TextTable table({"unit", "layer", "loss", "change", "error"});
    for (const Cell &cell : scan.cells)
        table.addRow(cellRow(cell, scan.denseLosses));
    const std::string head = scan.denseLosses.empty()
                                 ? std::string("dense loss not measured")
                                 : fmt::format("dense loss {:.4f} {} nats per token", mean(scan.denseLosses).value,
                                               margin(mean(scan.denseLosses).standardError));
    return fmt::format("{}, {} windows of {}, {}\n\n{}", head, scan.calibration.windows,
                       scan.calibration.protocol.window, name(scan.provenance.dtype), table.text());
}

std::size_t measuredCells(const Scan &scan)
{
    return static_cast<std::size_t>(
        std::ranges::count_if(scan.cells, [](const Cell &cell) { return !cell.losses.empty(); }));
}

} // namespace ecdysis::cli

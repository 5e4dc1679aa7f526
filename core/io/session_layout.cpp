// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/session_layout.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "core/exception.h"
#include "core/values/search_json.h"

namespace ecdysis::io {

namespace {

using hdf5::Array;
using hdf5::Group;

const std::string formatName = "ecdysis session";

int readInteger(const Group &group, const char *name)
{
    const auto value = hdf5::readAttribute<std::int64_t>(group, name);
    if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max())
        throw Exception(ErrorCode::BadFormat, fmt::format("a 32-bit integer expected, {} found", value),
                        group.where + name);
    return static_cast<int>(value);
}

void writeInteger(const Group &group, const char *name, std::int64_t value)
{
    hdf5::writeAttribute(group, name, value);
}

template <typename T> void writeColumn(const Group &group, const char *name, std::vector<T> values)
{
    const hsize_t size = values.size();
    hdf5::writeArray(group, name, Array<T>{{size}, std::move(values)});
}

/// One value per cell.
template <typename T> std::vector<T> readColumn(const Group &group, const char *name, std::size_t size)
{
    auto array = hdf5::readArray<T>(group, name, 1);
    if (array.values.size() != size)
        throw Exception(ErrorCode::BadFormat, fmt::format("{} elements expected, {} found", size, array.values.size()),
                        group.where + name);
    return std::move(array.values);
}

void writeSample(const Group &group, const RowSample &sample, const std::string &column)
{
    writeInteger(group, "rows", sample.rows);
    hdf5::writeAttribute(group, "seed", sample.seed);
    hdf5::writeAttribute(group, "column", column);
}

void readSample(const Group &group, WindowProtocol &protocol)
{
    protocol.sample = {.rows = readInteger(group, "rows"), .seed = hdf5::readAttribute<std::uint64_t>(group, "seed")};
    protocol.column = hdf5::readAttribute<std::string>(group, "column");
}

void writeCalibration(const Group &group, const Calibration &calibration)
{
    hdf5::writeAttribute(group, "text", calibration.text);
    writeInteger(group, "window", calibration.protocol.window);
    writeInteger(group, "stride", calibration.protocol.stride);
    writeInteger(group, "max_windows", calibration.protocol.maxWindows);
    writeInteger(group, "per_sequence", calibration.protocol.perSequence ? 1 : 0);
    const auto &draw = calibration.protocol.draw;
    writeColumn(group, "draw", draw ? std::vector<std::uint64_t>{*draw} : std::vector<std::uint64_t>{});
    if (calibration.protocol.sample)
        writeSample(hdf5::createGroup(group, "sample"), *calibration.protocol.sample, calibration.protocol.column);
    writeInteger(group, "tokens", calibration.tokens);
    writeInteger(group, "windows", calibration.windows);
    hdf5::writeAttribute(group, "fingerprint", calibration.fingerprint);
}

Calibration readCalibration(const Group &group, int version)
{
    Calibration calibration;
    calibration.text = hdf5::readAttribute<std::string>(group, "text");
    calibration.protocol.window = readInteger(group, "window");
    calibration.protocol.stride = readInteger(group, "stride");
    calibration.protocol.maxWindows = readInteger(group, "max_windows");
    calibration.protocol.perSequence = readInteger(group, "per_sequence") != 0;
    if (version >= 2)
        if (const auto draw = hdf5::readArray<std::uint64_t>(group, "draw", 1).values; !draw.empty())
            calibration.protocol.draw = draw.front();
    if (hdf5::hasGroup(group, "sample"))
        readSample(hdf5::openGroup(group, "sample"), calibration.protocol);
    calibration.tokens = hdf5::readAttribute<std::int64_t>(group, "tokens");
    calibration.windows = readInteger(group, "windows");
    calibration.fingerprint = hdf5::readAttribute<std::string>(group, "fingerprint");
    return calibration;
}

void writeProvenance(const Group &group, const Provenance &provenance)
{
    hdf5::writeAttribute(group, "model_fingerprint", provenance.modelFingerprint);
    hdf5::writeAttribute(group, "dtype", std::string(name(provenance.dtype)));
    hdf5::writeAttribute(group, "device", provenance.device);
    writeInteger(group, "threads", provenance.threads);
    hdf5::writeAttribute(group, "seed", provenance.seed);
    hdf5::writeAttribute(group, "created", provenance.created);
    Array<std::string> versions{{provenance.versions.size(), 2}, {}};
    for (const auto &[library, version] : provenance.versions)
        versions.values.insert(versions.values.end(), {library, version});
    hdf5::writeArray(group, "versions", versions);
}

Provenance readProvenance(const Group &group)
{
    Provenance provenance;
    provenance.modelFingerprint = hdf5::readAttribute<std::string>(group, "model_fingerprint");
    const auto dtype = hdf5::readAttribute<std::string>(group, "dtype");
    const auto known = dtypeFromName(dtype);
    if (!known)
        throw Exception(ErrorCode::BadFormat, fmt::format("a number type like F32 expected, \"{}\" found", dtype),
                        group.where + "dtype");
    provenance.dtype = *known;
    provenance.device = hdf5::readAttribute<std::string>(group, "device");
    provenance.threads = readInteger(group, "threads");
    provenance.seed = hdf5::readAttribute<std::uint64_t>(group, "seed");
    provenance.created = hdf5::readAttribute<std::string>(group, "created");
    const auto versions = hdf5::readArray<std::string>(group, "versions", 2);
    if (versions.shape[1] != 2)
        throw Exception(ErrorCode::BadFormat, fmt::format("2 columns expected, {} found", versions.shape[1]),
                        group.where + "versions");
    for (std::size_t i = 0; i + 1 < versions.values.size(); i += 2)
        provenance.versions.emplace_back(versions.values[i], versions.values[i + 1]);
    return provenance;
}

std::size_t windowsOf(const Scan &scan, const Group &group)
{
    std::size_t windows = scan.denseLosses.size();
    for (const Cell &cell : scan.cells)
        windows = std::max(windows, cell.losses.size());
    for (const Cell &cell : scan.cells)
        if (!cell.losses.empty() && cell.losses.size() != windows)
            throw Exception(ErrorCode::InvalidArgument,
                            fmt::format("{} losses expected for {}, {} found", windows, cell.unit, cell.losses.size()),
                            group.where);
    return windows;
}

void writeCells(const Group &group, const Scan &scan)
{
    const std::size_t windows = windowsOf(scan, group);
    std::vector<std::string> units, kinds, methods;
    std::vector<std::int32_t> layers;
    std::vector<double> amounts;
    std::vector<std::uint8_t> measured;
    Array<double> losses{{scan.cells.size(), windows}, {}};
    for (const Cell &cell : scan.cells) {
        units.push_back(cell.unit);
        kinds.push_back(cell.kind);
        methods.push_back(cell.method);
        layers.push_back(cell.layer);
        amounts.push_back(cell.amount);
        measured.push_back(cell.losses.empty() ? 0 : 1);
        losses.values.insert(losses.values.end(), cell.losses.begin(), cell.losses.end());
        losses.values.resize(measured.size() * windows, std::numeric_limits<double>::quiet_NaN());
    }
    writeColumn(group, "unit", std::move(units));
    writeColumn(group, "kind", std::move(kinds));
    writeColumn(group, "layer", std::move(layers));
    writeColumn(group, "method", std::move(methods));
    writeColumn(group, "amount", std::move(amounts));
    writeColumn(group, "measured", std::move(measured));
    hdf5::writeArray(group, "losses", losses);
}

/// `denseWindows`: of the dense losses; 0 where these are not measured.
std::vector<Cell> readCells(const Group &group, std::size_t denseWindows)
{
    const auto losses = hdf5::readArray<double>(group, "losses", 2);
    const std::size_t count = losses.shape[0], windows = losses.shape[1];
    if (denseWindows != 0 && windows != denseWindows)
        throw Exception(ErrorCode::BadFormat,
                        fmt::format("{} windows as in dense_losses expected, {} found", denseWindows, windows),
                        group.where + "losses");
    const auto units = readColumn<std::string>(group, "unit", count);
    const auto kinds = readColumn<std::string>(group, "kind", count);
    const auto layers = readColumn<std::int32_t>(group, "layer", count);
    const auto methods = readColumn<std::string>(group, "method", count);
    const auto amounts = readColumn<double>(group, "amount", count);
    const auto measured = readColumn<std::uint8_t>(group, "measured", count);
    std::vector<Cell> cells;
    for (std::size_t i = 0; i < count; ++i) {
        cells.push_back({units[i], kinds[i], layers[i], methods[i], amounts[i], {}});
        const auto row = losses.values.begin() + static_cast<std::ptrdiff_t>(i * windows);
        if (measured[i] != 0)
            cells.back().losses.assign(row, row + static_cast<std::ptrdiff_t>(windows));
    }
    return cells;
}

void writeScan(const Group &group, const Scan &scan)
{
    hdf5::writeAttribute(group, "seconds", scan.seconds);
    writeCalibration(hdf5::createGroup(group, "calibration"), scan.calibration);
    writeProvenance(hdf5::createGroup(group, "provenance"), scan.provenance);
    writeColumn(group, "dense_losses", scan.denseLosses);
    writeCells(hdf5::createGroup(group, "cells"), scan);
}

Scan readScan(const Group &group, int version)
{
    Scan scan;
    scan.seconds = hdf5::readAttribute<double>(group, "seconds");
    scan.calibration = readCalibration(hdf5::openGroup(group, "calibration"), version);
    scan.provenance = readProvenance(hdf5::openGroup(group, "provenance"));
    scan.denseLosses = hdf5::readArray<double>(group, "dense_losses", 1).values;
    scan.cells = readCells(hdf5::openGroup(group, "cells"), scan.denseLosses.size());
    return scan;
}

std::string itemName(std::size_t index)
{
    return fmt::format("{:04}", index);
}

/// A search is a text in JSON: it has levels within levels, and few numbers.
void writeSearch(const Group &group, const Search &search)
{
    hdf5::writeArray(group, "json",
                     Array<std::string>{
                         {}, {nlohmann::json(search).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)}});
}

Search readSearch(const Group &group)
{
    const std::string text = hdf5::readArray<std::string>(group, "json", 0).values.front();
    try {
        return nlohmann::json::parse(text).get<Search>();
    } catch (const std::exception &error) {
        throw Exception(ErrorCode::BadFormat, fmt::format("a search in JSON expected, {}", error.what()),
                        group.where + "json");
    }
}

} // namespace

void writeSessionLayout(const Group &file, const Session &session)
{
    hdf5::writeAttribute(file, "format", formatName);
    writeInteger(file, "format_version", sessionFormatVersion);
    hdf5::writeAttribute(file, "model_folder", session.modelFolder);
    hdf5::writeAttribute(file, "model_title", session.modelTitle);
    hdf5::writeArray(file, "notes", Array<std::string>{{}, {session.notes}});
    const Group scans = hdf5::createGroup(file, "scans");
    for (std::size_t i = 0; i < session.scans.size(); ++i)
        writeScan(hdf5::createGroup(scans, itemName(i)), session.scans[i]);
    const Group searches = hdf5::createGroup(file, "searches");
    for (std::size_t i = 0; i < session.searches.size(); ++i)
        writeSearch(hdf5::createGroup(searches, itemName(i)), session.searches[i]);
}

Session readSessionLayout(const Group &file)
{
    if (const auto format = hdf5::readAttribute<std::string>(file, "format"); format != formatName)
        throw Exception(ErrorCode::BadFormat, fmt::format("\"{}\" expected, \"{}\" found", formatName, format),
                        file.where + "format");
    const int version = readInteger(file, "format_version");
    if (version > sessionFormatVersion || version < 1)
        throw Exception(ErrorCode::Unsupported,
                        fmt::format("session format up to version {} expected, version {} found: written by a newer "
                                    "version of this program",
                                    sessionFormatVersion, version),
                        file.where + "format_version");
    Session session;
    session.modelFolder = hdf5::readAttribute<std::string>(file, "model_folder");
    session.modelTitle = hdf5::readAttribute<std::string>(file, "model_title");
    session.notes = hdf5::readArray<std::string>(file, "notes", 0).values.front();
    const Group scans = hdf5::openGroup(file, "scans");
    for (std::size_t i = 0; hdf5::hasGroup(scans, itemName(i)); ++i)
        session.scans.push_back(readScan(hdf5::openGroup(scans, itemName(i)), version));
    if (version < 2)
        return session;
    const Group searches = hdf5::openGroup(file, "searches");
    for (std::size_t i = 0; hdf5::hasGroup(searches, itemName(i)); ++i)
        session.searches.push_back(readSearch(hdf5::openGroup(searches, itemName(i))));
    return session;
}

} // namespace ecdysis::io

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/operations.h"

#include <algorithm>
#include <system_error>

#include <QDateTime>
#include <QThread>

#include "app/gui/file_copy.h"
#include "widgets/effect.h"
#include "widgets/numbers.h"
#include "widgets/parts.h"

namespace ecdysis {

namespace {

// Beyond this the weights are not loaded before the user asks for something that needs them.
constexpr std::int64_t unaskedBytes = std::int64_t{2} << 30;

/// Whether the cells of a scan answer a request: the engine adds to a scan only what has its bits.
bool answers(const Scan &scan, const ScanRequest &request, const ComputeOptions &compute)
{
    const int threads = compute.threads > 0 ? compute.threads : QThread::idealThreadCount();
    const Provenance &made = scan.provenance;
    return isMeasuredOn(scan, request.text, request.protocol) && made.dtype == compute.dtype &&
           made.device == compute.device && made.threads == threads;
}

/// The cells a request asks for, with the losses that one of the scans already has for them.
std::vector<Cell> askedCells(const Document &document, const ScanRequest &request, const ComputeOptions &compute)
{
    std::vector<Cell> cells;
    for (const Unit &unit : document.card().units)
        if (goesAlone(unit) && std::find(request.kinds.begin(), request.kinds.end(), unit.kind) != request.kinds.end())
            cells.push_back({.unit = unit.id, .kind = unit.kind, .layer = unit.layer});
    const auto known = std::find_if(document.scans().begin(), document.scans().end(),
                                    [&](const Scan &scan) { return answers(scan, request, compute); });
    if (known == document.scans().end())
        return cells;
    for (Cell &cell : cells)
        for (const Cell &measured : known->cells)
            if (measured.unit == cell.unit)
                cell.losses = measured.losses;
    return cells;
}

} // namespace

Operations::Operations(Document &document, std::filesystem::path autosaveFolder, QObject *parent)
    : QObject(parent), m_document(document), m_autosaveFolder(std::move(autosaveFolder)), m_deviceJob(m_deviceLane),
      m_openJob(m_lane, [this](const Progress &progress) { emit progressed(progress); }), m_speedJob(m_lane),
      m_scanJob(m_lane, [this](const Progress &progress) { emit progressed(progress); })
{
    m_deviceJob.start(
        [](const Run &, const auto &) -> Result<std::vector<ComputeDevice>> { return ecdysis::devices(); },
        [this](Result<std::vector<ComputeDevice>> found) {
            if (!found)
                return; // then nothing is known to be missing
            m_devices = std::move(*found);
            emit devicesFound();
        });
}

Operations::~Operations()
{
    m_scanJob.end();
    static_cast<void>(bringCells()); // nobody is left to tell; the cells are in the autosave folder in any case
}

Result<Operations::Opened> Operations::read(const std::filesystem::path &path)
{
    if (path.extension() == ".ecdysis")
        return readWithSession(path);
    return inspect(path).map([](ModelCard card) { return Opened{.card = std::move(card)}; });
}

Result<Operations::Opened> Operations::readWithSession(const std::filesystem::path &file)
{
    auto session = readSession(file);
    if (!session)
        return tl::unexpected(session.error());
    std::filesystem::path folder = session->modelFolder;
    // A session that was moved together with its model finds it beside itself.
    std::error_code ignored;
    if (!std::filesystem::exists(folder, ignored) && folder.has_filename())
        if (const auto beside = file.parent_path() / folder.filename(); std::filesystem::exists(beside, ignored))
            folder = beside;
    auto card = inspect(folder);
    if (!card)
        return tl::unexpected(card.error());
    Opened opened{.card = std::move(*card), .sessionFile = file};
    opened.scans = std::move(session->scans);
    return opened;
}

void Operations::open(const std::filesystem::path &path)
{
    m_scanJob.cancel();
    m_speedJob.cancel();
    m_openJob.start([path](const Run &, const auto &) { return read(path); },
                    [this](Result<Opened> opened) { takeOpened(std::move(opened)); });
    emit busyChanged();
}

void Operations::close()
{
    m_openJob.cancel();
    m_speedJob.cancel();
    m_scanJob.cancel();
    m_model.reset();
    m_document.close();
    emit noticed({});
}

void Operations::takeOpened(Result<Opened> opened)
{
    emit busyChanged();
    if (!opened) {
        if (opened.error().code != ErrorCode::Cancelled)
            emit failed(opened.error());
        return;
    }
    m_model.reset();
    m_speed = {.flopsPerSecond = m_speed.flopsPerSecond};
    m_document.open(std::move(opened->card), std::move(opened->scans), std::move(opened->sessionFile));
    emit noticed(m_document.summary());
}

Result<Model> Operations::loadOnce(std::optional<Model> model, const std::filesystem::path &folder,
                                   const ComputeOptions &options, const Run &run,
                                   const std::function<void(std::function<void()>)> &post)
{
    if (model)
        return *model;
    auto loaded = load(folder, options, run);
    if (loaded)
        post([this, model = *loaded, options] {
            if (options == m_compute) // else the user has changed them meanwhile
                m_model = model;
        });
    return loaded;
}

void Operations::startScan(ScanRequest request)
{
    if (!m_document.isOpen())
        return;
    m_speedJob.cancel();
    if (m_document.sessionFile().empty())
        m_document.setSessionFile(newAutosaveFile());
    request.session = m_document.sessionFile();
    m_scanFile = m_scanGoal = request.session;
    m_scanIndex = -1;
    m_scanJob.start(
        [this, model = m_model, folder = m_document.card().folder, options = m_compute,
         request](const Run &run, const auto &post) -> Result<Scan> {
            const auto loaded = loadOnce(model, folder, options, run, post);
            if (!loaded)
                return tl::unexpected(loaded.error());
            return scan(
                *loaded, request,
                [this, &post](const Scan &grown, int cell) { post([this, grown, cell] { takeGrown(grown, cell); }); },
                run);
        },
        [this](const Result<Scan> &ended) { takeScan(ended); });
    emit busyChanged();
}

void Operations::takeGrown(const Scan &grown, int cell)
{
    if (!m_document.isOpen()) // closed while the work was ending; the cells are in their file
        return;
    if (m_scanIndex < 0)
        m_document.beginScan(grown);
    m_scanIndex = m_document.setScan(grown, cell);
}

void Operations::takeScan(const Result<Scan> &scan)
{
    if (scan && m_document.isOpen()) {
        m_scanIndex = m_document.setScan(*scan, -1);
        learnSpeed(*scan);
    }
    const auto brought = bringCells();
    emit busyChanged();
    emit scanEnded();
    if (!scan && scan.error().code != ErrorCode::Cancelled)
        emit failed(scan.error());
    else if (m_document.isOpen())
        emit noticed(endNotice());
    if (!brought)
        emit failed(brought.error());
}

/// The user gave the session another place during the scan: what came since then belongs there too.
Result<void> Operations::bringCells()
{
    if (m_scanGoal == m_scanFile)
        return {};
    const auto copied = copyWhole(m_scanFile, m_scanGoal);
    m_scanFile = m_scanGoal;
    return copied;
}

/// A whole scan is the best timing there is.
void Operations::learnSpeed(const Scan &scan)
{
    if (!isFinished(scan) || scan.seconds <= 0)
        return;
    const ModelCard &card = m_document.card();
    std::vector<Cell> cells = scan.cells;
    for (Cell &cell : cells)
        cell.losses.clear(); // all of them were work
    const double tokens = static_cast<double>(scan.calibration.windows) * scan.calibration.protocol.window;
    m_speed.flopsPerSecond = evaluationsEquivalent(card, cells) * tokens * card.flopsPerToken / scan.seconds;
    emit speedChanged();
}

QString Operations::endNotice() const
{
    if (m_scanIndex < 0 || m_scanIndex >= static_cast<int>(m_document.scans().size()))
        return tr("Stopped before the first cell");
    const Scan &scan = m_document.scans()[static_cast<std::size_t>(m_scanIndex)];
    const int measured = measuredCells(scan);
    const auto count = static_cast<int>(scan.cells.size());
    if (measured == count)
        return tr("%n cell(s) measured in %1", nullptr, count).arg(duration(scan.seconds));
    return tr("Stopped after %1 of %2 cells; they are kept, and a new start continues from there")
        .arg(measured)
        .arg(count);
}

void Operations::cancel()
{
    if (m_openJob.running())
        m_openJob.cancel();
    else if (m_scanJob.running())
        m_scanJob.cancel();
    else
        m_speedJob.cancel();
}

Result<void> Operations::saveSession(const std::filesystem::path &file)
{
    const std::filesystem::path old = m_document.sessionFile();
    const bool unnamed = isUnnamed();
    if (old.empty())
        return failure(ErrorCode::InvalidArgument, "there is no scan to save yet", file.string());
    if (old == file)
        return {};
    // A session file is replaced as a whole with each cell, so a copy of it is one at any time.
    const auto copied = copyWhole(old, file);
    if (!copied)
        return copied;
    m_document.setSessionFile(file);
    if (isScanning())
        m_scanGoal = file;
    if (unnamed && !isScanning()) {
        std::error_code ignored;
        std::filesystem::remove(old, ignored);
    }
    return {};
}

void Operations::setCompute(const ComputeOptions &options)
{
    if (options == m_compute)
        return;
    m_speedJob.cancel(); // it times the old ones
    m_compute = options;
    m_model.reset();
    m_speed = {};
    emit computeChanged();
    emit speedChanged();
}

void Operations::setKnownRate(double flopsPerSecond)
{
    m_speed.flopsPerSecond = flopsPerSecond;
    emit speedChanged();
}

Result<Speed> Operations::timeWindows(const Model &model, const std::filesystem::path &text, int window, const Run &run)
{
    // The first pass touches every weight for the first time; of the others the quickest is the least disturbed one.
    Speed speed{.text = text};
    for (const int windows : {1, 4, 4}) {
        const auto timed = evaluate(model, text, {.window = window, .maxWindows = windows}, {}, run);
        if (!timed)
            return tl::unexpected(timed.error());
        speed.tokens = timed->calibration.tokens;
        const double flops = model.card().flopsPerToken * window * timed->calibration.windows;
        if (timed->seconds > 0)
            speed.flopsPerSecond = std::max(speed.flopsPerSecond, flops / timed->seconds);
    }
    return speed;
}

void Operations::measureSpeed(const std::filesystem::path &text, int window)
{
    if (!m_document.isOpen() || isBusy() || m_document.card().bytes > unaskedBytes)
        return;
    m_speedJob.start(
        [this, model = m_model, folder = m_document.card().folder, options = m_compute, text,
         window](const Run &run, const auto &post) -> Result<Speed> {
            const auto loaded = loadOnce(model, folder, options, run, post);
            if (!loaded)
                return tl::unexpected(loaded.error());
            return timeWindows(*loaded, text, window, run);
        },
        [this](const Result<Speed> &speed) {
            emit timingChanged();
            if (speed) {
                m_speed = *speed;
                emit speedChanged();
            } else if (speed.error().code != ErrorCode::Cancelled) {
                emit speedFailed(speed.error());
            }
        });
    emit timingChanged();
}

ScanCost Operations::cost(const ScanRequest &request) const
{
    if (!m_document.isOpen())
        return {};
    const ModelCard &card = m_document.card();
    const std::vector<Cell> cells = askedCells(m_document, request, m_compute);
    ScanCost cost;
    cost.cells = static_cast<int>(
        std::count_if(cells.begin(), cells.end(), [](const Cell &cell) { return cell.losses.empty(); }));
    const std::int64_t inText = m_speed.text == request.text ? m_speed.tokens / request.protocol.window : 0;
    std::int64_t windows = request.protocol.maxWindows;
    if (inText > 0)
        windows = windows == 0 ? inText : std::min(windows, inText);
    if (m_speed.flopsPerSecond > 0 && windows > 0)
        cost.seconds = evaluationsEquivalent(card, cells) * static_cast<double>(windows) * request.protocol.window *
                       card.flopsPerToken / m_speed.flopsPerSecond;
    return cost;
}

std::filesystem::path Operations::newAutosaveFile() const
{
    std::error_code ignored; // a folder that cannot be made shows when the session is written
    std::filesystem::create_directories(m_autosaveFolder, ignored);
    const QString stamp = QDateTime::currentDateTime().toString(QStringLiteral("yyyyMMdd-hhmmss-zzz"));
    const QString name = QStringLiteral("%1-%2.ecdysis").arg(m_document.title(), stamp);
    return m_autosaveFolder / name.toStdString();
}

} // namespace ecdysis

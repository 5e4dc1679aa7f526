// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <filesystem>
#include <optional>

#include <QObject>
#include <QString>

#include "app/gui/document.h"
#include "app/gui/job.h"
#include "core/engine.h"

namespace ecdysis {

/// How fast this machine runs the open model, and how long the text is: measured on a few windows.
struct Speed
{
    double flopsPerSecond = 0;
    std::filesystem::path text;
    std::int64_t tokens = 0; ///< of the whole text; 0: not known

    bool operator==(const Speed &) const = default;
};

/// What a scan will cost, said before it starts.
struct ScanCost
{
    int cells = 0;                 ///< that are still to be measured
    std::optional<double> seconds; ///< none: the speed is not known yet

    bool operator==(const ScanCost &) const = default;
};

/// The long work a user can ask for. Starts it in the lane and puts what comes back into the document.
/// Lives on the window's thread; every method returns at once.
class Operations : public QObject
{
    Q_OBJECT

public:
    Operations(Document &document, std::filesystem::path autosaveFolder, QObject *parent = nullptr);
    /// Ends what runs; the cells of a scan are in the file that the user chose for them.
    ~Operations() override;

    /// Opens a model folder or a session file; a running scan is ended first, with its cells kept.
    void open(const std::filesystem::path &path);

    /// Closes what is open; a running scan is ended first, with its cells kept.
    void close();

    /// Starts or continues a scan of the open model. Without a session file one is made in the autosave folder.
    void startScan(ScanRequest request);

    /// Ends the newest request, or else the timing that nobody asked for; finished cells stay.
    void cancel();

    /// Gives the session file a place of the user's choice; later cells go there, those of a running scan at its end.
    /// Ready when it returns.
    Result<void> saveSession(const std::filesystem::path &file);

    /// Whether the session, if there is one, is in a file that the user has given no name yet.
    bool isUnnamed() const { return m_document.sessionFile().parent_path() == m_autosaveFolder; }

    /// What later work computes with; the model is loaded again when this differs.
    void setCompute(const ComputeOptions &options);
    const ComputeOptions &compute() const { return m_compute; }

    /// What this machine can compute on. Looked for in the background from the beginning, because it starts the drivers
    /// of accelerators: empty until devicesFound().
    const std::vector<ComputeDevice> &devices() const { return m_devices; }

    /// Times a few windows of the text in the background, if the model is small enough to do so unasked.
    void measureSpeed(const std::filesystem::path &text, int window);
    void setKnownRate(double flopsPerSecond);
    const Speed &speed() const { return m_speed; }

    /// The cost of a request on the open model. Cells that the document already holds for it are not counted.
    ScanCost cost(const ScanRequest &request) const;

    bool isScanning() const { return m_scanJob.running(); }
    bool isOpening() const { return m_openJob.running(); }
    bool isBusy() const { return isScanning() || isOpening(); }
    bool isTiming() const { return m_speedJob.running(); }

signals:
    void progressed(const ecdysis::Progress &progress);
    void busyChanged();
    void computeChanged();
    void devicesFound();
    void scanEnded(); ///< finished, cancelled or failed; the document holds what was measured
    void noticed(const QString &notice);
    void failed(const ecdysis::Error &error);
    void speedChanged();
    void speedFailed(const ecdysis::Error &error);
    void timingChanged();

private:
    struct Opened
    {
        ModelCard card;
        std::vector<Scan> scans;
        std::filesystem::path sessionFile;
    };

    static Result<Opened> read(const std::filesystem::path &path);
    static Result<Opened> readWithSession(const std::filesystem::path &file);
    Result<Model> loadOnce(std::optional<Model> model, const std::filesystem::path &folder,
                           const ComputeOptions &options, const Run &run,
                           const std::function<void(std::function<void()>)> &post);
    void takeOpened(Result<Opened> opened);
    void takeScan(const Result<Scan> &scan);
    static Result<Speed> timeWindows(const Model &model, const std::filesystem::path &text, int window, const Run &run);
    void learnSpeed(const Scan &scan);
    Result<void> bringCells();
    std::filesystem::path newAutosaveFile() const;
    void takeGrown(const Scan &grown, int cell);
    QString endNotice() const;

    Document &m_document;
    std::filesystem::path m_autosaveFolder;
    ComputeOptions m_compute;
    std::vector<ComputeDevice> m_devices;
    std::optional<Model> m_model; ///< loaded when first needed
    Speed m_speed;
    std::filesystem::path m_scanFile; ///< that the running scan writes to
    std::filesystem::path m_scanGoal; ///< where its cells belong, when the user has chosen another place meanwhile
    int m_scanIndex = -1;             ///< of the running scan in the document; -1: it has not begun

    // The lanes are declared first: the jobs end before them. Drivers start beside the work, not before it.
    Lane m_lane;
    Lane m_deviceLane;
    Job<std::vector<ComputeDevice>> m_deviceJob;
    Job<Opened> m_openJob;
    Job<Speed> m_speedJob;
    Job<Scan> m_scanJob;
};

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/headless.h"

#include <chrono>
#include <cstdio>
#include <unistd.h>

#include <QDir>
#include <QFileInfo>
#include <QLocale>
#include <QTextStream>

#include "app/gui/demo.h"
#include "app/gui/export.h"
#include "core/engine.h"
#include "widgets/effect.h"
#include "widgets/numbers.h"
#include "widgets/sensitivity_heatmap.h"
#include "widgets/sensitivity_table.h"
#include "widgets/unit_text.h"

namespace ecdysis {

namespace {

int fail(const Error &error)
{
    const std::string place = error.where.empty() ? "" : error.where + ": ";
    std::fprintf(stderr, "ecdysis: %s%s\n", place.c_str(), error.message.c_str());
    return 1;
}

/// What is scanned: a model's folder with a request.
struct Task
{
    std::filesystem::path folder;
    ScanRequest request;
};

std::filesystem::path absolute(const QString &path)
{
    const QString whole = path.isEmpty() ? QString() : QFileInfo(path).absoluteFilePath();
    return whole.toStdString();
}

Result<Task> taskOf(const CommandLine &line)
{
    Task task{.folder = absolute(line.path)};
    task.request.kinds.clear();
    for (const QString &kind : line.kinds)
        task.request.kinds.push_back(kind.toStdString());
    task.request.text = absolute(line.text);
    task.request.protocol = line.protocol;
    task.request.session = absolute(line.session);
    if (line.demo) {
        const std::filesystem::path demo = demoFolder();
        if (demo.empty())
            return failure(ErrorCode::NotFound, "the demo is not installed", "demo");
        task.folder = demo / "model";
        if (task.request.text.empty())
            task.request.text = demo / "text.txt";
    }
    return task;
}

/// A session file stands for its last scan, which is continued.
Result<Task> continuedTask(const CommandLine &line)
{
    const std::filesystem::path file = absolute(line.path);
    const auto session = readSession(file);
    if (!session)
        return tl::unexpected(session.error());
    if (session->scans.empty())
        return failure(ErrorCode::InvalidArgument, "the session holds no scan", file.string());
    const Scan &last = session->scans.back();
    Task task{.folder = session->modelFolder};
    task.request.kinds = kindsOf(last);
    task.request.text = last.calibration.text;
    task.request.protocol = last.calibration.protocol;
    task.request.session = file;
    return task;
}

/// Tells of each new step: on a terminal in place, elsewhere as lines not closer than ten seconds.
class ProgressPrinter
{
public:
    void operator()(const Progress &progress)
    {
        if (progress.steps < 0 || progress.step == m_step)
            return;
        const auto now = Run::Clock::now();
        if (!m_terminal && progress.step < progress.steps && now - m_told < std::chrono::seconds(10))
            return;
        m_step = progress.step;
        m_told = now;
        std::fprintf(stderr, m_terminal ? "\r%d of %d cells" : "%d of %d cells\n", progress.step, progress.steps);
        if (m_terminal && progress.step == progress.steps)
            std::fputc('\n', stderr);
    }

private:
    bool m_terminal = isatty(fileno(stderr));
    int m_step = -1;
    Run::Clock::time_point m_told = Run::Clock::now();
};

void printTable(const ModelCard &card, const Scan &scan, const SensitivityHeatmap &heatmap, bool every)
{
    const QLocale plain = QLocale::c();
    QTextStream out(stdout);
    const Estimate dense = mean(scan.denseLosses);
    out << QString::fromStdString(card.title) << ", " << card.layers << " layers, "
        << parameterCount(card.parameters, plain) << " parameters\n";
    out << "dense loss " << levelWithError(dense, plain) << " nats per token (" << scan.calibration.windows
        << " windows of " << scan.calibration.protocol.window << " tokens)\n";
    if (every)
        for (const Cell &cell : scan.cells) {
            const Effect effect = effectOf(scan, cell);
            out << QStringLiteral("%1  %2  %3\n")
                       .arg(QString::fromStdString(cell.unit), -12)
                       .arg(withError(effect.delta, plain), 20)
                       .arg(significant(effect.nll, 5, plain), 8);
        }
    out << heatmap.summary() << '\n';
    out << scan.cells.size() << " cells in " << duration(scan.seconds, plain) << '\n';
}

} // namespace

int runHeadless(const CommandLine &line)
{
    QLocale::setDefault(QLocale::c());
    const auto task = line.path.endsWith(QLatin1String(".ecdysis")) ? continuedTask(line) : taskOf(line);
    if (!task)
        return fail(task.error());
    Run run;
    const auto model = load(task->folder, ComputeOptions{}, run);
    if (!model)
        return fail(model.error());
    run.progress = ProgressPrinter();
    const auto measured = scan(*model, task->request, {}, run);
    if (!measured)
        return fail(measured.error());

    SensitivityHeatmap heatmap;
    heatmap.setTheme(lightTheme());
    heatmap.resize(1000, 560);
    heatmap.setScan(model->card(), *measured);
    SensitivityTable table;
    table.setScan(model->card(), *measured);
    printTable(model->card(), *measured, heatmap, line.table);
    if (line.exportFile.isEmpty())
        return 0;
    const auto written = exportScan(QString::fromStdString(absolute(line.exportFile).string()), heatmap, table);
    return written ? 0 : fail(written.error());
}

} // namespace ecdysis

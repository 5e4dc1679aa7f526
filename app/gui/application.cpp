// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/application.h"

#include <algorithm>

#include <QApplication>
#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>
#include <QTimer>

#include "app/gui/demo.h"
#include "app/gui/scan_bar.h"
#include "app/gui/screenshot.h"

namespace ecdysis {

namespace {

QString dataFolder(const char *name)
{
    return QDir(QStandardPaths::writableLocation(QStandardPaths::AppDataLocation)).filePath(QLatin1String(name));
}

} // namespace

void nameApplication()
{
    QCoreApplication::setOrganizationName(QStringLiteral("Ecdysis"));
    QCoreApplication::setApplicationName(QStringLiteral("ecdysis"));
    QCoreApplication::setApplicationVersion(QStringLiteral(ECDYSIS_VERSION));
}

Application::Application(QApplication &application)
    : m_settings(loadSettings(m_store)), m_thumbnails(dataFolder("thumbnails")), m_appearance(application),
      m_operations(m_document, dataFolder("sessions").toStdString()), m_context{m_document,   m_selection, m_operations,
                                                                                m_appearance, m_language,  m_settings,
                                                                                m_thumbnails}
{
    QGuiApplication::setApplicationDisplayName(QStringLiteral("Ecdysis"));
    QGuiApplication::setDesktopFileName(QStringLiteral(ECDYSIS_APP_ID));
    connect(&m_operations, &Operations::speedChanged, this,
            [this] { m_settings.flopsPerSecond = m_operations.speed().flopsPerSecond; });
    // Recent work must be found again even when the program is killed; queued, after the window has noted it.
    const auto store = [this] { saveSettings(m_store, m_settings); };
    connect(&m_document, &Document::scanChanged, this, store, Qt::QueuedConnection);
    connect(&m_document, &Document::sessionFileChanged, this, store, Qt::QueuedConnection);
    connect(&m_document, &Document::opened, &m_selection, [this] { m_selection.setUnit({}); });
}

Application::~Application()
{
    m_window.reset();
    saveSettings(m_store, m_settings);
}

void Application::makeWindow()
{
    const std::unique_ptr<MainWindow> old = std::move(m_window);
    if (old)
        old->rememberState();
    m_window = std::make_unique<MainWindow>(m_context);
    m_window->show();
}

void Application::start(const CommandLine &line)
{
    m_language.choose(line.language.isEmpty() ? m_settings.language : line.language);
    m_appearance.choose(line.theme.isEmpty() ? m_settings.theme : line.theme);
    if (!line.text.isEmpty())
        m_settings.text = QFileInfo(line.text).absoluteFilePath();
    const double knownRate = m_settings.flopsPerSecond; // a change of what is computed with forgets it
    m_operations.setCompute(m_settings.compute);
    m_operations.setKnownRate(knownRate);
    makeWindow();
    connect(&m_operations, &Operations::devicesFound, this, &Application::leaveMissingDevice);
    // Later, because the menu that asked for another language belongs to the window that goes.
    connect(&m_language, &Language::changed, this, &Application::makeWindow, Qt::QueuedConnection);
    if (!line.screenshot.isEmpty())
        takeScreenshot(line);
    const QString path = line.demo ? QString::fromStdString((demoFolder() / "model").string()) : line.path;
    if (!path.isEmpty())
        m_window->open(QFileInfo(path).absoluteFilePath());
    QStringList warnings;
    for (const std::string &warning : machineWarnings())
        warnings.append(QString::fromStdString(warning));
    warn(warnings);
}

void Application::leaveMissingDevice()
{
    ComputeOptions &compute = m_settings.compute;
    const std::vector<ComputeDevice> &found = m_operations.devices();
    if (std::any_of(found.begin(), found.end(),
                    [&compute](const ComputeDevice &device) { return device.name == compute.device; }))
        return;
    const QString missing = QString::fromStdString(compute.device).toUpper();
    compute.device = "cpu";
    m_operations.setCompute(compute); // forgets the speed, which was that of the other device
    m_settings.flopsPerSecond = 0;
    warn({tr("The device chosen last, %1, is not there. The processor computes instead.").arg(missing)});
}

void Application::warn(const QStringList &warnings)
{
    if (!warnings.isEmpty())
        m_window->showMessage({.severity = Severity::Warning, .text = warnings.join(QLatin1Char('\n'))});
}

void Application::takeScreenshot(const CommandLine &line)
{
    m_window->resize(line.size);
    new Screenshot(m_context, *m_window, line, this);
}

} // namespace ecdysis

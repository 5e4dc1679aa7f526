// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/screenshot.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QPixmap>
#include <QTimer>

#include "app/gui/document.h"
#include "app/gui/main_window.h"
#include "app/gui/operations.h"
#include "app/gui/scan_bar.h"
#include "app/gui/selection.h"

namespace ecdysis {

namespace {

constexpr int settleMilliseconds = 800; // fades and layouts are over by then

} // namespace

Screenshot::Screenshot(const Context &context, MainWindow &window, CommandLine line, QObject *parent)
    : QObject(parent), m_context(context), m_window(window), m_line(std::move(line))
{
    connect(&context.document, &Document::opened, this, &Screenshot::scan, Qt::QueuedConnection);
    connect(&context.operations, &Operations::scanEnded, this,
            [this] { QTimer::singleShot(settleMilliseconds, this, &Screenshot::save); });
    connect(&context.operations, &Operations::failed, this, [](const Error &error) {
        qCritical("%s: %s", error.where.c_str(), error.message.c_str());
        QCoreApplication::exit(1);
    });
}

void Screenshot::scan()
{
    ScanBar &bar = m_window.scanBar();
    bar.setKinds(m_line.kinds);
    bar.setProtocol(m_line.protocol);
    if (!m_line.text.isEmpty())
        bar.setText(QFileInfo(m_line.text).absoluteFilePath());
    if (bar.canStart())
        bar.start();
    else
        QTimer::singleShot(settleMilliseconds, this, &Screenshot::save);
}

void Screenshot::save()
{
    m_context.selection.setUnit(m_line.unit);
    QCoreApplication::processEvents();
    m_window.resize(m_line.size); // panels that came since then may have widened it
    QCoreApplication::processEvents();
    const bool saved = m_window.grab().save(m_line.screenshot);
    if (!saved)
        qCritical("cannot write %s", qPrintable(m_line.screenshot));
    QCoreApplication::exit(saved ? 0 : 1);
}

} // namespace ecdysis

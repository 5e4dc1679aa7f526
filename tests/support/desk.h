// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <memory>

#include <QApplication>
#include <QLabel>
#include <QTemporaryDir>
#include <QTest>

#include "app/gui/appearance.h"
#include "app/gui/document.h"
#include "app/gui/language.h"
#include "app/gui/main_window.h"
#include "app/gui/operations.h"
#include "app/gui/scan_bar.h"
#include "app/gui/selection.h"
#include "app/gui/settings.h"
#include "app/gui/thumbnails.h"
#include "tests/support/temporary_model.h"

constexpr int patience = 120'000; // milliseconds; a machine under load is slow

/// The program's objects as Application makes them, with its data in a folder of the test.
struct Desk
{
    explicit Desk(const QString &code = QStringLiteral("en"))
    {
        language.choose(code);
        appearance.choose(QStringLiteral("light"));
        window = std::make_unique<ecdysis::MainWindow>(context);
        window->resize(1200, 800);
        window->show();
    }

    bool open(const QString &path)
    {
        window->open(path);
        return waitForEnd();
    }

    void prepare(const TinyModel &model, int maxWindows)
    {
        ecdysis::ScanBar &bar = window->scanBar();
        bar.setText(model.path("text.txt"));
        bar.setProtocol({.window = 32, .maxWindows = maxWindows});
    }

    /// Opens the model and measures all its blocks and SSMs.
    bool scan(const TinyModel &model, int maxWindows)
    {
        if (!open(model.folder.path()))
            return false;
        prepare(model, maxWindows);
        window->scanBar().start();
        return waitForEnd();
    }

    bool waitForEnd()
    {
        return QTest::qWaitFor([this] { return !operations.isBusy(); }, patience);
    }

    QTemporaryDir data;
    ecdysis::Settings settings;
    ecdysis::Thumbnails thumbnails{data.filePath(QStringLiteral("thumbnails"))};
    ecdysis::Appearance appearance{*qobject_cast<QApplication *>(QCoreApplication::instance())};
    ecdysis::Language language;
    ecdysis::Document document;
    ecdysis::Selection selection;
    ecdysis::Operations operations{document, data.filePath(QStringLiteral("sessions")).toStdString()};
    ecdysis::Context context{document, selection, operations, appearance, language, settings, thumbnails};
    std::unique_ptr<ecdysis::MainWindow> window;
};

/// What the message across the top says, all of it; empty when there is none.
inline QString bannerText(const ecdysis::MainWindow &window)
{
    const auto *banner = window.findChild<ecdysis::Banner *>();
    QStringList texts;
    if (banner->isVisible())
        for (const QLabel *label : banner->findChildren<QLabel *>())
            texts.append(label->text());
    return texts.join(QLatin1Char('\n'));
}

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QObject>

#include "app/gui/command_line.h"
#include "app/gui/context.h"

namespace ecdysis {

class MainWindow;

/// Once the model is open: scans, selects a unit, saves a picture of the window and quits.
class Screenshot : public QObject
{
    Q_OBJECT

public:
    Screenshot(const Context &context, MainWindow &window, CommandLine line, QObject *parent);

private:
    void scan();
    void save();

    Context m_context;
    MainWindow &m_window;
    CommandLine m_line;
};

} // namespace ecdysis

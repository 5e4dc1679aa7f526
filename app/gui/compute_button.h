// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QToolButton>

#include "app/gui/context.h"

namespace ecdysis {

/// What later work computes with, at the right end of the toolbar: device, number type and threads, with a menu to
/// change them.
class ComputeButton : public QToolButton
{
    Q_OBJECT

public:
    explicit ComputeButton(const Context &context, QWidget *parent = nullptr);

private:
    void fillMenu();
    void showChoice();

    Context m_context;
};

} // namespace ecdysis

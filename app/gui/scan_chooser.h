// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>
#include <QWidget>

#include "app/gui/context.h"
#include "core/values/session.h"

class QComboBox;

namespace ecdysis {

/// "Block, SSM · wiki.txt · 16 × 512 · 22 Nov 2026 13:40", and how far it is where it is not finished.
QString scanTitle(const Scan &scan);

/// Which scan of the session is shown, remembered for each session. Hidden while there is nothing to choose from.
class ScanChooser : public QWidget
{
    Q_OBJECT

public:
    explicit ScanChooser(const Context &context, QWidget *parent = nullptr);

private:
    void fill();
    void recall();
    void remember();

    Context m_context;
    QComboBox *m_box;
};

} // namespace ecdysis

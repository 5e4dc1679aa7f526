// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <memory>

#include <QWidget>

#include "core/values/cell.h"
#include "core/values/run.h"
#include "widgets/theme.h"

namespace ecdysis {

/// The bottom line: what is running, how long it still takes, and what the dense model loses.
class JobBar : public QWidget
{
    Q_OBJECT

public:
    explicit JobBar(QWidget *parent = nullptr);
    ~JobBar() override;

    void setTheme(const Theme &theme);
    /// Shows the bar and the cancel button; a total of 0 gives a bar without an end.
    void setProgress(const Progress &progress);
    /// Nothing runs; a quiet notice, may be empty.
    void setIdle(const QString &message);
    /// Mean negative log-likelihood of the dense model, nats per token.
    void setLosses(const Estimate &dense);
    void clearLosses();

    /// "12 of 48 cells · 0:41 left".
    static QString progressText(const Progress &progress);

signals:
    void cancelRequested();

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/job_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>

#include "widgets/numbers.h"

namespace ecdysis {

struct JobBar::Parts
{
    QLabel *name = nullptr;
    QProgressBar *bar = nullptr;
    QLabel *state = nullptr;
    QToolButton *cancel = nullptr;
    QLabel *losses = nullptr;

    void showRunning(bool running)
    {
        for (QWidget *part : std::initializer_list<QWidget *>{bar, state, cancel})
            part->setVisible(running);
    }
};

JobBar::JobBar(QWidget *parent) : QWidget(parent), m_parts(std::make_unique<Parts>())
{
    setAccessibleName(tr("Job"));
    m_parts->name = new QLabel;
    m_parts->bar = new QProgressBar;
    m_parts->bar->setTextVisible(false);
    m_parts->bar->setFixedWidth(200);
    m_parts->bar->setAccessibleName(tr("Progress"));
    m_parts->state = new QLabel;
    m_parts->state->setProperty("role", QStringLiteral("muted"));
    m_parts->cancel = new QToolButton;
    m_parts->cancel->setToolTip(tr("Cancel (what is measured is kept)"));
    m_parts->cancel->setAccessibleName(tr("Cancel"));
    m_parts->cancel->setIconSize(QSize(16, 16));
    m_parts->losses = new QLabel;
    m_parts->losses->setToolTip(tr("Mean negative log-likelihood on the chosen text, nats per token"));
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(12, 2, 12, 2);
    row->setSpacing(12);
    for (QWidget *part : std::initializer_list<QWidget *>{m_parts->name, m_parts->bar, m_parts->state, m_parts->cancel})
        row->addWidget(part);
    row->addStretch(1);
    row->addWidget(m_parts->losses);
    setMinimumHeight(32);
    connect(m_parts->cancel, &QToolButton::clicked, this, &JobBar::cancelRequested);
    setTheme(lightTheme());
    setIdle({});
}

JobBar::~JobBar() = default;

void JobBar::setTheme(const Theme &theme)
{
    m_parts->cancel->setIcon(themedIcon(QStringLiteral("close"), theme));
}

void JobBar::setProgress(const Progress &progress)
{
    m_parts->name->setText(QString::fromStdString(progress.stage));
    m_parts->bar->setRange(0, progress.total > 0 ? 1000 : 0);
    if (progress.total > 0)
        m_parts->bar->setValue(static_cast<int>(1000 * progress.done / progress.total));
    const QString state = progressText(progress);
    m_parts->state->setText(state);
    m_parts->showRunning(true);
    setAccessibleDescription(m_parts->name->text() + QStringLiteral(": ") + state);
}

void JobBar::setIdle(const QString &message)
{
    m_parts->name->setText(message);
    m_parts->showRunning(false);
    setAccessibleDescription(message.isEmpty() ? tr("Nothing is running") : message);
}

void JobBar::setLosses(const Estimate &dense)
{
    m_parts->losses->setText(tr("Loss of the dense model  %1").arg(levelWithError(dense)));
}

void JobBar::clearLosses()
{
    m_parts->losses->clear();
}

QString JobBar::progressText(const Progress &progress)
{
    QStringList parts;
    if (progress.steps >= 0)
        parts.append(tr("%1 of %2 cells").arg(progress.step).arg(progress.steps));
    else if (progress.total > 0)
        parts.append(percentage(progress.done / progress.total));
    if (progress.remaining)
        parts.append(tr("%1 left").arg(clockTime(progress.remaining->count())));
    return parts.join(QStringLiteral(" · "));
}

} // namespace ecdysis

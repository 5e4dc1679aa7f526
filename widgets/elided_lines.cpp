// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/elided_lines.h"

#include <algorithm>

#include <QPainter>
#include <QStyle>

namespace ecdysis {

QSize ElidedLines::minimumSizeHint() const
{
    const QSize whole = QLabel::minimumSizeHint();
    return {std::min(whole.width(), 120), whole.height()};
}

void ElidedLines::paintEvent(QPaintEvent *event)
{
    if (width() >= QLabel::minimumSizeHint().width()) {
        QLabel::paintEvent(event);
        return;
    }
    QStringList lines = text().split(QLatin1Char('\n'));
    for (QString &line : lines)
        line = fontMetrics().elidedText(line, Qt::ElideLeft, width());
    QPainter painter(this);
    style()->drawItemText(&painter, contentsRect(), static_cast<int>(alignment()), palette(), isEnabled(),
                          lines.join(QLatin1Char('\n')), foregroundRole());
}

void ElidedLines::resizeEvent(QResizeEvent *event)
{
    QLabel::resizeEvent(event);
    setToolTip(width() < QLabel::minimumSizeHint().width() ? text() : QString());
}

} // namespace ecdysis

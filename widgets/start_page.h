// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <memory>

#include <QImage>
#include <QList>
#include <QString>
#include <QWidget>

#include "widgets/theme.h"

namespace ecdysis {

/// One thing that was open before.
struct RecentEntry
{
    QString path;
    QString title;
    QString subtitle;
    QImage thumbnail; ///< may be null
};

/// What is shown before a model is open: a place to drop a folder on, recent work, the demo.
class StartPage : public QWidget
{
    Q_OBJECT

public:
    explicit StartPage(QWidget *parent = nullptr);
    ~StartPage() override;

    void setTheme(const Theme &theme);
    void setRecent(const QList<RecentEntry> &entries);

signals:
    void openModelRequested();
    void demoRequested();
    /// A local folder or a session file was dropped.
    void modelDropped(const QString &path);
    void recentPicked(const QString &path);

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dragLeaveEvent(QDragLeaveEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

} // namespace ecdysis

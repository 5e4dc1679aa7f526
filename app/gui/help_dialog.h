// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QDialog>
#include <QString>

class QTextBrowser;

namespace ecdysis {

/// The guide: a page for each view and one for the keys, in the language of the window or else in English. Stays open
/// beside the window while one works.
class HelpDialog : public QDialog
{
    Q_OBJECT

public:
    explicit HelpDialog(QWidget *parent);

    /// Shows the page of that name: the id of a view, "start" or "keys".
    void showPage(const QString &page);
    QString page() const;

protected:
    void changeEvent(QEvent *event) override;

private:
    QTextBrowser *m_browser;
};

} // namespace ecdysis

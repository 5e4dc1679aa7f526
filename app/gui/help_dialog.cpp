// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/help_dialog.h"

#include <QFile>
#include <QHBoxLayout>
#include <QLocale>
#include <QPushButton>
#include <QTextBrowser>
#include <QUrl>
#include <QVBoxLayout>

namespace ecdysis {

namespace {

QString folder()
{
    const QString own = QStringLiteral(":/help/") + QLocale().name().section(QLatin1Char('_'), 0, 0);
    return QFile::exists(own) ? own : QStringLiteral(":/help/en");
}

} // namespace

HelpDialog::HelpDialog(QWidget *parent) : QDialog(parent), m_browser(new QTextBrowser(this))
{
    setObjectName(QStringLiteral("help"));
    setWindowTitle(tr("Help"));
    m_browser->setAccessibleName(tr("Help"));
    m_browser->setFrameShape(QFrame::NoFrame);
    m_browser->document()->setDocumentMargin(16);
    auto *back = new QPushButton(tr("Back"), this);
    auto *start = new QPushButton(tr("Getting started"), this);
    auto *keys = new QPushButton(tr("Keys"), this);
    auto *close = new QPushButton(tr("Close"), this);
    back->setEnabled(false);
    auto *buttons = new QHBoxLayout;
    buttons->setContentsMargins(12, 8, 12, 8);
    for (QPushButton *button : {back, start, keys, close}) {
        button->setAutoDefault(false);
        buttons->addWidget(button);
    }
    buttons->insertStretch(3, 1);
    auto *rows = new QVBoxLayout(this);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(0);
    rows->addWidget(m_browser, 1);
    rows->addLayout(buttons);
    resize(620, 640);
    connect(back, &QPushButton::clicked, m_browser, &QTextBrowser::backward);
    connect(start, &QPushButton::clicked, this, [this] { showPage(QStringLiteral("start")); });
    connect(keys, &QPushButton::clicked, this, [this] { showPage(QStringLiteral("keys")); });
    connect(close, &QPushButton::clicked, this, &QDialog::hide);
    connect(m_browser, &QTextBrowser::backwardAvailable, back, &QPushButton::setEnabled);
}

void HelpDialog::showPage(const QString &page)
{
    m_browser->setSource(QUrl(QStringLiteral("qrc%1/%2.md").arg(folder(), page)), QTextDocument::MarkdownResource);
}

QString HelpDialog::page() const
{
    return m_browser->source().fileName().section(QLatin1Char('.'), 0, 0);
}

} // namespace ecdysis

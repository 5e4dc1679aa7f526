// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/help_dialog.h"

#include <QEvent>
#include <QFile>
#include <QHBoxLayout>
#include <QLocale>
#include <QPushButton>
#include <QTextBlock>
#include <QTextBrowser>
#include <QTextDocument>
#include <QTextTable>
#include <QUrl>
#include <QVBoxLayout>

#include "widgets/theme.h"

namespace ecdysis {

namespace {

QString folder()
{
    const QString own = QStringLiteral(":/help/") + QLocale().name().section(QLatin1Char('_'), 0, 0);
    return QFile::exists(own) ? own : QStringLiteral(":/help/en");
}

/// Room between paragraphs and our sizes of type, which Markdown says nothing about. Commands wrap.
void setBlocks(QTextDocument &document)
{
    for (QTextBlock block = document.begin(); block.isValid(); block = block.next()) {
        QTextCursor cursor(block);
        QTextBlockFormat format = block.blockFormat();
        const int level = format.headingLevel();
        const bool listed = block.textList();
        // Each line of a command or program is a block that does not break.
        const bool inCode = format.nonBreakableLines() && block.next().blockFormat().nonBreakableLines();
        format.setTopMargin(level > 1 ? 16 : 0);
        format.setBottomMargin(cursor.currentTable() || inCode ? 0 : listed ? 4 : 8);
        const bool picture = !block.begin().atEnd() && block.begin().fragment().charFormat().isImageFormat();
        format.setLineHeight(picture ? 100 : 125, QTextBlockFormat::ProportionalHeight);
        format.setNonBreakableLines(false);
        cursor.setBlockFormat(format);
        if (level == 0)
            continue;
        QTextCharFormat heading;
        heading.setFont(sized(document.defaultFont(), level == 1 ? TypeSize::Display : TypeSize::Title));
        cursor.select(QTextCursor::BlockUnderCursor);
        cursor.mergeCharFormat(heading);
    }
}

/// Tables with hairlines between their rows only.
void setTables(QTextDocument &document, const QColor &line)
{
    for (QTextFrame *frame : document.rootFrame()->childFrames()) {
        auto *table = qobject_cast<QTextTable *>(frame);
        if (!table)
            continue;
        QTextTableFormat format = table->format();
        format.setBorder(0);
        format.setBorderCollapse(true);
        format.setCellSpacing(0);
        format.setCellPadding(4);
        format.setTopMargin(4);
        format.setBottomMargin(12);
        table->setFormat(format);
        for (int row = 0; row < table->rows(); ++row)
            for (int column = 0; column < table->columns(); ++column) {
                QTextTableCell cell = table->cellAt(row, column);
                QTextTableCellFormat edges = cell.format().toTableCellFormat();
                edges.setBottomBorder(1);
                edges.setBottomBorderStyle(QTextFrameFormat::BorderStyle_Solid);
                edges.setBottomBorderBrush(line);
                cell.setFormat(edges);
            }
    }
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
    buttons->setSpacing(8);
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
    resize(720, 720);
    connect(back, &QPushButton::clicked, m_browser, &QTextBrowser::backward);
    connect(start, &QPushButton::clicked, this, [this] { showPage(QStringLiteral("start")); });
    connect(keys, &QPushButton::clicked, this, [this] { showPage(QStringLiteral("keys")); });
    connect(close, &QPushButton::clicked, this, &QDialog::hide);
    connect(m_browser, &QTextBrowser::sourceChanged, this, [this] {
        setBlocks(*m_browser->document());
        setTables(*m_browser->document(), palette().color(QPalette::Mid));
    });
    connect(m_browser, &QTextBrowser::backwardAvailable, back, &QPushButton::setEnabled);
}

void HelpDialog::showPage(const QString &page)
{
    m_browser->setSource(QUrl(QStringLiteral("qrc%1/%2.md").arg(folder(), page)), QTextDocument::MarkdownResource);
}

void HelpDialog::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange)
        setTables(*m_browser->document(), palette().color(QPalette::Mid));
    QDialog::changeEvent(event);
}

QString HelpDialog::page() const
{
    return m_browser->source().fileName().section(QLatin1Char('.'), 0, 0);
}

} // namespace ecdysis

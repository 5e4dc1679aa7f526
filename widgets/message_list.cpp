// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/message_list.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QListWidget>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace ecdysis {

namespace {

QString iconName(Severity severity)
{
    return severity == Severity::Error     ? QStringLiteral("error")
           : severity == Severity::Warning ? QStringLiteral("warning")
                                           : QStringLiteral("info");
}

QColor colorOf(Severity severity, const Theme &theme)
{
    return severity == Severity::Error ? theme.error : severity == Severity::Warning ? theme.warning : theme.accent;
}

/// The icon of a severity in its own colour.
QIcon severityIcon(Severity severity, Theme theme)
{
    theme.text = colorOf(severity, theme);
    return themedIcon(iconName(severity), theme);
}

} // namespace

QString Message::plainText() const
{
    QStringList lines = {text, where, details};
    lines.removeAll(QString());
    return lines.join(QLatin1Char('\n'));
}

struct MessageList::Parts
{
    QListWidget *list = nullptr;
    QToolButton *copy = nullptr;
    QLabel *count = nullptr;
    QList<Message> messages;
    Theme theme = lightTheme();

    void fill();
};

void MessageList::Parts::fill()
{
    list->clear();
    for (const Message &message : messages) {
        const QString place = message.where.isEmpty() ? QString() : QLatin1Char('\n') + message.where;
        auto *item = new QListWidgetItem(severityIcon(message.severity, theme), message.text + place, list);
        item->setToolTip(message.details);
    }
    count->setText(messages.isEmpty() ? MessageList::tr("No messages")
                                      : MessageList::tr("Messages: %1").arg(messages.size()));
    copy->setEnabled(!messages.isEmpty());
    copy->setIcon(themedIcon(QStringLiteral("copy"), theme));
}

MessageList::MessageList(QWidget *parent) : QWidget(parent), m_parts(std::make_unique<Parts>())
{
    setAccessibleName(tr("Messages"));
    m_parts->list = new QListWidget;
    m_parts->list->setAccessibleName(tr("Messages"));
    m_parts->list->setWordWrap(true);
    m_parts->list->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_parts->list->setIconSize(QSize(20, 20));
    m_parts->list->setSpacing(2);
    m_parts->copy = new QToolButton;
    m_parts->copy->setToolTip(tr("Copy all messages"));
    m_parts->copy->setAccessibleName(tr("Copy all messages"));
    m_parts->count = new QLabel;
    m_parts->count->setProperty("role", QStringLiteral("muted"));
    auto *top = new QHBoxLayout;
    top->setContentsMargins(12, 4, 8, 4);
    top->addWidget(m_parts->count, 1);
    top->addWidget(m_parts->copy);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(top);
    column->addWidget(m_parts->list, 1);
    connect(m_parts->copy, &QToolButton::clicked, this, [this] { QApplication::clipboard()->setText(plainText()); });
    m_parts->fill();
}

MessageList::~MessageList() = default;

void MessageList::setTheme(const Theme &theme)
{
    m_parts->theme = theme;
    m_parts->fill();
}

void MessageList::setMessages(const QList<Message> &messages)
{
    m_parts->messages = messages;
    m_parts->fill();
    setAccessibleDescription(m_parts->count->text());
}

QString MessageList::plainText() const
{
    QStringList texts;
    for (const Message &message : m_parts->messages)
        texts.append(message.plainText());
    return texts.join(QStringLiteral("\n\n"));
}

void MessageList::keyPressEvent(QKeyEvent *event)
{
    if (!event->matches(QKeySequence::Copy)) {
        QWidget::keyPressEvent(event);
        return;
    }
    QStringList texts;
    for (int row = 0; row < m_parts->list->count(); ++row)
        if (m_parts->list->item(row)->isSelected())
            texts.append(m_parts->messages[row].plainText());
    QApplication::clipboard()->setText(texts.join(QStringLiteral("\n\n")));
}

struct Banner::Parts
{
    QLabel *icon = nullptr, *text = nullptr, *where = nullptr, *details = nullptr;
    QPushButton *more = nullptr;
    QToolButton *copy = nullptr, *close = nullptr;
    Message message;
    Theme theme = lightTheme();

    void restyle()
    {
        icon->setPixmap(severityIcon(message.severity, theme).pixmap(20, 20));
        copy->setIcon(themedIcon(QStringLiteral("copy"), theme));
        close->setIcon(themedIcon(QStringLiteral("close"), theme));
    }
};

Banner::Banner(QWidget *parent) : QWidget(parent), m_parts(std::make_unique<Parts>())
{
    Parts &parts = *m_parts;
    parts.icon = new QLabel;
    for (QLabel **made : {&parts.text, &parts.where, &parts.details}) {
        *made = new QLabel;
        (*made)->setTextFormat(Qt::PlainText);
        (*made)->setWordWrap(true);
        (*made)->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    parts.where->setProperty("role", QStringLiteral("small"));
    parts.details->setProperty("role", QStringLiteral("muted"));
    parts.more = new QPushButton(tr("Details"));
    parts.more->setCheckable(true);
    parts.copy = new QToolButton;
    parts.copy->setToolTip(tr("Copy message"));
    parts.copy->setAccessibleName(tr("Copy message"));
    parts.close = new QToolButton;
    parts.close->setToolTip(tr("Close message"));
    parts.close->setAccessibleName(tr("Close message"));
    auto *words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(parts.text);
    words->addWidget(parts.where);
    words->addWidget(parts.details);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(16, 8, 8, 8);
    row->setSpacing(8);
    row->addWidget(parts.icon, 0, Qt::AlignTop);
    row->addLayout(words, 1);
    for (QWidget *button : std::initializer_list<QWidget *>{parts.more, parts.copy, parts.close})
        row->addWidget(button, 0, Qt::AlignTop);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    connect(parts.more, &QPushButton::toggled, parts.details, &QWidget::setVisible);
    connect(parts.copy, &QToolButton::clicked, this,
            [this] { QApplication::clipboard()->setText(m_parts->message.plainText()); });
    connect(parts.close, &QToolButton::clicked, this, [this] {
        hide();
        emit closed();
    });
    parts.restyle();
    hide();
}

Banner::~Banner() = default;

void Banner::setTheme(const Theme &theme)
{
    m_parts->theme = theme;
    m_parts->restyle();
    update();
}

void Banner::showMessage(const Message &message)
{
    Parts &parts = *m_parts;
    parts.message = message;
    parts.text->setText(message.text);
    parts.where->setText(message.where);
    parts.where->setVisible(!message.where.isEmpty());
    parts.details->setText(message.details);
    parts.details->hide();
    parts.more->setChecked(false);
    parts.more->setVisible(!message.details.isEmpty());
    parts.restyle();
    setAccessibleName(message.text);
    setAccessibleDescription(message.where);
    show();
}

void Banner::paintEvent(QPaintEvent *)
{
    const QColor color = colorOf(m_parts->message.severity, m_parts->theme);
    QPainter painter(this);
    painter.fillRect(rect(), mixed(m_parts->theme.raised, color, 0.1));
    painter.fillRect(QRect(0, 0, 4, height()), color);
    painter.fillRect(QRect(0, height() - 1, width(), 1), m_parts->theme.line);
}

} // namespace ecdysis

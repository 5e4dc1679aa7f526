// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/command_palette.h"

#include <algorithm>

#include <QAction>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QPointer>
#include <QStyledItemDelegate>
#include <QTimer>
#include <QVBoxLayout>

namespace ecdysis {

namespace {

QString nameOf(const QAction &action)
{
    QString text = action.text();
    return text.remove(QLatin1Char('&')).remove(QChar(0x2026));
}

constexpr int keysRole = Qt::UserRole + 1;

/// A command with its keys at the right end of the line.
class CommandDelegate : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        QStyledItemDelegate::paint(painter, option, index);
        painter->save();
        painter->setPen(option.palette.color(QPalette::PlaceholderText));
        painter->setFont(sized(option.font, TypeSize::Small));
        painter->drawText(option.rect.adjusted(0, 0, -12, 0), Qt::AlignRight | Qt::AlignVCenter,
                          index.data(keysRole).toString());
        painter->restore();
    }
};

/// How well a command answers what is typed: every word must occur; the earlier, the better. -1: not at all.
int match(const QString &name, const QString &typed)
{
    int score = 0;
    for (const QString &word : typed.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        const qsizetype place = name.indexOf(word, 0, Qt::CaseInsensitive);
        if (place < 0)
            return -1;
        const bool start = place == 0 || name[place - 1] == QLatin1Char(' ');
        score += static_cast<int>(place) + (start ? 0 : 100);
    }
    return score;
}

} // namespace

struct CommandPalette::Parts
{
    QList<QPointer<QAction>> actions;
    QLineEdit *search = nullptr;
    QListWidget *list = nullptr;

    void fill(const QString &typed);
};

void CommandPalette::Parts::fill(const QString &typed)
{
    QList<std::pair<int, QAction *>> found;
    for (QAction *action : actions)
        if (action)
            if (const int score = match(nameOf(*action), typed); score >= 0)
                found.append({score, action});
    std::stable_sort(found.begin(), found.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
    list->clear();
    for (const auto &[score, action] : found) {
        const QString keys = action->shortcut().toString(QKeySequence::NativeText);
        auto *item = new QListWidgetItem(action->icon(), nameOf(*action), list);
        item->setData(keysRole, keys);
        item->setData(Qt::UserRole, QVariant::fromValue(action));
        item->setToolTip(action->toolTip());
    }
    list->setCurrentRow(0);
}

CommandPalette::CommandPalette(const QList<QAction *> &actions, const Theme &theme, QWidget *parent)
    : QDialog(parent, Qt::Dialog | Qt::FramelessWindowHint), m_parts(std::make_unique<Parts>())
{
    setWindowTitle(tr("Commands"));
    setAccessibleName(tr("Commands"));
    for (QAction *action : actions)
        if (action->isEnabled() && action->isVisible() && !action->isSeparator() && !action->text().isEmpty())
            m_parts->actions.append(action);
    m_parts->search = new QLineEdit;
    m_parts->search->setPlaceholderText(tr("Type a command"));
    m_parts->search->setAccessibleName(tr("Type a command"));
    m_parts->search->addAction(themedIcon(QStringLiteral("search"), theme), QLineEdit::LeadingPosition);
    m_parts->search->installEventFilter(this);
    m_parts->list = new QListWidget;
    m_parts->list->setAccessibleName(tr("Commands"));
    m_parts->list->setFocusPolicy(Qt::NoFocus);
    m_parts->list->setItemDelegate(new CommandDelegate(m_parts->list));
    setProperty("role", QStringLiteral("palette"));
    m_parts->list->setIconSize(QSize(20, 20));
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(8, 8, 8, 8);
    column->setSpacing(8);
    column->addWidget(m_parts->search);
    column->addWidget(m_parts->list, 1);
    resize(520, 380);
    if (parent)
        move(parent->mapToGlobal(QPoint((parent->width() - width()) / 2, parent->height() / 8)));
    connect(m_parts->search, &QLineEdit::textChanged, this, [this](const QString &typed) { m_parts->fill(typed); });
    connect(m_parts->search, &QLineEdit::returnPressed, this, &QDialog::accept);
    connect(m_parts->list, &QListWidget::itemClicked, this, &QDialog::accept);
    connect(this, &QDialog::accepted, this, [this] {
        const QListWidgetItem *item = m_parts->list->currentItem();
        QPointer<QAction> action = item ? item->data(Qt::UserRole).value<QAction *>() : nullptr;
        // After the dialog is gone: the command may open one itself.
        if (action)
            QTimer::singleShot(0, action, &QAction::trigger);
    });
    m_parts->fill({});
}

CommandPalette::~CommandPalette() = default;

bool CommandPalette::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent *>(event)->key();
        const int step = key == Qt::Key_Down ? 1 : key == Qt::Key_Up ? -1 : 0;
        if (step != 0 && m_parts->list->count() > 0) {
            const int rows = m_parts->list->count();
            m_parts->list->setCurrentRow((m_parts->list->currentRow() + step + rows) % rows);
            return true;
        }
    }
    return QDialog::eventFilter(watched, event);
}

} // namespace ecdysis

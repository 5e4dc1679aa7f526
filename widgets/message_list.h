// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <memory>

#include <QList>
#include <QString>
#include <QWidget>

#include "widgets/theme.h"

namespace ecdysis {

enum class Severity { Note, Warning, Error };

/// Something to tell: what happened and what to do in one or two sentences, and its place.
struct Message
{
    Severity severity = Severity::Note;
    QString text;
    QString where;   ///< file and tensor, key or line; may be empty
    QString details; ///< the engine's own words; may be empty

    /// All of it as plain text, for the clipboard.
    QString plainText() const;

    bool operator==(const Message &) const = default;
};

/// Warnings and errors as a list with their places; Ctrl+C copies the chosen ones, a button all.
class MessageList : public QWidget
{
    Q_OBJECT

public:
    explicit MessageList(QWidget *parent = nullptr);
    ~MessageList() override;

    void setTheme(const Theme &theme);
    void setMessages(const QList<Message> &messages);
    QString plainText() const;

protected:
    void keyPressEvent(QKeyEvent *event) override;

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

/// One message across the top of a view: text, details on demand, a copy and a close button. Hidden until shown.
class Banner : public QWidget
{
    Q_OBJECT

public:
    explicit Banner(QWidget *parent = nullptr);
    ~Banner() override;

    void setTheme(const Theme &theme);
    void showMessage(const Message &message);

signals:
    void closed();

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

} // namespace ecdysis

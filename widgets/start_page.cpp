// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/start_page.h"

#include <QDragEnterEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QMimeData>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

namespace ecdysis {

namespace {

constexpr int pageWidth = 576; // of the headline in English and German, and of all below it
constexpr QSize thumbnailSize(72, 32);

/// The first dropped thing that can be opened: a folder or a session file; empty: none.
QString openable(const QMimeData &data)
{
    for (const QUrl &url : data.urls()) {
        const QFileInfo file(url.toLocalFile());
        if (url.isLocalFile() && (file.isDir() || file.suffix() == QLatin1String("ecdysis")))
            return file.absoluteFilePath();
    }
    return {};
}

/// A dashed place to drop something on.
class DropPlace : public QWidget
{
public:
    Theme theme = lightTheme();
    bool targeted = false;

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        QPen pen(targeted ? theme.accent : mixed(theme.line, theme.muted, 0.4), 1.5, Qt::CustomDashLine);
        pen.setDashPattern({4, 4});
        painter.setPen(pen);
        painter.setBrush(targeted ? mixed(theme.raised, theme.accent, 0.1) : theme.raised);
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 8, 8);
    }
};

QLabel *label(const QString &text, const char *role)
{
    auto *made = new QLabel(text);
    made->setProperty("role", QLatin1String(role));
    made->setTextFormat(Qt::PlainText);
    return made;
}

/// One recent entry as a flat button: thumbnail, title, subtitle.
QPushButton *recentButton(const RecentEntry &entry, const Theme &theme)
{
    auto *button = new QPushButton;
    button->setProperty("role", QStringLiteral("recent"));
    button->setToolTip(entry.path);
    button->setAccessibleName(entry.title);
    button->setAccessibleDescription(entry.subtitle);
    auto *picture = new QLabel;
    picture->setFixedSize(thumbnailSize);
    picture->setAlignment(Qt::AlignCenter);
    if (entry.thumbnail.isNull())
        picture->setPixmap(themedIcon(QStringLiteral("folder"), theme).pixmap(20, 20, QIcon::Disabled));
    else
        picture->setPixmap(
            QPixmap::fromImage(entry.thumbnail.scaled(thumbnailSize, Qt::IgnoreAspectRatio, Qt::SmoothTransformation)));
    auto *words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(new QLabel(entry.title));
    words->addWidget(label(entry.subtitle, "small"));
    auto *row = new QHBoxLayout(button);
    row->setContentsMargins(8, 4, 8, 4);
    row->setSpacing(12);
    row->addWidget(picture);
    row->addLayout(words, 1);
    for (QLabel *child : button->findChildren<QLabel *>())
        child->setAttribute(Qt::WA_TransparentForMouseEvents);
    return button;
}

} // namespace

struct StartPage::Parts
{
    DropPlace *drop = nullptr;
    QPushButton *open = nullptr, *demo = nullptr;
    QLabel *icon = nullptr, *recentTitle = nullptr;
    QVBoxLayout *recent = nullptr;
    QList<RecentEntry> entries;
    Theme theme = lightTheme();

    void buildDrop();
};

/// The place to drop on, with the two ways to begin inside.
void StartPage::Parts::buildDrop()
{
    drop = new DropPlace;
    drop->setFixedSize(pageWidth, 208);
    icon = new QLabel;
    icon->setAlignment(Qt::AlignCenter);
    open = new QPushButton(StartPage::tr("Open a model folder…"));
    open->setProperty("primary", true);
    demo = new QPushButton(StartPage::tr("Try the demo"));
    demo->setToolTip(StartPage::tr("A small trained model and a text, ready to scan"));
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addStretch(1);
    buttons->addWidget(open);
    buttons->addWidget(demo);
    buttons->addStretch(1);
    auto *words = label(StartPage::tr("Drop a model folder here"), "title");
    words->setAlignment(Qt::AlignCenter);
    auto *more =
        label(StartPage::tr("config.json with safetensors or PyTorch weights, or an .ecdysis session"), "muted");
    more->setAlignment(Qt::AlignCenter);
    auto *inside = new QVBoxLayout(drop);
    inside->setContentsMargins(24, 24, 24, 24);
    inside->setSpacing(8);
    inside->addStretch(1);
    for (QWidget *line : std::initializer_list<QWidget *>{icon, words, more})
        inside->addWidget(line);
    inside->addSpacing(12);
    inside->addLayout(buttons);
    inside->addStretch(1);
}

StartPage::StartPage(QWidget *parent) : QWidget(parent), m_parts(std::make_unique<Parts>())
{
    setAcceptDrops(true);
    setAccessibleName(tr("Start"));
    setAccessibleDescription(tr("Open a model folder, continue recent work or try the demo"));
    m_parts->buildDrop();
    m_parts->recentTitle = label(tr("Recent"), "section");
    m_parts->recent = new QVBoxLayout;
    m_parts->recent->setSpacing(4);
    auto *column = new QVBoxLayout;
    column->setSpacing(8);
    column->addStretch(2);
    column->addWidget(label(tr("See what a state-space model can do without"), "display"));
    column->addSpacing(16);
    column->addWidget(m_parts->drop);
    column->addSpacing(16);
    column->addWidget(m_parts->recentTitle);
    column->addLayout(m_parts->recent);
    column->addStretch(3);
    auto *row = new QHBoxLayout(this);
    row->addStretch(1);
    row->addLayout(column);
    row->addStretch(1);
    connect(m_parts->open, &QPushButton::clicked, this, &StartPage::openModelRequested);
    connect(m_parts->demo, &QPushButton::clicked, this, &StartPage::demoRequested);
    setTheme(lightTheme());
    setRecent({});
}

StartPage::~StartPage() = default;

void StartPage::setTheme(const Theme &theme)
{
    m_parts->theme = theme;
    setRecent(m_parts->entries);
    m_parts->drop->theme = theme;
    m_parts->drop->update();
    Theme soft = theme;
    soft.text = theme.accent;
    m_parts->icon->setPixmap(themedIcon(QStringLiteral("layers"), soft).pixmap(40, 40));
}

void StartPage::setRecent(const QList<RecentEntry> &recent)
{
    const QList<RecentEntry> entries = recent;
    while (QLayoutItem *item = m_parts->recent->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    m_parts->entries = entries;
    m_parts->recentTitle->setVisible(!entries.isEmpty());
    for (const RecentEntry &entry : entries.first(std::min<qsizetype>(entries.size(), 5))) {
        QPushButton *button = recentButton(entry, m_parts->theme);
        connect(button, &QPushButton::clicked, this, [this, path = entry.path] { emit recentPicked(path); });
        m_parts->recent->addWidget(button);
    }
}

void StartPage::dragEnterEvent(QDragEnterEvent *event)
{
    if (openable(*event->mimeData()).isEmpty())
        return;
    event->acceptProposedAction();
    m_parts->drop->targeted = true;
    m_parts->drop->update();
}

void StartPage::dragLeaveEvent(QDragLeaveEvent *)
{
    m_parts->drop->targeted = false;
    m_parts->drop->update();
}

void StartPage::dropEvent(QDropEvent *event)
{
    dragLeaveEvent(nullptr);
    if (const QString path = openable(*event->mimeData()); !path.isEmpty()) {
        event->acceptProposedAction();
        emit modelDropped(path);
    }
}

} // namespace ecdysis

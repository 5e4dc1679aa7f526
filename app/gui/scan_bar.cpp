// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/scan_bar.h"

#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QTimer>

#include "app/gui/appearance.h"
#include "app/gui/demo.h"
#include "app/gui/document.h"
#include "app/gui/kind_chooser.h"
#include "app/gui/messages.h"
#include "app/gui/operations.h"
#include "app/gui/scan_chooser.h"
#include "app/gui/settings.h"
#include "widgets/numbers.h"

namespace ecdysis {

struct ScanBar::Parts
{
    QComboBox *text = nullptr;
    QSpinBox *window = nullptr;
    QSpinBox *maxWindows = nullptr;
    KindChooser *kinds = nullptr;
    QLabel *cost = nullptr;
    QPushButton *start = nullptr;
    QTimer *settled = nullptr; ///< asks for a timing once the fields have been left alone
    QString path;              ///< of the text
    Message problem;           ///< why the cost cannot be told
};

namespace {

QString demoText()
{
    const std::filesystem::path folder = demoFolder();
    return folder.empty() ? QString() : QString::fromStdString((folder / "text.txt").string());
}

QSpinBox *numberField(int least, int most, int step, const QString &name, QWidget *parent)
{
    auto *field = new QSpinBox(parent);
    field->setRange(least, most);
    field->setSingleStep(step);
    field->setAccelerated(true);
    field->setButtonSymbols(QSpinBox::NoButtons); // arrow keys and wheel step it
    field->setAccessibleName(name);
    field->setMinimumWidth(48); // the largest numbers scroll
    return field;
}

} // namespace

ScanBar::ScanBar(const Context &context, QWidget *parent)
    : QWidget(parent), m_context(context), m_parts(std::make_unique<Parts>())
{
    setObjectName(QStringLiteral("scanBar"));
    build();
    m_parts->path = usualText();
    setProtocol(usualProtocol());
    fillTexts();
    connectParts();
    takeDocument();
}

ScanBar::~ScanBar() = default;

void ScanBar::build()
{
    Parts &parts = *m_parts;
    parts.text = new QComboBox(this);
    parts.text->setAccessibleName(tr("Text to measure on"));
    parts.text->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    parts.text->setMinimumContentsLength(6);
    parts.window = numberField(2, 1 << 20, 128, tr("Tokens of a window"), this);
    parts.window->setToolTip(tr("Tokens of a window; each predicts all but its first"));
    parts.maxWindows = numberField(0, 1 << 20, 4, tr("Number of windows"), this);
    parts.maxWindows->setSpecialValueText(tr("all"));
    parts.maxWindows->setToolTip(tr("Windows taken from the start of the text; more of them make smaller errors"));
    parts.kinds = new KindChooser(this);
    parts.cost = new QLabel(this);
    parts.cost->setObjectName(QStringLiteral("scanCost"));
    parts.cost->setWordWrap(true);
    parts.cost->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    parts.start = new QPushButton(tr("Scan"), this);
    parts.start->setObjectName(QStringLiteral("scanStart"));
    parts.start->setProperty("primary", true);
    parts.settled = new QTimer(this);
    parts.settled->setSingleShot(true);
    parts.settled->setInterval(400);

    auto *fields = new QHBoxLayout;
    fields->setSpacing(8);
    fields->addWidget(new QLabel(tr("Text"), this));
    fields->addWidget(parts.text, 1);
    fields->addWidget(new QLabel(tr("Window"), this));
    fields->addWidget(parts.window);
    fields->addWidget(new QLabel(tr("Windows"), this));
    fields->addWidget(parts.maxWindows);
    auto *second = new QHBoxLayout;
    second->setSpacing(8);
    second->addWidget(parts.kinds);
    second->addWidget(parts.cost, 1);
    second->addWidget(parts.start);
    auto *rows = new QVBoxLayout(this);
    rows->setContentsMargins(12, 8, 12, 8);
    rows->setSpacing(4);
    rows->addLayout(fields);
    rows->addLayout(second);
    rows->addWidget(new ScanChooser(m_context, this));
}

void ScanBar::connectParts()
{
    const Parts &parts = *m_parts;
    const auto changed = [this] {
        m_parts->problem = {};
        tellChoice();
        showCost();
        m_parts->settled->start();
    };
    connect(parts.text, &QComboBox::activated, this, &ScanBar::chooseText);
    connect(parts.window, &QSpinBox::valueChanged, this, changed);
    connect(parts.maxWindows, &QSpinBox::valueChanged, this, changed);
    connect(parts.kinds, &KindChooser::changed, this, changed);
    connect(parts.start, &QPushButton::clicked, this, &ScanBar::start);
    connect(parts.settled, &QTimer::timeout, this, [this] {
        if (isEnabled() && !m_parts->path.isEmpty())
            m_context.operations.measureSpeed(m_parts->path.toStdString(), m_parts->window->value());
    });
    connect(&m_context.document, &Document::opened, this, &ScanBar::takeDocument);
    connect(&m_context.document, &Document::scanChanged, this, &ScanBar::showCost);
    connect(&m_context.document, &Document::shownChanged, this, &ScanBar::takeScan);
    connect(&m_context.operations, &Operations::busyChanged, this, &ScanBar::showCost);
    connect(&m_context.operations, &Operations::computeChanged, m_parts->settled, qOverload<>(&QTimer::start));
    connect(&m_context.operations, &Operations::speedChanged, this, [this] {
        m_parts->problem = {};
        showCost();
    });
    connect(&m_context.operations, &Operations::speedFailed, this, [this](const Error &error) {
        m_parts->problem = message(error);
        showCost();
    });
}

void ScanBar::takeDocument()
{
    const Document &document = m_context.document;
    m_parts->problem = {};
    if (document.isOpen()) {
        m_parts->kinds->setCard(document.card(), m_context.settings.kinds);
        if (document.hasScan()) {
            takeScan();
        } else if (!demoFolder().empty() && document.card().folder == demoFolder() / "model") {
            setText(demoText());
            setProtocol(demoProtocol());
        } else {
            setText(usualText());
            setProtocol(usualProtocol());
        }
        m_parts->settled->start();
    }
    showCost();
}

/// A scan that comes to be shown brings its text, windows and kinds, to be continued.
void ScanBar::takeScan()
{
    const Scan &scan = m_context.document.scan();
    setText(QString::fromStdString(scan.calibration.text));
    setProtocol(scan.calibration.protocol);
    m_parts->kinds->setChosen(scan);
}

void ScanBar::tellChoice()
{
    const ScanRequest asked = request();
    m_context.document.choose(asked.text, asked.protocol);
}

void ScanBar::fillTexts()
{
    QComboBox &box = *m_parts->text;
    box.clear();
    const QString demo = demoText();
    if (!demo.isEmpty())
        box.addItem(tr("Text of the demo"), demo);
    const QString &path = m_parts->path;
    if (!path.isEmpty() && path != demo) {
        box.addItem(QFileInfo(path).fileName(), path);
        box.setItemData(box.count() - 1, path, Qt::ToolTipRole);
    }
    const qsizetype current = box.count() - 1;
    box.addItem(tr("Choose a text file…"), QString());
    box.setCurrentIndex(path.isEmpty() ? -1 : path == demo ? 0 : static_cast<int>(current));
    box.setPlaceholderText(tr("Choose a text file…"));
    box.setToolTip(path);
}

void ScanBar::chooseText(int index)
{
    QString path = m_parts->text->itemData(index).toString();
    if (path.isEmpty())
        path = QFileDialog::getOpenFileName(this, tr("Text to measure on"), m_context.settings.folder,
                                            tr("Text files (*.txt *.raw *.md);;All files (*)"));
    if (path.isEmpty()) {
        fillTexts();
        return;
    }
    m_context.settings.text = path == demoText() ? QString() : path;
    setText(path);
}

void ScanBar::setText(const QString &path)
{
    m_parts->path = path;
    m_parts->problem = {};
    fillTexts();
    tellChoice();
    showCost();
    m_parts->settled->start();
}

void ScanBar::setProtocol(const WindowProtocol &protocol)
{
    m_parts->window->setValue(protocol.window);
    m_parts->maxWindows->setValue(protocol.maxWindows);
}

void ScanBar::setKinds(const QStringList &kinds)
{
    m_parts->kinds->setChosen(kinds);
}

ScanRequest ScanBar::request() const
{
    ScanRequest request;
    request.kinds.clear();
    for (const QString &kind : m_parts->kinds->chosen())
        request.kinds.push_back(kind.toStdString());
    request.text = m_parts->path.toStdString();
    request.protocol.window = m_parts->window->value();
    request.protocol.maxWindows = m_parts->maxWindows->value();
    return request;
}

QString ScanBar::usualText() const
{
    const QString &chosen = m_context.settings.text;
    return !chosen.isEmpty() && QFileInfo::exists(chosen) ? chosen : demoText();
}

WindowProtocol ScanBar::usualProtocol() const
{
    return {.window = m_context.settings.window, .maxWindows = m_context.settings.maxWindows};
}

bool ScanBar::canStart() const
{
    return m_parts->start->isEnabled();
}

void ScanBar::start()
{
    if (!canStart())
        return;
    remember();
    m_parts->settled->stop();
    parentWidget()->setFocus(); // the button is disabled now; the keys belong to the picture
    m_context.operations.startScan(request());
}

void ScanBar::remember()
{
    Settings &settings = m_context.settings;
    if (m_parts->path != demoText()) { // whose few windows are no habit for other texts
        settings.window = m_parts->window->value();
        settings.maxWindows = m_parts->maxWindows->value();
    }
    settings.kinds = m_parts->kinds->chosen();
}

void ScanBar::showCost()
{
    const Document &document = m_context.document;
    const bool busy = m_context.operations.isBusy();
    const ScanCost cost = m_context.operations.cost(request());
    const bool tokenizer = document.isOpen() && document.card().hasTokenizer;
    QString said;
    if (!document.isOpen())
        said = QString();
    else if (!tokenizer)
        said = tr("The model folder has no tokenizer; put its tokenizer.json there.");
    else if (m_parts->path.isEmpty())
        said = tr("Choose a text to measure on.");
    else if (m_parts->kinds->chosen().isEmpty())
        said = tr("Choose at least one kind of unit.");
    else if (cost.cells == 0)
        said = tr("All cells of this scan are measured.");
    else if (!m_parts->problem.text.isEmpty())
        said = m_parts->problem.text;
    else if (cost.seconds)
        said = tr("%n cell(s), about %1 on this machine", nullptr, cost.cells).arg(duration(*cost.seconds));
    else
        said = tr("%n cell(s)", nullptr, cost.cells);
    m_parts->cost->setText(busy ? QString() : said);
    m_parts->cost->setToolTip(said == m_parts->problem.text ? m_parts->problem.plainText() : QString());
    const bool begun = document.hasScan() && !isFinished(document.scan()) && cost.cells > 0 &&
                       cost.cells < static_cast<int>(document.scan().cells.size());
    m_parts->start->setText(begun ? tr("Continue") : tr("Scan"));
    m_parts->start->setEnabled(!busy && tokenizer && !m_parts->path.isEmpty() && cost.cells > 0);
}

} // namespace ecdysis

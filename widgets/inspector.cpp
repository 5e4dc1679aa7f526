// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/inspector.h"

#include <algorithm>
#include <optional>

#include <QFormLayout>
#include <QLabel>
#include <QScrollArea>
#include <QStackedLayout>
#include <QStyle>
#include <QVBoxLayout>

#include "widgets/elided_lines.h"
#include "widgets/heatmap_words.h"
#include "widgets/inspector_words.h"
#include "widgets/numbers.h"
#include "widgets/parts.h"
#include "widgets/unit_text.h"

namespace ecdysis {

namespace {

QLabel *label(const char *role, QLabel *made = new QLabel)
{
    made->setProperty("role", QLatin1String(role));
    made->setTextFormat(Qt::PlainText);
    made->setWordWrap(true);
    made->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return made;
}

QFrame *rule()
{
    auto *made = new QFrame;
    made->setProperty("role", QStringLiteral("rule"));
    return made;
}

/// Names left, figures right.
QFormLayout *figureForm()
{
    auto *made = new QFormLayout;
    made->setContentsMargins(0, 0, 0, 0);
    made->setHorizontalSpacing(16);
    made->setVerticalSpacing(6);
    made->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    return made;
}

/// The unit of an id: as the card lists it or, for other entries of one of its widths, with nothing counted.
std::optional<Unit> unitOf(const ModelCard &card, const std::string &id)
{
    if (const Unit *listed = findUnit(card, id))
        return *listed;
    auto unit = parseUnitId(id);
    const bool entries =
        unit && unit->from >= 0 && std::any_of(card.widths.begin(), card.widths.end(), [&](const Width &width) {
            return width.kind == unit->kind && width.layer == unit->layer && unit->to < width.size;
        });
    return entries ? unit : std::nullopt;
}

void setRole(QLabel &label, const char *role)
{
    label.setProperty("role", QLatin1String(role));
    label.style()->unpolish(&label);
    label.style()->polish(&label);
}

constexpr int narrowest = 264;
constexpr int widest = 328; ///< that figures may ask for, so that other panels keep their room

} // namespace

struct Inspector::Parts
{
    QStackedLayout *pages = nullptr;
    QLabel *title = nullptr, *id = nullptr;
    QLabel *delta = nullptr, *deltaWords = nullptr, *scanWords = nullptr;
    QLabel *nll = nullptr, *dense = nullptr, *perMillion = nullptr;
    QLabel *parameters = nullptr, *bytes = nullptr, *flops = nullptr;
    QLabel *tensorsTitle = nullptr, *tensors = nullptr, *shapes = nullptr;
    QLabel *loading = nullptr;
    QWidget *page = nullptr, *effectFigures = nullptr, *counted = nullptr, *fallen = nullptr;
    Unit unit; ///< that is shown
    Effect effect;
    Freshness freshness = Freshness::Current;

    QVBoxLayout *column = nullptr;
    QList<QFormLayout *> forms;

    void build(Inspector *owner);
    void buildEffect();
    QWidget *openGroup();
    void buildCarried();
    void buildTensors();
    QLabel *addSection(const QString &text);
    QLabel *addFigure(QFormLayout *form, const QString &name);
    void showCarried(const ModelCard &card);
    void showEffect(const Scan &scan);
    void showStanding();
    int neededWidth();
    QString summary() const;
    void showTensors(const ModelCard &card);
};

QLabel *Inspector::Parts::addFigure(QFormLayout *form, const QString &name)
{
    auto *words = label("muted");
    words->setText(name);
    words->setWordWrap(false);
    auto *value = label("figure");
    value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    value->setWordWrap(false);
    form->addRow(words, value);
    return value;
}

QLabel *Inspector::Parts::addSection(const QString &text)
{
    auto *words = label("section");
    words->setText(text);
    column->addWidget(rule());
    column->addWidget(words);
    return words;
}

void Inspector::Parts::buildEffect()
{
    addSection(Inspector::tr("Loss increase without it"));
    column->addWidget(delta = label("display"));
    column->addWidget(deltaWords = label("small"));
    effectFigures = new QWidget;
    auto *effects = forms.emplace_back(figureForm());
    effectFigures->setLayout(effects);
    nll = addFigure(effects, Inspector::tr("Loss without it"));
    dense = addFigure(effects, Inspector::tr("Dense model"));
    perMillion = addFigure(effects, Inspector::tr("Per million parameters"));
    column->addWidget(effectFigures);
    column->addWidget(scanWords = label("small"));
}

/// A widget at the end of the column that takes what is added until the column is set back; it can be hidden.
QWidget *Inspector::Parts::openGroup()
{
    auto *group = new QWidget;
    column->addWidget(group);
    column = new QVBoxLayout(group);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    return group;
}

void Inspector::Parts::buildCarried()
{
    QVBoxLayout *whole = column;
    counted = openGroup();
    counted->setObjectName(QStringLiteral("counted"));
    addSection(Inspector::tr("What it carries"));
    auto *carried = forms.emplace_back(figureForm());
    column->addLayout(carried);
    parameters = addFigure(carried, Inspector::tr("Parameters"));
    bytes = addFigure(carried, Inspector::tr("Size as stored"));
    flops = addFigure(carried, Inspector::tr("FLOPs per token"));
    buildTensors();
    addSection(Inspector::tr("After removal"));
    column->addWidget(loading = label("plain"));
    column = whole;
}

void Inspector::Parts::buildTensors()
{
    QVBoxLayout *around = column;
    fallen = openGroup();
    tensorsTitle = addSection({});
    auto *list = new QHBoxLayout;
    list->addWidget(tensors = label("tensors", new ElidedLines), 1);
    list->addWidget(shapes = label("muted"));
    tensors->setWordWrap(false);
    shapes->setWordWrap(false);
    shapes->setAlignment(Qt::AlignRight);
    column->addLayout(list);
    column = around;
}

void Inspector::Parts::build(Inspector *owner)
{
    auto *empty = label("muted");
    empty->setText(Inspector::tr("Pick a part of the model to see what it carries and what its removal costs."));
    empty->setAlignment(Qt::AlignCenter);
    empty->setContentsMargins(24, 24, 24, 24);
    page = new QWidget;
    column = new QVBoxLayout(page);
    column->setContentsMargins(12, 12, 12, 12);
    column->setSpacing(8);
    column->addWidget(title = label("title"));
    column->addWidget(id = label("small"));
    buildEffect();
    buildCarried();
    column->addStretch(1);
    auto *scroll = new QScrollArea;
    scroll->setWidget(page);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFrameShape(QFrame::NoFrame);
    pages = new QStackedLayout(owner);
    pages->addWidget(empty);
    pages->addWidget(scroll);
}

void Inspector::Parts::showCarried(const ModelCard &card)
{
    parameters->setText(withShare(parameterCount(unit.parameters), static_cast<double>(unit.parameters),
                                  static_cast<double>(card.parameters)));
    bytes->setText(withShare(byteCount(unit.bytes), static_cast<double>(unit.bytes), static_cast<double>(card.bytes)));
    flops->setText(withShare(parameterCount(static_cast<std::int64_t>(unit.flopsPerToken)), unit.flopsPerToken,
                             card.flopsPerToken));
    loading->setText(loadersOf(unit));
}

void Inspector::Parts::showEffect(const Scan &scan)
{
    const Cell *cell = cellOf(scan, unit.id);
    effect = cell ? effectOf(scan, *cell) : Effect{};
    effectFigures->setVisible(effect.measured());
    scanWords->setVisible(effect.measured());
    delta->setText(effect.measured()                           ? withError(effect.delta)
                   : effect.certainty == Certainty::NotANumber ? QStringLiteral("NaN")
                                                               : QStringLiteral("–"));
    if (!effect.measured())
        return;
    nll->setText(levelWithError({effect.nll, effect.nllError}));
    dense->setText(levelWithError(mean(scan.denseLosses)));
    perMillion->setText(perMillionText(effect.delta, unit.parameters));
    const QString windows =
        Inspector::tr("Windows: %1 of %2 tokens").arg(cell->losses.size()).arg(scan.calibration.protocol.window);
    const Provenance &made = scan.provenance;
    scanWords->setText(windows + QLatin1Char('\n') + computeText(made.device, made.dtype, made.threads));
}

/// How far the figures can be relied on: they are as they were, whatever is chosen now.
void Inspector::Parts::showStanding()
{
    const bool current = freshness == Freshness::Current;
    setRole(*delta, current && effect.certainty == Certainty::Clear ? "display" : "displayMuted");
    for (QLabel *value : {nll, dense, perMillion})
        setRole(*value, current ? "figure" : "muted");
    deltaWords->setText(wordsOn(unit, effect, freshness));
}

QString Inspector::Parts::summary() const
{
    if (pages->currentIndex() == 0)
        return Inspector::tr("Nothing is selected");
    if (!unit.needs.empty())
        return QStringLiteral("%1: %2").arg(title->text(), wordsOnNone(unit));
    if (!effect.measured())
        return Inspector::tr("%1: not measured").arg(title->text());
    const QString words = Inspector::tr("%1: loss increase %2").arg(title->text(), withError(effect.delta));
    const QString remark = remarkOn(effect, freshness);
    return remark.isEmpty() ? words : words + QStringLiteral(". ") + remark;
}

void Inspector::Parts::showTensors(const ModelCard &card)
{
    tensorsTitle->setText(Inspector::tr("Tensors that fall with it: %1").arg(unit.tensors.size()));
    fallen->setVisible(!unit.tensors.empty());
    const TensorLines lines = tensorLines(card, unit);
    tensors->setText(lines.names);
    shapes->setText(lines.shapes);
}

/// Figures are never cut off: they decide how narrow the panel may become. Those that ask for too much go below their
/// names.
int Inspector::Parts::neededWidth()
{
    int needed = 0;
    for (const auto policy : {QFormLayout::DontWrapRows, QFormLayout::WrapLongRows}) {
        for (QFormLayout *form : forms)
            form->setRowWrapPolicy(policy);
        for (QWidget *within : {effectFigures, fallen, counted})
            within->updateGeometry(); // now rather than when the next event is handled
        needed = page->minimumSizeHint().width();
        if (needed <= widest)
            break;
    }
    return std::max(narrowest, needed);
}

Inspector::Inspector(QWidget *parent) : QWidget(parent), m_parts(std::make_unique<Parts>())
{
    setAccessibleName(tr("Inspector"));
    setMinimumWidth(narrowest);
    m_parts->build(this);
    clear();
}

Inspector::~Inspector() = default;

void Inspector::setTheme(const Theme &)
{
    update();
}

void Inspector::setUnit(const ModelCard &card, const Scan &scan, const QString &unitId)
{
    const std::optional<Unit> unit = unitOf(card, unitId.toStdString());
    if (!unit) {
        clear();
        return;
    }
    m_parts->unit = *unit;
    m_parts->title->setText(wrappable(unitTitle(unit->id)));
    m_parts->id->setText(idLine(card, *unit));
    m_parts->counted->setVisible(findUnit(card, unit->id));
    m_parts->showCarried(card);
    m_parts->showEffect(scan);
    m_parts->showStanding();
    m_parts->showTensors(card);
    m_parts->pages->setCurrentIndex(1);
    setMinimumWidth(m_parts->neededWidth() + style()->pixelMetric(QStyle::PM_ScrollBarExtent));
    setAccessibleDescription(summary());
}

void Inspector::setFreshness(Freshness freshness)
{
    m_parts->freshness = freshness;
    m_parts->showStanding();
    setAccessibleDescription(summary());
}

void Inspector::clear()
{
    m_parts->pages->setCurrentIndex(0);
    setAccessibleDescription(summary());
}

QString Inspector::summary() const
{
    return m_parts->summary();
}

} // namespace ecdysis

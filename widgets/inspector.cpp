// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/inspector.h"

#include <algorithm>

#include <QFormLayout>
#include <QLabel>
#include <QScrollArea>
#include <QStackedLayout>
#include <QStyle>
#include <QVBoxLayout>

#include "widgets/heatmap_words.h"
#include "widgets/numbers.h"
#include "widgets/unit_text.h"

namespace ecdysis {

namespace {

QLabel *label(const char *role)
{
    auto *made = new QLabel;
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

const Unit *findUnit(const ModelCard &card, const std::string &id)
{
    const auto found =
        std::find_if(card.units.begin(), card.units.end(), [&](const Unit &unit) { return unit.id == id; });
    return found == card.units.end() ? nullptr : &*found;
}

/// "1536 × 16"; empty for a tensor the card does not list.
QString shapeOf(const ModelCard &card, const std::string &tensor)
{
    for (const Component &component : card.components)
        for (const TensorInfo &info : component.tensors)
            if (info.name == tensor)
                return shapeText(info);
    return {};
}

QString withShare(const QString &text, double part, double whole)
{
    return whole > 0 ? QStringLiteral("%1  (%2)").arg(text, percentage(part / whole)) : text;
}

QString perMillionText(const Estimate &delta, std::int64_t parameters)
{
    const double millions = static_cast<double>(parameters) / 1e6;
    return parameters > 0 ? withError({delta.value / millions, delta.standardError / millions}) : QStringLiteral("–");
}

void setRole(QLabel &label, const char *role)
{
    label.setProperty("role", QLatin1String(role));
    label.style()->unpolish(&label);
    label.style()->polish(&label);
}

/// What kind of number stands above, and what is to be minded about it.
QString wordsOn(const Effect &effect, Freshness freshness)
{
    if (effect.certainty == Certainty::Unmeasured)
        return Inspector::tr("Not measured yet. A scan measures it.");
    if (effect.certainty == Certainty::NotANumber)
        return Inspector::tr("The loss without it is not a number.");
    const QString words = effect.certainty == Certainty::Clear ? Inspector::tr("nats per token, mean ± standard error")
                          : effect.errorKnown()
                              ? Inspector::tr("nats per token; below two standard errors, so it may be nothing")
                              : Inspector::tr("nats per token; with one window its error is not known");
    return freshness == Freshness::Stale ? words + QLatin1Char('\n') + remarkOn(effect, freshness) : words;
}

constexpr int narrowest = 264;

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
    QWidget *page = nullptr, *effectFigures = nullptr;
    Effect effect; ///< of the unit that is shown
    Freshness freshness = Freshness::Current;

    QVBoxLayout *column = nullptr;

    void build(Inspector *owner);
    void buildEffect();
    void buildCarried();
    QLabel *addSection(const QString &text);
    QLabel *addFigure(QFormLayout *form, const QString &name);
    void showCarried(const ModelCard &card, const Unit &unit);
    void showEffect(const Scan &scan, const Unit &unit);
    void showStanding();
    QString summary() const;
    void showTensors(const ModelCard &card, const Unit &unit);
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
    auto *effects = figureForm();
    effectFigures->setLayout(effects);
    nll = addFigure(effects, Inspector::tr("Loss without it"));
    dense = addFigure(effects, Inspector::tr("Dense model"));
    perMillion = addFigure(effects, Inspector::tr("Per million parameters"));
    column->addWidget(effectFigures);
    column->addWidget(scanWords = label("small"));
}

void Inspector::Parts::buildCarried()
{
    addSection(Inspector::tr("What it carries"));
    auto *carried = figureForm();
    column->addLayout(carried);
    parameters = addFigure(carried, Inspector::tr("Parameters"));
    bytes = addFigure(carried, Inspector::tr("Size as stored"));
    flops = addFigure(carried, Inspector::tr("FLOPs per token"));
    tensorsTitle = addSection({});
    auto *fallen = new QHBoxLayout;
    fallen->addWidget(tensors = label("tensors"), 1);
    fallen->addWidget(shapes = label("muted"));
    tensors->setWordWrap(false);
    shapes->setWordWrap(false);
    shapes->setAlignment(Qt::AlignRight);
    column->addLayout(fallen);
    addSection(Inspector::tr("After removal"));
    column->addWidget(loading = label("plain"));
}

void Inspector::Parts::build(Inspector *owner)
{
    auto *empty = label("muted");
    empty->setText(Inspector::tr("Pick a block or an SSM to see what it carries and what its removal costs."));
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

void Inspector::Parts::showCarried(const ModelCard &card, const Unit &unit)
{
    parameters->setText(withShare(parameterCount(unit.parameters), static_cast<double>(unit.parameters),
                                  static_cast<double>(card.parameters)));
    bytes->setText(withShare(byteCount(unit.bytes), static_cast<double>(unit.bytes), static_cast<double>(card.bytes)));
    flops->setText(withShare(parameterCount(static_cast<std::int64_t>(unit.flopsPerToken)), unit.flopsPerToken,
                             card.flopsPerToken));
    loading->setText(!unit.loaders.empty()
                         ? Inspector::tr("Other software's stock loaders read the result.")
                         : Inspector::tr("Other software's stock loaders cannot represent this; the result needs this "
                                         "program or a custom loader."));
}

void Inspector::Parts::showEffect(const Scan &scan, const Unit &unit)
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
    deltaWords->setText(wordsOn(effect, freshness));
}

QString Inspector::Parts::summary() const
{
    if (pages->currentIndex() == 0)
        return Inspector::tr("Nothing is selected");
    if (!effect.measured())
        return Inspector::tr("%1: not measured").arg(title->text());
    const QString words = Inspector::tr("%1: loss increase %2").arg(title->text(), withError(effect.delta));
    const QString remark = remarkOn(effect, freshness);
    return remark.isEmpty() ? words : words + QStringLiteral(". ") + remark;
}

void Inspector::Parts::showTensors(const ModelCard &card, const Unit &unit)
{
    tensorsTitle->setText(Inspector::tr("Tensors that fall with it: %1").arg(unit.tensors.size()));
    // What all names begin with says nothing here.
    std::string prefix = unit.tensors.empty() ? std::string() : unit.tensors.front();
    for (const std::string &name : unit.tensors)
        prefix.resize(static_cast<std::size_t>(
            std::mismatch(prefix.begin(), prefix.end(), name.begin(), name.end()).first - prefix.begin()));
    prefix.resize(prefix.rfind('.') == std::string::npos ? 0 : prefix.rfind('.') + 1);
    QStringList names, sizes;
    for (const std::string &name : unit.tensors) {
        names.append(QString::fromStdString(unit.tensors.size() > 1 ? name.substr(prefix.size()) : name));
        sizes.append(shapeOf(card, name));
    }
    tensors->setText(names.join(QLatin1Char('\n')));
    shapes->setText(sizes.join(QLatin1Char('\n')));
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
    const Unit *unit = findUnit(card, unitId.toStdString());
    if (!unit) {
        clear();
        return;
    }
    m_parts->title->setText(unitTitle(unit->kind, unit->layer));
    m_parts->id->setText(unitId);
    m_parts->showCarried(card, *unit);
    m_parts->showEffect(scan, *unit);
    m_parts->showStanding();
    m_parts->showTensors(card, *unit);
    m_parts->pages->setCurrentIndex(1);
    // Figures are never cut off: they decide how narrow the panel may become.
    const int scrollBar = style()->pixelMetric(QStyle::PM_ScrollBarExtent);
    setMinimumWidth(std::max(narrowest, m_parts->page->minimumSizeHint().width() + scrollBar));
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

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/sensitivity_heatmap.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <QAccessible>
#include <QElapsedTimer>
#include <QHash>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QScopedValueRollback>
#include <QStackedLayout>
#include <QTimer>
#include <QVBoxLayout>

#include "widgets/cell_cache.h"
#include "widgets/cell_fades.h"
#include "widgets/color_map.h"
#include "widgets/effect.h"
#include "widgets/heatmap_geometry.h"
#include "widgets/heatmap_painting.h"
#include "widgets/heatmap_picture.h"
#include "widgets/heatmap_words.h"
#include "widgets/hover_card.h"
#include "widgets/parts.h"
#include "widgets/plot.h"
#include "widgets/unit_text.h"

namespace ecdysis {

namespace {

constexpr int frameTime = 16;     ///< milliseconds
constexpr int measuresTime = 100; ///< at least, between two changes of axes, lines and words

} // namespace

struct SensitivityHeatmap::Parts
{
    explicit Parts(SensitivityHeatmap *view) : owner(view) {}

    SensitivityHeatmap *owner;
    QStackedLayout *pages = nullptr;
    QLabel *title = nullptr;
    QLabel *empty = nullptr;
    Plot *plot = nullptr;
    HoverCard *hover = nullptr;
    QTimer frames; ///< runs while something is to be drawn
    CellFades fading;
    QElapsedTimer sinceMeasures;
    bool measuresDue = false;
    CellCache cache;

    Theme theme = lightTheme();
    ModelCard card;
    Scan scan;
    std::vector<std::string> kinds;
    QList<int> places; ///< of each cell of the scan in the picture; -1: the table alone shows it
    HeatPicture picture;
    ColorRange range;

    void build();
    void setCells();
    const Cell &cellOfPicture(int index) const
    {
        return scan.cells[static_cast<std::size_t>(picture.cells[index].cell)];
    }
    void remeasure();
    void drawSeries();
    void layPanels(const QSizeF &size);
    void drawTitle();
    void take(const Scan &measured, int cell);
    void stepFrame();
    void select(int cell);
    void pick(int cell);
    int cellAt(QPointF position) const { return cellUnder(picture, plot->bandScale(), plot->chartScale(), position); }
    void showHover(QPointF position);
    void explainGap(QPointF position, const HeatGap &gap);
    void hideHover();
    QString lossLabel() const { return tr("Loss increase, nats per token"); }
};

void SensitivityHeatmap::Parts::build()
{
    auto *page = new QWidget;
    auto *column = new QVBoxLayout(page);
    column->setContentsMargins(0, 8, 0, 8);
    column->setSpacing(4);
    title = new QLabel;
    title->setIndent(12);
    title->setTextFormat(Qt::PlainText);
    title->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    plot = new Plot;
    plot->setAccessibleName(tr("Loss increase without each part of the model"));
    column->addWidget(title);
    column->addWidget(plot, 1);
    empty = new QLabel;
    empty->setAlignment(Qt::AlignCenter);
    empty->setWordWrap(true);
    empty->setProperty("role", QStringLiteral("muted"));
    pages = new QStackedLayout(owner);
    pages->addWidget(empty);
    pages->addWidget(page);
    hover = new HoverCard(owner);
    frames.setInterval(frameTime);
    connect(&frames, &QTimer::timeout, owner, [this] { stepFrame(); });
    connect(plot, &Plot::hovered, owner, [this](QPointF position) { showHover(position); });
    connect(plot, &Plot::left, owner, [this] { hideHover(); });
    connect(plot, &Plot::resized, owner, [this] { layPanels(plot->size()); });
    connect(plot, &Plot::clicked, owner, [this](QPointF position) {
        if (const int cell = cellAt(position); cell >= 0)
            pick(cell);
    });
}

void SensitivityHeatmap::Parts::setCells()
{
    kinds = partKinds(card, scan);
    picture = pictureOf(card, scan, kinds, picture.freshness);
    places.fill(-1, static_cast<qsizetype>(scan.cells.size()));
    for (int i = 0; i < picture.cells.size(); ++i)
        places[picture.cells[i].cell] = i;
}

/// What follows from the effects: ranges, lines, words.
void SensitivityHeatmap::Parts::remeasure()
{
    measuresDue = false;
    sinceMeasures.start();
    range = colorRangeOf(picture);
    drawSeries();
    layPanels(plot->size()); // other marks may be among the cells now
    drawTitle();
}

void SensitivityHeatmap::Parts::drawSeries()
{
    const auto [low, high] = lossRange(picture, range);
    plot->setAxes({tr("Layer"), -0.5, std::max(card.layers, 1) - 0.5}, {lossLabel(), low, high});
    plot->setSeries(profileOf(picture, kinds));
}

/// The squares and the colour key, in a picture of this size.
void SensitivityHeatmap::Parts::layPanels(const QSizeF &size)
{
    const QFont small = sized(owner->font(), TypeSize::Small);
    QStringList rows;
    double names = 40; // numbers of the axis
    for (const std::string &kind : kinds) {
        rows.append(kindTitle(kind));
        names = std::max(names, QFontMetricsF(small).horizontalAdvance(rows.last()));
    }
    const double key = colorKeyHeight(picture, size.width() - names - 28, small);
    plot->setFoot(key, [this, small](QPainter &painter, const PlotScale &scale, const Theme &medium) {
        paintColorKey(painter, scale.area, picture, ColorMap::diverging(medium, range), lossLabel(), small, medium);
    });
    // Few rows leave the profile most of the height, many rows need it themselves.
    const double share = std::min(0.3 + 0.04 * picture.rows, 0.54);
    const double room = (size.height() - key - 72) * share / std::max(picture.rows, 1);
    const double most = std::clamp(size.height() / 12.0, 56.0, 96.0);
    plot->setBand(rows, std::round(std::clamp(room, 16.0, most)) * picture.rows,
                  [this](QPainter &painter, const PlotScale &scale, const Theme &medium) {
                      const ColorMap colors = ColorMap::diverging(medium, range);
                      if (painter.device()->devType() == QInternal::Pixmap)
                          cache.paint(painter, scale, picture, colors, medium);
                      else
                          paintCells(painter, scale, picture, colors, medium);
                  });
}

void SensitivityHeatmap::Parts::drawTitle()
{
    const QString sentence = owner->summary();
    title->setText(sentence);
    title->setToolTip(sentence);
    owner->setAccessibleDescription(sentence);
    QAccessibleEvent changed(owner, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&changed);
}

/// One cell that has its losses now.
void SensitivityHeatmap::Parts::take(const Scan &measured, int cell)
{
    const Cell &changed = measured.cells[static_cast<std::size_t>(cell)];
    scan.cells[static_cast<std::size_t>(cell)] = changed;
    const int place = places[cell];
    if (place < 0)
        return;
    picture.cells[place].effect = effectOf(measured, changed);
    if (owner->isVisible() && motionTime(*owner) > 0)
        fading.start(picture, place);
}

/// Cells that appear cost little; axes, lines and words follow at a pace that can be read.
void SensitivityHeatmap::Parts::stepFrame()
{
    fading.step(picture, std::max(motionTime(*owner), 1));
    if (measuresDue && (!sinceMeasures.isValid() || sinceMeasures.elapsed() >= measuresTime))
        remeasure();
    else
        plot->refreshBand();
    if (fading.isEmpty() && !measuresDue)
        frames.stop();
}

void SensitivityHeatmap::Parts::select(int cell)
{
    picture.selected = cell;
    plot->setMarked(cell < 0 ? std::nullopt : std::optional<double>(picture.cells[cell].column));
}

void SensitivityHeatmap::Parts::pick(int cell)
{
    select(cell);
    emit owner->unitPicked(QString::fromStdString(cellOfPicture(cell).unit));
}

void SensitivityHeatmap::Parts::showHover(QPointF position)
{
    const int index = cellAt(position);
    if (index < 0) {
        hideHover();
        if (const int gap = gapUnder(picture, plot->bandScale(), position); gap >= 0)
            explainGap(position, picture.gaps[gap]);
        return;
    }
    if (picture.hovered != index) {
        picture.hovered = index;
        plot->refreshBand();
    }
    const Cell &cell = cellOfPicture(index);
    const Effect &effect = picture.cells[index].effect;
    hover->present(plot->mapTo(owner, position.toPoint()), unitTitle(cell.kind, cell.layer),
                   figuresOf(card, cell, effect), remarkOn(effect, picture.freshness));
}

void SensitivityHeatmap::Parts::explainGap(QPointF position, const HeatGap &gap)
{
    const std::string unit = unitId(kinds[static_cast<std::size_t>(gap.row)], gap.column);
    hover->present(plot->mapTo(owner, position.toPoint()), unitTitle(unit), {}, whyNoCell(card, unit));
}

void SensitivityHeatmap::Parts::hideHover()
{
    hover->hide();
    if (std::exchange(picture.hovered, -1) >= 0)
        plot->refreshBand();
}

SensitivityHeatmap::SensitivityHeatmap(QWidget *parent) : QWidget(parent), m_parts(std::make_unique<Parts>(this))
{
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Sensitivity heatmap"));
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_parts->build();
}

SensitivityHeatmap::~SensitivityHeatmap() = default;

void SensitivityHeatmap::setTheme(const Theme &theme)
{
    m_parts->theme = theme;
    m_parts->plot->setTheme(theme);
}

void SensitivityHeatmap::setScan(const ModelCard &card, const Scan &scan)
{
    const QString selected = selection();
    m_parts->hideHover();
    m_parts->fading.clear();
    m_parts->card = card;
    m_parts->scan = scan;
    m_parts->setCells();
    m_parts->empty->setText(scan.cells.empty()
                                ? tr("Nothing is measured yet.\nPress S or Scan to see how much the loss grows without "
                                     "each part of the model.")
                                : tr("This scan has no whole parts of layers.\nThe table shows what it has."));
    m_parts->pages->setCurrentIndex(m_parts->picture.cells.isEmpty() ? 0 : 1);
    m_parts->remeasure();
    setSelection(selected);
}

void SensitivityHeatmap::updateCell(const Scan &scan, int cell)
{
    if (scan.cells.size() != m_parts->scan.cells.size()) {
        setScan(m_parts->card, scan);
        return;
    }
    Parts &parts = *m_parts;
    if (cell < 0) {
        parts.scan = scan;
        for (HeatCell &shown : parts.picture.cells)
            shown.effect = effectOf(scan, scan.cells[static_cast<std::size_t>(shown.cell)]);
    } else {
        parts.take(scan, cell);
    }
    parts.measuresDue = true;
    if (!parts.frames.isActive())
        parts.frames.start();
}

void SensitivityHeatmap::setFreshness(Freshness freshness)
{
    if (std::exchange(m_parts->picture.freshness, freshness) != freshness)
        m_parts->remeasure();
}

void SensitivityHeatmap::setSelection(const QString &unitId)
{
    const Parts &parts = *m_parts;
    int shown = static_cast<int>(parts.picture.cells.size()) - 1;
    while (shown >= 0 && parts.cellOfPicture(shown).unit != unitId.toStdString())
        --shown;
    m_parts->select(shown);
}

QString SensitivityHeatmap::selection() const
{
    const int selected = m_parts->picture.selected;
    return selected < 0 ? QString() : QString::fromStdString(m_parts->cellOfPicture(selected).unit);
}

QString SensitivityHeatmap::summary() const
{
    return summaryOf(m_parts->scan, m_parts->picture);
}

FigureDrawer SensitivityHeatmap::figure(const FigureStyle &style)
{
    return [this, style](QPaintDevice &device, double scale) {
        m_parts->remeasure();
        const QScopedValueRollback selected(m_parts->picture.selected, -1), hovered(m_parts->picture.hovered, -1);
        m_parts->layPanels(style.drawingSize());
        const bool drawn = m_parts->plot->draw(device, scale, style);
        m_parts->layPanels(m_parts->plot->size());
        return drawn;
    };
}

QImage SensitivityHeatmap::thumbnail(QSize size) const
{
    QImage image(size, QImage::Format_ARGB32_Premultiplied);
    image.fill(m_parts->theme.raised);
    HeatPicture picture = m_parts->picture;
    picture.selected = picture.hovered = -1;
    QPainter painter(&image);
    const PlotScale whole{QRectF(QPointF(), QSizeF(size)), -0.5, std::max(m_parts->card.layers, 1) - 0.5, 0,
                          static_cast<double>(std::max(picture.rows, 1))};
    paintCells(painter, whole, picture, ColorMap::diverging(m_parts->theme, m_parts->range), m_parts->theme);
    return image;
}

QSize SensitivityHeatmap::minimumSizeHint() const
{
    return {360, 260};
}

QSize SensitivityHeatmap::sizeHint() const
{
    return {880, 560};
}

void SensitivityHeatmap::keyPressEvent(QKeyEvent *event)
{
    const QHash<int, QPoint> steps = {
        {Qt::Key_Left, {-1, 0}}, {Qt::Key_Right, {1, 0}}, {Qt::Key_Up, {0, -1}}, {Qt::Key_Down, {0, 1}}};
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (m_parts->picture.cells.isEmpty() || (!enter && !steps.contains(event->key()))) {
        QWidget::keyPressEvent(event);
        return;
    }
    int target = std::max(m_parts->picture.selected, 0);
    if (m_parts->picture.selected >= 0 && !enter)
        target = nextCell(m_parts->picture, m_parts->picture.selected, steps[event->key()]);
    if (target >= 0)
        m_parts->pick(target);
}

void SensitivityHeatmap::focusInEvent(QFocusEvent *event)
{
    QWidget::focusInEvent(event);
    m_parts->plot->refresh();
}

void SensitivityHeatmap::focusOutEvent(QFocusEvent *event)
{
    QWidget::focusOutEvent(event);
    m_parts->plot->refresh();
}

} // namespace ecdysis

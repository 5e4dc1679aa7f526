// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/layer_strip.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <utility>

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include "widgets/color_map.h"
#include "widgets/effect.h"
#include "widgets/heatmap_painting.h"
#include "widgets/numbers.h"
#include "widgets/parts.h"
#include "widgets/unit_text.h"

namespace ecdysis {

namespace {

constexpr int padding = 12;
constexpr int stripHeight = 28;

} // namespace

struct LayerStrip::Parts
{
    Theme theme = lightTheme();
    ModelCard card;
    Scan scan;
    HeatPicture picture; ///< one row: the blocks
    ColorRange range;
    int selectedLayer = -1;
    bool scanned = false;

    void recount();
    PlotScale scale(const QWidget &view) const
    {
        return {QRectF(padding, 4, view.width() - 2 * padding, stripHeight), -0.5, std::max(card.layers, 1) - 0.5, 0,
                1};
    }
    int layerAt(const QWidget &view, double x) const
    {
        const PlotScale strip = scale(view);
        const double layer = strip.xFrom + (x - strip.area.left()) / strip.area.width() * (strip.xTo - strip.xFrom);
        return std::clamp(static_cast<int>(std::lround(layer)), 0, std::max(card.layers - 1, 0));
    }
    QString title(int layer) const;
    QColor groundOf(int layer) const;
    QString describe(int layer) const;
};

void LayerStrip::Parts::recount()
{
    picture = {1, {}, -1, -1, picture.freshness, {}};
    std::vector<double> values;
    for (int layer = 0; layer < card.layers; ++layer) {
        const Cell *cell = cellOf(scan, unitId("block", layer));
        const Effect effect = cell ? effectOf(scan, *cell) : Effect{};
        if (effect.measured())
            values.push_back(effect.delta.value);
        picture.cells.append({0, layer, effect, 1});
    }
    range = percentileRangeAroundZero(values);
    scanned = !values.empty();
    picture.selected = selectedLayer < picture.cells.size() ? selectedLayer : -1;
}

/// "Block 5 · Attention"
QString LayerStrip::Parts::title(int layer) const
{
    const QString block = unitTitle("block", layer);
    const auto index = static_cast<std::size_t>(layer);
    return index < card.layerTypes.size() ? QStringLiteral("%1 · %2").arg(block, layerTypeTitle(card.layerTypes[index]))
                                          : block;
}

/// Layers of the types that are rarer are darker: how the model is mixed is seen before anything is measured.
QColor LayerStrip::Parts::groundOf(int layer) const
{
    const auto index = static_cast<std::size_t>(layer);
    if (index >= card.layerTypes.size())
        return mixed(theme.raised, theme.muted, 0.35);
    const auto share = [this](const std::string &type) {
        return std::count(card.layerTypes.begin(), card.layerTypes.end(), type);
    };
    std::set<std::pair<std::ptrdiff_t, std::string>, std::greater<>> ranks;
    for (const std::string &type : card.layerTypes)
        ranks.insert({share(type), type});
    const std::string &type = card.layerTypes[index];
    const auto rank = std::distance(ranks.begin(), ranks.find({share(type), type}));
    return mixed(theme.raised, theme.muted, std::min(0.35 + 0.25 * static_cast<double>(rank), 1.0));
}

QString LayerStrip::Parts::describe(int layer) const
{
    const Effect &effect = picture.cells[layer].effect;
    const QString name = title(layer);
    return effect.measured() ? LayerStrip::tr("%1: loss increase %2").arg(name, withError(effect.delta)) : name;
}

LayerStrip::LayerStrip(QWidget *parent) : QWidget(parent), m_parts(std::make_unique<Parts>())
{
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Stack of layers"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

LayerStrip::~LayerStrip() = default;

void LayerStrip::setTheme(const Theme &theme)
{
    m_parts->theme = theme;
    update();
}

void LayerStrip::setCard(const ModelCard &card)
{
    m_parts->card = card;
    m_parts->selectedLayer = -1;
    setScan({});
}

void LayerStrip::setScan(const Scan &scan)
{
    const HeatPicture shown = m_parts->picture;
    m_parts->scan = scan;
    m_parts->recount();
    if (m_parts->picture == shown) // most cells of a scan are no blocks
        return;
    setAccessibleDescription(summary());
    update();
}

void LayerStrip::setFreshness(Freshness freshness)
{
    m_parts->picture.freshness = freshness;
    update();
}

void LayerStrip::setSelection(const QString &unitId)
{
    // Entries of a width need not be listed by the card.
    const std::string id = unitId.toStdString();
    const Unit *listed = findUnit(m_parts->card, id);
    const auto parsed = parseUnitId(id);
    m_parts->selectedLayer = listed ? listed->layer : parsed ? parsed->layer : -1;
    m_parts->picture.selected = m_parts->selectedLayer < m_parts->picture.cells.size() ? m_parts->selectedLayer : -1;
    update();
}

QString LayerStrip::summary() const
{
    const int layers = m_parts->card.layers;
    return m_parts->scanned ? tr("Layers: %1, coloured by the loss increase without each block").arg(layers)
                            : tr("Layers: %1").arg(layers);
}

QSize LayerStrip::sizeHint() const
{
    return {260, stripHeight + 24};
}

QSize LayerStrip::minimumSizeHint() const
{
    return {120, stripHeight + 24};
}

void LayerStrip::paintEvent(QPaintEvent *)
{
    if (m_parts->card.layers == 0)
        return;
    QPainter painter(this);
    const PlotScale strip = m_parts->scale(*this);
    if (m_parts->scanned) {
        paintCells(painter, strip, m_parts->picture, ColorMap::diverging(m_parts->theme, m_parts->range),
                   m_parts->theme);
    } else {
        for (const HeatCell &cell : m_parts->picture.cells)
            painter.fillRect(cellRect(strip, 1, 0, cell.column), m_parts->groundOf(cell.column));
        if (m_parts->picture.selected >= 0)
            painter.fillRect(cellRect(strip, 1, 0, m_parts->picture.selected), m_parts->theme.accent);
    }
    painter.setPen(m_parts->theme.muted);
    painter.setFont(sized(font(), TypeSize::Small));
    const QRectF words = QRectF(strip.area.left(), strip.area.bottom() + 3, strip.area.width(), 16);
    painter.drawText(words, Qt::AlignLeft | Qt::AlignTop, QStringLiteral("0"));
    painter.drawText(words, Qt::AlignRight | Qt::AlignTop, QString::number(m_parts->card.layers - 1));
    const int selected = m_parts->picture.selected;
    painter.drawText(words, Qt::AlignHCenter | Qt::AlignTop, selected >= 0 ? m_parts->title(selected) : tr("Layers"));
    if (hasFocus()) {
        painter.setPen(QPen(m_parts->theme.accent, 1));
        painter.drawRect(strip.area.adjusted(-3, -3, 2, 2));
    }
}

void LayerStrip::mousePressEvent(QMouseEvent *event)
{
    if (event->button() == Qt::LeftButton && m_parts->card.layers > 0)
        emit unitPicked(QString::fromStdString(unitId("block", m_parts->layerAt(*this, event->position().x()))));
}

void LayerStrip::keyPressEvent(QKeyEvent *event)
{
    const int step = event->key() == Qt::Key_Left ? -1 : event->key() == Qt::Key_Right ? 1 : 0;
    if (step == 0 || m_parts->card.layers == 0) {
        QWidget::keyPressEvent(event);
        return;
    }
    const int selected = m_parts->picture.selected;
    const int target = selected < 0 ? 0 : std::clamp(selected + step, 0, m_parts->card.layers - 1);
    const QString unit = QString::fromStdString(unitId("block", target));
    setSelection(unit);
    emit unitPicked(unit);
}

bool LayerStrip::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip && m_parts->card.layers > 0) {
        const auto *help = static_cast<QHelpEvent *>(event);
        QToolTip::showText(help->globalPos(), m_parts->describe(m_parts->layerAt(*this, help->pos().x())), this);
        return true;
    }
    return QWidget::event(event);
}

} // namespace ecdysis

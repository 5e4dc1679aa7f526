// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/plot.h"

#include <algorithm>
#include <cmath>

#include <QMouseEvent>
#include <QVBoxLayout>

#include <qcustomplot.h>

#include "widgets/numbers.h"

namespace ecdysis {

namespace {

constexpr int labelSpace = 24; ///< above the chart, for the label of its y axis
constexpr int sideSpace = 12;

/// Ticks at readable steps, all labels with the decimals that the step needs.
class ReadableTicker : public QCPAxisTicker
{
protected:
    double getTickStep(const QCPRange &range) override { return m_step = QCPAxisTicker::getTickStep(range); }
    QString getTickLabel(double tick, const QLocale &locale, QChar, int) override
    {
        int decimals = 0;
        for (double step = m_step; decimals < 9 && std::abs(step - std::round(step)) > 1e-6 * step; step *= 10)
            ++decimals;
        return signedNumber(std::abs(tick) < m_step / 1e6 ? 0 : tick, decimals, locale).remove(QLatin1Char('+'));
    }

private:
    double m_step = 1;
};

/// Ticks on whole numbers, every 1st, 2nd, 4th, 8th …, as many as their labels leave room for.
class WholeTicker : public QCPAxisTicker
{
public:
    std::function<double()> pixels; ///< length of the axis as it is going to be
    double labelWidth = 20;

protected:
    double getTickStep(const QCPRange &range) override
    {
        double step = 1;
        while (range.size() > 0 && pixels() / range.size() * step < labelWidth + 10)
            step *= 2;
        return step;
    }
    int getSubTickCount(double) override { return 0; }
    QString getTickLabel(double tick, const QLocale &locale, QChar, int) override
    {
        return locale.toString(std::llround(tick));
    }
};

/// Calls back to paint, inside a place that clips.
class Painted : public QCPLayerable
{
public:
    Painted(QCustomPlot *plot, const QString &layer, std::function<QRect()> clip,
            std::function<void(QCPPainter &)> paint)
        : QCPLayerable(plot, layer), m_clip(std::move(clip)), m_paint(std::move(paint))
    {
    }

    /// Below everything else of a layer that is drawn apart from the others.
    void moveBelow(QCPLayer *layer) { moveToLayer(layer, true); }

protected:
    QRect clipRect() const override { return m_clip(); }
    void applyDefaultAntialiasingHint(QCPPainter *) const override {}
    void draw(QCPPainter *painter) override { m_paint(*painter); }

private:
    std::function<QRect()> m_clip;
    std::function<void(QCPPainter &)> m_paint;
};

/// The ranges of a chart's axes.
struct Ranges
{
    QCPRange x, y;
};

Ranges rangesOf(const QCPAxisRect &rect)
{
    return {rect.axis(QCPAxis::atBottom)->range(), rect.axis(QCPAxis::atLeft)->range()};
}

PlotScale scaleOf(const QCPAxisRect &rect)
{
    const auto [x, y] = rangesOf(rect);
    return {QRectF(rect.rect()), x.lower, x.upper, y.lower, y.upper};
}

} // namespace

struct Plot::Parts
{
    QCustomPlot *plot = nullptr;
    QCPAxisRect *chart = nullptr;
    QCPAxisRect *band = nullptr;
    QCPLayoutElement *foot = nullptr;
    QSharedPointer<WholeTicker> xTicker{new WholeTicker};
    Theme theme = lightTheme();
    PlotAxis x, y;
    Ranges all; ///< as showAll() left them
    QList<PlotSeries> series;
    PanelPainter paintBand, paintFoot;
    std::optional<double> marked;
    QPoint pressed;

    QColor veil() const { return QColor(theme.accent.red(), theme.accent.green(), theme.accent.blue(), 31); }
    QFont smallFont() const { return sized(plot->font(), TypeSize::Small); }
    QCPLayer *bandLayer() const { return plot->layer(QStringLiteral("overlay")); } ///< has a buffer of its own

    QCPAxisRect *addRect(int row);
    void build(QCustomPlot *target);
    void style(const Theme &with);
    void showAll();
    void follow(bool otherColumns);
    void layout();
    void paintChart(QCPPainter &painter);
    void paintLabels(QCPPainter &painter);
};

QCPAxisRect *Plot::Parts::addRect(int row)
{
    auto *rect = new QCPAxisRect(plot, false);
    rect->addAxes(QCPAxis::atLeft | QCPAxis::atBottom);
    for (QCPAxis *one : rect->axes()) {
        one->setLayer(QStringLiteral("axes"));
        one->grid()->setLayer(QStringLiteral("grid"));
        one->grid()->setVisible(false);
        one->setSubTicks(false);
        one->setBasePen(Qt::NoPen);
        one->setTickLengthIn(0);
        one->setTickLengthOut(4);
    }
    rect->setAutoMargins(QCP::msLeft);
    plot->plotLayout()->addElement(row, 0, rect);
    return rect;
}

void Plot::Parts::build(QCustomPlot *target)
{
    plot = target;
    plot->setNoAntialiasingOnDrag(false);
    plot->setPlottingHint(QCP::phCacheLabels, false);
    plot->setPlottingHint(QCP::phImmediateRefresh, false); // painted with the rest of the window
    plot->setInteractions(QCP::iRangeDrag);
    plot->setSelectionRectMode(QCP::srmZoom);
    plot->plotLayout()->clear();
    plot->plotLayout()->setRowSpacing(0);
    chart = addRect(0);
    band = addRect(1);
    foot = new QCPLayoutElement(plot);
    plot->plotLayout()->addElement(2, 0, foot);
    for (QCPAxisRect *rect : {chart, band}) {
        rect->setMinimumMargins(QMargins(48, 0, 0, 0));
        rect->axis(QCPAxis::atLeft)->setPadding(sideSpace);
    }
    foot->setAutoMargins(QCP::msLeft);
    auto *group = new QCPMarginGroup(plot);
    for (QCPLayoutElement *element : std::initializer_list<QCPLayoutElement *>{chart, band, foot})
        element->setMarginGroup(QCP::msLeft, group);
    QCPAxis *layers = band->axis(QCPAxis::atBottom);
    band->setRangeZoomAxes({layers});
    band->setRangeDragAxes({layers});
    chart->setRangeZoomAxes(chart->axes());
    chart->setRangeDragAxes(chart->axes());
    xTicker->pixels = [this] { return std::max(plot->viewport().width() - chart->margins().right() - 56, 1); };
    band->axis(QCPAxis::atLeft)->setTickLengthOut(0);
    chart->axis(QCPAxis::atBottom)->setTickLabels(false);
    chart->axis(QCPAxis::atBottom)->setTicks(false);
    chart->axis(QCPAxis::atLeft)->setTicker(QSharedPointer<ReadableTicker>::create());
    chart->axis(QCPAxis::atLeft)->grid()->setVisible(true);
    for (QCPAxisRect *rect : {chart, band})
        rect->axis(QCPAxis::atBottom)->setTicker(xTicker);
    const auto everywhere = [this] { return plot->viewport(); };
    new Painted(
        plot, QStringLiteral("main"), [this] { return chart->rect().adjusted(-6, -6, 6, 6); },
        [this](QCPPainter &painter) { paintChart(painter); });
    auto *cells = new Painted(
        plot, QStringLiteral("main"), [this] { return band->rect().adjusted(-2, -2, 2, 2); },
        [this](QCPPainter &painter) {
            if (paintBand)
                paintBand(painter, scaleOf(*band), theme);
        });
    cells->moveBelow(bandLayer());
    new Painted(plot, QStringLiteral("main"), everywhere, [this](QCPPainter &painter) {
        if (paintFoot)
            paintFoot(painter, {QRectF(foot->rect())}, theme);
    });
    new Painted(plot, QStringLiteral("main"), everywhere, [this](QCPPainter &painter) { paintLabels(painter); });
}

void Plot::Parts::style(const Theme &with)
{
    theme = with;
    plot->setBackground(QBrush(theme.raised));
    for (QCPAxisRect *rect : {chart, band})
        for (QCPAxis *one : rect->axes()) {
            one->setTickPen(QPen(theme.line, 1));
            one->setTickLabelColor(theme.muted);
            one->setTickLabelFont(smallFont());
            one->setLabelColor(theme.muted);
            one->setLabelFont(smallFont());
            one->setTickLabelPadding(4);
        }
    band->axis(QCPAxis::atLeft)->setTickLabelColor(theme.text);
    band->axis(QCPAxis::atLeft)->setTickPen(Qt::NoPen);
    QCPGrid *grid = chart->axis(QCPAxis::atLeft)->grid();
    grid->setPen(QPen(mixed(theme.raised, theme.muted, 0.16), 1));
    grid->setZeroLinePen(QPen(mixed(theme.line, theme.muted, 0.6), 1));
    plot->selectionRect()->setPen(QPen(theme.accent, 1));
    plot->selectionRect()->setBrush(veil());
}

void Plot::Parts::showAll()
{
    for (QCPAxisRect *rect : {chart, band})
        rect->axis(QCPAxis::atBottom)->setRange(x.from, x.to);
    chart->axis(QCPAxis::atLeft)->setRange(y.from, y.to);
    all = rangesOf(*chart);
}

/// Shows all of the new axes, but leaves an axis into which the user has zoomed as it is: cells that arrive move the
/// ends of the loss all the time. Other columns are another model, of which nothing has been looked at yet.
void Plot::Parts::follow(bool otherColumns)
{
    const Ranges seen = rangesOf(*chart), before = all;
    showAll();
    if (!otherColumns && seen.x != before.x)
        chart->axis(QCPAxis::atBottom)->setRange(seen.x);
    if (!otherColumns && seen.y != before.y)
        chart->axis(QCPAxis::atLeft)->setRange(seen.y);
}

/// What depends on the width of texts and of the medium.
void Plot::Parts::layout()
{
    const double names = seriesNamesWidth(series, smallFont());
    chart->setMargins(QMargins(0, labelSpace, static_cast<int>(std::ceil(names)) + sideSpace, 8));
    const int below = paintBand ? 40 : 0;
    band->setMargins(QMargins(0, 0, chart->margins().right(), below));
    foot->setMargins(QMargins(0, 0, sideSpace, 0));
    xTicker->labelWidth = QFontMetricsF(smallFont()).horizontalAdvance(QString::number(std::llround(x.to)));
}

void Plot::Parts::paintChart(QCPPainter &painter)
{
    const PlotScale scale = scaleOf(*chart);
    if (marked) {
        painter.fillRect(QRectF(QPointF(scale.px(*marked - 0.5), scale.area.top()),
                                QPointF(scale.px(*marked + 0.5), scale.area.bottom())),
                         veil());
    }
    painter.setFont(smallFont());
    for (const PlotSeries &one : series)
        paintSeries(painter, one, scale, theme);
}

void Plot::Parts::paintLabels(QCPPainter &painter)
{
    painter.setFont(smallFont());
    painter.setPen(theme.muted);
    painter.drawText(QPointF(sideSpace, chart->rect().top() - 10), y.label);
    paintSeriesNames(painter, series, scaleOf(*chart), smallFont(), theme);
}

Plot::Plot(QWidget *parent) : QWidget(parent), m_parts(std::make_unique<Parts>())
{
    auto *plot = new QCustomPlot(this);
    plot->installEventFilter(this);
    plot->setFocusPolicy(Qt::NoFocus);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(plot);
    m_parts->build(plot);
    m_parts->style(m_parts->theme);
    m_parts->showAll();

    const auto join = [this](QCPAxisRect *from, QCPAxisRect *to) {
        connect(from->axis(QCPAxis::atBottom), qOverload<const QCPRange &>(&QCPAxis::rangeChanged), this,
                [this, from, to](const QCPRange &range) {
                    const QCPRange within = range.bounded(m_parts->x.from, m_parts->x.to);
                    for (QCPAxisRect *rect : {from, to})
                        rect->axis(QCPAxis::atBottom)->setRange(within);
                });
    };
    join(m_parts->chart, m_parts->band);
    join(m_parts->band, m_parts->chart);
    connect(plot, &QCustomPlot::mousePress, this, [this, plot](QMouseEvent *event) {
        m_parts->pressed = event->pos();
        plot->setSelectionRectMode(event->modifiers() & Qt::ShiftModifier ? QCP::srmNone : QCP::srmZoom);
    });
    connect(plot, &QCustomPlot::mouseRelease, this, [this](QMouseEvent *event) {
        if (event->button() == Qt::LeftButton && (event->pos() - m_parts->pressed).manhattanLength() <= 3)
            emit clicked(event->position());
    });
    connect(plot, &QCustomPlot::mouseMove, this, [this](QMouseEvent *event) {
        if (event->buttons() == Qt::NoButton)
            emit hovered(event->position());
    });
    connect(plot, &QCustomPlot::mouseDoubleClick, this, [this] {
        m_parts->showAll();
        refresh();
    });
}

Plot::~Plot() = default;

void Plot::setTheme(const Theme &theme)
{
    m_parts->style(theme);
    refresh();
}

void Plot::setAxes(const PlotAxis &x, const PlotAxis &y)
{
    if (x == m_parts->x && y == m_parts->y)
        return;
    const bool otherColumns = x != m_parts->x;
    m_parts->x = x;
    m_parts->y = y;
    m_parts->band->axis(QCPAxis::atBottom)->setLabel(x.label);
    m_parts->follow(otherColumns);
    refresh();
}

void Plot::setSeries(const QList<PlotSeries> &series)
{
    m_parts->series = series;
    refresh();
}

void Plot::setBand(const QStringList &rows, double height, PanelPainter paint)
{
    m_parts->paintBand = std::move(paint);
    QSharedPointer<QCPAxisTickerText> ticker(new QCPAxisTickerText);
    for (qsizetype i = 0; i < rows.size(); ++i)
        ticker->addTick(static_cast<double>(rows.size() - i) - 0.5, rows[i]);
    QCPAxis *axis = m_parts->band->axis(QCPAxis::atLeft);
    axis->setTicker(ticker);
    axis->setRange(0, static_cast<double>(std::max<qsizetype>(rows.size(), 1)));
    const int inner = static_cast<int>(height);
    m_parts->band->setSizeConstraintRect(QCPLayoutElement::scrInnerRect);
    m_parts->band->setMinimumSize(0, inner);
    m_parts->band->setMaximumSize(QWIDGETSIZE_MAX, inner);
    refresh();
}

void Plot::setFoot(double height, PanelPainter paint)
{
    m_parts->paintFoot = std::move(paint);
    m_parts->foot->setMinimumSize(0, static_cast<int>(height));
    m_parts->foot->setMaximumSize(QWIDGETSIZE_MAX, static_cast<int>(height));
    refresh();
}

void Plot::setMarked(std::optional<double> x)
{
    m_parts->marked = x;
    refresh();
}

void Plot::refresh()
{
    m_parts->layout();
    m_parts->plot->replot(QCustomPlot::rpQueuedReplot);
}

void Plot::refreshBand()
{
    m_parts->bandLayer()->replot();
}

PlotScale Plot::chartScale() const
{
    return scaleOf(*m_parts->chart);
}

PlotScale Plot::bandScale() const
{
    return scaleOf(*m_parts->band);
}

bool Plot::draw(QPaintDevice &device, double scale, const FigureStyle &style)
{
    const Theme screen = m_parts->theme;
    const auto marked = std::exchange(m_parts->marked, std::nullopt);
    const PlotScale shown = chartScale();
    m_parts->style(printTheme());
    m_parts->showAll();
    QCPPainter painter(&device);
    painter.setMode(QCPPainter::pmNoCaching);
    painter.scale(scale, scale);
    const QSize size = style.drawingSize().toSize();
    m_parts->plot->toPainter(&painter, size.width(), size.height());
    const bool drawn = painter.end();
    m_parts->style(screen);
    m_parts->marked = marked;
    m_parts->chart->axis(QCPAxis::atBottom)->setRange(shown.xFrom, shown.xTo);
    m_parts->chart->axis(QCPAxis::atLeft)->setRange(shown.yFrom, shown.yTo);
    refresh();
    return drawn;
}

bool Plot::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::Leave)
        emit left();
    if (event->type() == QEvent::Resize)
        emit resized();
    return QWidget::eventFilter(watched, event);
}

} // namespace ecdysis

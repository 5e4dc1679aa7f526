// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/theme.h"

#include <QApplication>
#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QPalette>
#include <QStyle>
#include <QStyleFactory>
#include <QSvgRenderer>
#include <QWidget>

#include "widgets/oklab.h"

// Resources of a static library stay out of a program that does not ask for them; the macro wants no namespace.
static void loadResources()
{
    Q_INIT_RESOURCE(resources);
}

namespace ecdysis {

namespace {

/// Draws an SVG at the size that is asked for, in a colour that follows the state.
class LineIconEngine : public QIconEngine
{
public:
    LineIconEngine(QByteArray svg, const Theme &theme) : m_svg(std::move(svg)), m_theme(theme) {}

    void paint(QPainter *painter, const QRect &rect, QIcon::Mode mode, QIcon::State state) override
    {
        QByteArray svg = m_svg;
        QSvgRenderer renderer(svg.replace("currentColor", color(mode, state).name().toLatin1()));
        renderer.render(painter, QRectF(rect));
    }

    QPixmap pixmap(const QSize &size, QIcon::Mode mode, QIcon::State state) override
    {
        QPixmap pixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        paint(&painter, QRect(QPoint(), size), mode, state);
        return pixmap;
    }

    QIconEngine *clone() const override { return new LineIconEngine(*this); }

private:
    QColor color(QIcon::Mode mode, QIcon::State state) const
    {
        if (mode == QIcon::Disabled)
            return m_theme.muted;
        return state == QIcon::On ? m_theme.accent : m_theme.text;
    }

    QByteArray m_svg;
    Theme m_theme;
};

QPalette paletteOf(const Theme &theme)
{
    QPalette palette(theme.raised, theme.surface);
    palette.setColor(QPalette::WindowText, theme.text);
    palette.setColor(QPalette::Text, theme.text);
    palette.setColor(QPalette::ButtonText, theme.text);
    palette.setColor(QPalette::BrightText, theme.error);
    palette.setColor(QPalette::Base, theme.raised);
    palette.setColor(QPalette::AlternateBase, mixed(theme.raised, theme.surface, 0.6));
    palette.setColor(QPalette::Button, theme.raised);
    palette.setColor(QPalette::ToolTipBase, theme.raised);
    palette.setColor(QPalette::ToolTipText, theme.text);
    palette.setColor(QPalette::PlaceholderText, theme.muted);
    palette.setColor(QPalette::Highlight, theme.accent);
    palette.setColor(QPalette::HighlightedText, theme.dark ? theme.surface : QColor(Qt::white));
    palette.setColor(QPalette::Link, theme.accent);
    palette.setColor(QPalette::LinkVisited, theme.accent);
    palette.setColor(QPalette::Light, mixed(theme.raised, theme.line, 0.3));
    palette.setColor(QPalette::Midlight, mixed(theme.raised, theme.line, 0.6));
    palette.setColor(QPalette::Mid, theme.line);
    palette.setColor(QPalette::Dark, mixed(theme.line, theme.muted, 0.4));
    palette.setColor(QPalette::Shadow, mixed(theme.surface, QColor(Qt::black), 0.5));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, theme.muted);
    return palette;
}

/// The style sheet with every ${token} replaced by its colour.
QString styleSheetOf(const Theme &theme)
{
    QFile file(QStringLiteral(":/style.qss"));
    if (!file.open(QIODevice::ReadOnly))
        qFatal("the style sheet is missing from the resources");
    QString sheet = QString::fromUtf8(file.readAll());
    // On black a trace of colour is not seen.
    const double chosenShare = theme.raised.lightness() == 0 ? 0.36 : 0.16;
    const std::pair<const char *, QColor> tokens[] = {
        {"surface", theme.surface},
        {"raised", theme.raised},
        {"line", theme.line},
        {"text", theme.text},
        {"muted", theme.muted},
        {"accent", theme.accent},
        {"onAccent", theme.dark ? theme.surface : QColor(Qt::white)},
        {"warning", theme.warning},
        {"error", theme.error},
        {"hover", mixed(theme.raised, theme.text, 0.06)},
        {"pressed", mixed(theme.raised, theme.text, 0.12)},
        {"chosen", mixed(theme.raised, theme.accent, chosenShare)},
        {"disabled", mixed(theme.raised, theme.muted, theme.dark ? 0.3 : 0.2)},
        {"grip", mixed(theme.raised, theme.muted, 0.45)},
    };
    for (const auto &[token, color] : tokens)
        sheet.replace(QStringLiteral("${%1}").arg(QLatin1String(token)), color.name());
    sheet.replace(QStringLiteral("${tone}"), theme.dark ? QStringLiteral("dark") : QStringLiteral("light"));
    return sheet;
}

} // namespace

Theme lightTheme()
{
    return {.surface = 0xf4f5f7U,
            .raised = 0xffffffU,
            .line = 0xdde1e6U,
            .text = 0x1a1e24U,
            .muted = 0x626c78U,
            .accent = 0x2f6fdeU,
            .measured = 0x1f5fbfU,
            .predicted = 0x8a5cc2U,
            .removed = 0x8d96a1U,
            .warning = 0x9a6200U,
            .error = 0xc0312bU,
            .notANumber = 0xd000d0U};
}

Theme darkTheme()
{
    return {.surface = 0x17191dU,
            .raised = 0x1f2227U,
            .line = 0x363b43U,
            .text = 0xe6e8ecU,
            .muted = 0x9aa3afU,
            .accent = 0x7aa7ffU,
            .measured = 0x7ab6ffU,
            .predicted = 0xc4a1f2U,
            .removed = 0x6b7480U,
            .warning = 0xe5b04cU,
            .error = 0xff8178U,
            .notANumber = 0xff66ffU,
            .dark = true};
}

Theme highContrastTheme()
{
    return {.surface = 0x000000U,
            .raised = 0x000000U,
            .line = 0xffffffU,
            .text = 0xffffffU,
            .muted = 0xd8d8d8U,
            .accent = 0xffe14dU,
            .measured = 0x6fc3ffU,
            .predicted = 0xe7b8ffU,
            .removed = 0xd8d8d8U,
            .warning = 0xffc107U,
            .error = 0xff8a80U,
            .notANumber = 0xff66ffU,
            .dark = true};
}

Theme printTheme()
{
    Theme theme = lightTheme();
    theme.surface = theme.raised = Qt::white;
    theme.text = Qt::black;
    theme.muted = QColor(0x404040);
    return theme;
}

void applyTheme(QApplication &application, const Theme &theme)
{
    loadResources();
    if (application.style()->name() != QLatin1String("fusion"))
        application.setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    application.setPalette(paletteOf(theme));
    application.setFont(sized(application.font(), TypeSize::Body));
    application.setStyleSheet(styleSheetOf(theme));
}

QIcon themedIcon(const QString &name, const Theme &theme)
{
    loadResources();
    QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
    if (!file.open(QIODevice::ReadOnly)) {
        qWarning("there is no icon \"%s\"", qPrintable(name));
        return {};
    }
    return QIcon(new LineIconEngine(file.readAll(), theme));
}

QFont sized(const QFont &font, TypeSize size)
{
    QFont result = font;
    result.setPixelSize(static_cast<int>(size));
    if (size == TypeSize::Title || size == TypeSize::Display)
        result.setWeight(QFont::DemiBold);
    return result;
}

QColor mixed(const QColor &a, const QColor &b, double share)
{
    return toColor(between(toOkLab(a), toOkLab(b), share));
}

QColor seriesColor(const Theme &theme, int index)
{
    // Orange comes last: in the heatmap beside the lines it means loss.
    constexpr int count = 8;
    const QRgb light[count] = {0x1f5fbf, 0x00805d, 0xa8447f, 0x4a5562, 0x8f7200, 0x00788f, 0x8a2b2b, 0xc4540a};
    const QRgb dark[count] = {0x7ab6ff, 0x3fcf9f, 0xec9bc6, 0xb8c1cc, 0xe8d057, 0x4fd8ee, 0xef8078, 0xff9c57};
    return theme.dark ? dark[index % count] : light[index % count];
}

int motionTime(const QWidget &widget)
{
    return widget.style()->styleHint(QStyle::SH_Widget_Animation_Duration, nullptr, &widget) > 0 ? 120 : 0;
}

} // namespace ecdysis

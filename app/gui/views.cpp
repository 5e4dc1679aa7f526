// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/views.h"

#include <QCoreApplication>
#include <QLabel>
#include <QVBoxLayout>
#include <QWidget>

#include "app/gui/appearance.h"
#include "app/gui/document.h"
#include "app/gui/scan_bar.h"
#include "app/gui/selection.h"
#include "widgets/inspector.h"
#include "widgets/layer_strip.h"
#include "widgets/message_list.h"
#include "widgets/model_facts.h"
#include "widgets/model_tree.h"
#include "widgets/sensitivity_heatmap.h"
#include "widgets/sensitivity_table.h"

namespace ecdysis {

namespace {

template <typename Widget> void followTheme(const Context &context, Widget *widget)
{
    widget->setTheme(context.appearance.theme());
    QObject::connect(&context.appearance, &Appearance::themeChanged, widget, &Widget::setTheme);
}

template <typename Widget> void shareSelection(const Context &context, Widget *widget)
{
    QObject::connect(widget, &Widget::unitPicked, &context.selection, &Selection::setUnit);
    QObject::connect(&context.selection, &Selection::unitChanged, widget, &Widget::setSelection);
}

/// Calls `show` now and whenever another model or scan is there.
template <typename Show> void onDocument(const Context &context, QObject *receiver, Show show)
{
    QObject::connect(&context.document, &Document::opened, receiver, show);
    QObject::connect(&context.document, &Document::scanChanged, receiver, show);
    show();
}

template <typename Widget> void followFreshness(const Context &context, Widget *widget)
{
    const Document &document = context.document;
    const auto show = [widget, &document] { widget->setFreshness(document.freshness()); };
    QObject::connect(&document, &Document::freshnessChanged, widget, show);
    show();
}

/// Heatmap and table: the whole scan, then cell by cell.
template <typename Widget> void followScan(const Context &context, Widget *widget)
{
    const Document &document = context.document;
    const Selection &selection = context.selection;
    const auto describe = [widget] {
        if constexpr (requires { widget->summary(); })
            widget->setAccessibleDescription(widget->summary());
    };
    onDocument(context, widget, [widget, &document, &selection, describe] {
        if (!document.isOpen())
            return;
        widget->setScan(document.card(), document.scan());
        widget->setSelection(selection.unit());
        describe();
    });
    QObject::connect(&document, &Document::cellMeasured, widget, [widget, &document, describe](int cell) {
        widget->updateCell(document.scan(), cell);
        describe();
    });
}

QWidget *makeSensitivity(const Context &context, QWidget *parent)
{
    auto *page = new QWidget(parent);
    auto *rows = new QVBoxLayout(page);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(0);
    auto *heatmap = new SensitivityHeatmap(page);
    rows->addWidget(new ScanBar(context, page));
    rows->addWidget(heatmap, 1);
    followTheme(context, heatmap);
    shareSelection(context, heatmap);
    followScan(context, heatmap);
    followFreshness(context, heatmap);
    page->setFocusProxy(heatmap);
    return page;
}

QWidget *makeTable(const Context &context, QWidget *parent)
{
    auto *table = new SensitivityTable(parent);
    followTheme(context, table);
    shareSelection(context, table);
    followScan(context, table);
    followFreshness(context, table);
    return table;
}

void connectStrip(const Context &context, LayerStrip *strip)
{
    const Document &document = context.document;
    const Selection &selection = context.selection;
    followTheme(context, strip);
    shareSelection(context, strip);
    followFreshness(context, strip);
    onDocument(context, strip, [strip, &document, &selection] {
        strip->setVisible(document.isOpen());
        if (!document.isOpen())
            return;
        strip->setCard(document.card());
        strip->setScan(document.scan());
        strip->setSelection(selection.unit());
    });
    QObject::connect(&document, &Document::cellMeasured, strip,
                     [strip, &document](int) { strip->setScan(document.scan()); });
}

void connectTree(const Context &context, ModelTree *tree)
{
    const Document &document = context.document;
    const auto show = [tree, &document] {
        if (document.isOpen())
            tree->setCard(document.card());
    };
    followTheme(context, tree);
    shareSelection(context, tree);
    QObject::connect(&document, &Document::opened, tree, show);
    show();
    tree->setSelection(context.selection.unit());
}

/// The card of the model in one line, which stays when the notice of its opening is gone.
QLabel *makeCard(const Context &context, QWidget *parent)
{
    auto *card = new QLabel(parent);
    card->setObjectName(QStringLiteral("modelCard"));
    card->setProperty("role", QStringLiteral("small"));
    card->setTextFormat(Qt::PlainText);
    card->setTextInteractionFlags(Qt::TextSelectableByMouse);
    card->setWordWrap(true);
    card->setContentsMargins(12, 8, 12, 0);
    const Document &document = context.document;
    const auto show = [card, &document] {
        card->setText(document.isOpen() ? document.summary() : QString());
        card->setVisible(document.isOpen());
    };
    QObject::connect(&document, &Document::opened, card, show);
    show();
    return card;
}

QWidget *makeFacts(const Context &context, QWidget *parent)
{
    auto *facts = new ModelFacts(parent);
    const Document &document = context.document;
    const auto show = [facts, &document] { facts->setCard(document.isOpen() ? document.card() : ModelCard()); };
    followTheme(context, facts);
    QObject::connect(&document, &Document::opened, facts, show);
    show();
    return facts;
}

QWidget *makeModel(const Context &context, QWidget *parent)
{
    auto *page = new QWidget(parent);
    auto *rows = new QVBoxLayout(page);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(4);
    auto *strip = new LayerStrip(page);
    auto *tree = new ModelTree(page);
    rows->addWidget(makeCard(context, page));
    rows->addWidget(makeFacts(context, page));
    rows->addWidget(strip);
    rows->addWidget(tree, 1);
    connectStrip(context, strip);
    connectTree(context, tree);
    return page;
}

QWidget *makeInspector(const Context &context, QWidget *parent)
{
    auto *inspector = new Inspector(parent);
    const Document &document = context.document;
    const Selection &selection = context.selection;
    const auto show = [inspector, &document, &selection] {
        if (document.isOpen())
            inspector->setUnit(document.card(), document.scan(), selection.unit());
        else
            inspector->clear();
        inspector->setAccessibleDescription(inspector->summary());
    };
    followTheme(context, inspector);
    followFreshness(context, inspector);
    onDocument(context, inspector, show);
    QObject::connect(&selection, &Selection::unitChanged, inspector, show);
    QObject::connect(&document, &Document::cellMeasured, inspector, [show, &document, &selection](int cell) {
        if (document.scan().cells[static_cast<std::size_t>(cell)].unit == selection.unit().toStdString())
            show();
    });
    return inspector;
}

QWidget *makeProblems(const Context &context, QWidget *parent)
{
    auto *list = new MessageList(parent);
    const Document &document = context.document;
    const auto show = [list, &document] {
        QList<Message> messages;
        if (document.isOpen())
            for (const std::string &warning : document.card().warnings)
                messages.append({.severity = Severity::Warning, .text = QString::fromStdString(warning)});
        list->setMessages(messages);
    };
    followTheme(context, list);
    QObject::connect(&document, &Document::opened, list, show);
    show();
    return list;
}

const View table[] = {
    {"sensitivity",
     QT_TRANSLATE_NOOP("Views", "Sensitivity"),
     "heatmap",
     Qt::NoDockWidgetArea,
     makeSensitivity,
     {"copyFigure", "exportFigure"}},
    {"table",
     QT_TRANSLATE_NOOP("Views", "Table"),
     "table",
     Qt::NoDockWidgetArea,
     makeTable,
     {"copyTable", "exportTable"}},
    {"model", QT_TRANSLATE_NOOP("Views", "Model"), "tree", Qt::LeftDockWidgetArea, makeModel},
    {"inspector", QT_TRANSLATE_NOOP("Views", "Inspector"), "inspector", Qt::RightDockWidgetArea, makeInspector},
    {"problems", QT_TRANSLATE_NOOP("Views", "Problems of the files"), "warning", Qt::BottomDockWidgetArea,
     makeProblems},
};

} // namespace

QString View::translatedTitle() const
{
    return QCoreApplication::translate("Views", title);
}

std::span<const View> views()
{
    return table;
}

} // namespace ecdysis

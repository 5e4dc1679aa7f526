// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/model_tree.h"

#include <algorithm>
#include <functional>
#include <map>

#include <QHeaderView>
#include <QLineEdit>
#include <QSortFilterProxyModel>
#include <QStandardItemModel>
#include <QStyledItemDelegate>
#include <QTreeView>
#include <QVBoxLayout>

#include "widgets/numbers.h"
#include "widgets/unit_text.h"

namespace ecdysis {

namespace {

enum Column { NameColumn, ParametersColumn, SizeColumn, TypeColumn, ColumnCount };

constexpr int narrowest = 208;             ///< names of components still fit
constexpr int layerRole = Qt::UserRole;    ///< -1: outside of the layers
constexpr int unitRole = Qt::UserRole + 1; ///< id of the unit that a line stands for; empty: none

/// Lines of one height, whatever the style makes of them.
class LineDelegate : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        return {QStyledItemDelegate::sizeHint(option, index).width(), 26};
    }
};

using Line = QList<QStandardItem *>;

Line line(const QString &name, int layer, std::int64_t parameters, std::int64_t bytes, const QString &type)
{
    Line items = {new QStandardItem(name), new QStandardItem(parameterCount(parameters)),
                  new QStandardItem(byteCount(bytes)), new QStandardItem(type)};
    for (QStandardItem *item : items) {
        item->setEditable(false);
        item->setData(layer, layerRole);
    }
    items[ParametersColumn]->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    items[SizeColumn]->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    return items;
}

QString shapeAndType(const TensorInfo &tensor)
{
    const std::string_view type = name(tensor.dtype);
    return shapeText(tensor) + QStringLiteral("  ") +
           QString::fromLatin1(type.data(), static_cast<qsizetype>(type.size())).toLower();
}

Line tensorLine(const TensorInfo &tensor, int layer)
{
    Line items =
        line(QString::fromStdString(tensor.name), layer, tensor.elements(), tensor.bytes(), shapeAndType(tensor));
    items[NameColumn]->setToolTip(QString::fromStdString(tensor.name + "\n" + tensor.file));
    return items;
}

/// "layers.5.mixer.in_proj" below layer 5: "mixer.in_proj".
QString nameInLayer(const Component &component)
{
    const QString name = QString::fromStdString(component.name);
    const QString prefix = QStringLiteral("layers.%1.").arg(component.layer);
    return name.startsWith(prefix) ? name.mid(prefix.size()) : name;
}

QString typeOfLayer(const ModelCard &card, int layer)
{
    const auto index = static_cast<std::size_t>(layer);
    return index < card.layerTypes.size() ? layerTypeTitle(card.layerTypes[index]) : QString();
}

/// "Layer 5 · Attention"; where all layers are of one type, that is said once for all by the model's title.
QString layerTitle(const ModelCard &card, int layer)
{
    const QString title = ModelTree::tr("Layer %1").arg(layer);
    const QString type = typeOfLayer(card, layer);
    const auto &types = card.layerTypes;
    const bool mixed = std::adjacent_find(types.begin(), types.end(), std::not_equal_to<>()) != types.end();
    return mixed && !type.isEmpty() ? QStringLiteral("%1 · %2").arg(title, type) : title;
}

/// The layer of a unit by its id, -1 for a weight's.
int layerOf(const QString &unit)
{
    const auto parsed = parseUnitId(unit.toStdString());
    return parsed ? parsed->layer : -1;
}

/// The unit that a line stands for, by itself or as a part of the lines above it; empty: none.
QString standsFor(QModelIndex line)
{
    while (line.isValid() && line.data(unitRole).toString().isEmpty())
        line = line.parent();
    return line.data(unitRole).toString();
}

} // namespace

struct ModelTree::Parts
{
    QStandardItemModel model;
    QSortFilterProxyModel found;
    QLineEdit *search = nullptr;
    QTreeView *view = nullptr;
    QAction *searchIcon = nullptr;
    bool quiet = false;

    void fill(const ModelCard &card);
    void addComponent(QStandardItem *parent, const Component &component, const QString &name);
    QString unitOf(const ModelCard &card, const Component &component) const;
    QModelIndex lineOf(const QString &unit, const QModelIndex &parent = {}) const;
};

void ModelTree::Parts::addComponent(QStandardItem *parent, const Component &component, const QString &name)
{
    const bool single = component.tensors.size() == 1;
    Line items = line(name, component.layer, component.parameters, component.bytes,
                      single ? shapeAndType(component.tensors.front()) : QString());
    if (component.tensors.size() > 1)
        for (const TensorInfo &tensor : component.tensors)
            items[NameColumn]->appendRow(tensorLine(tensor, component.layer));
    else if (single)
        items[NameColumn]->setToolTip(QString::fromStdString(component.tensors.front().name));
    parent->appendRow(items);
}

/// The smallest unit of the layer that is not the whole block and takes all tensors of the component with it.
QString ModelTree::Parts::unitOf(const ModelCard &card, const Component &component) const
{
    const Unit *smallest = nullptr;
    for (const Unit &unit : card.units) {
        if (unit.layer != component.layer || !unit.isPart() || unit.kind == "block" || component.tensors.empty())
            continue;
        const bool all = std::all_of(component.tensors.begin(), component.tensors.end(), [&](const TensorInfo &tensor) {
            return std::find(unit.tensors.begin(), unit.tensors.end(), tensor.name) != unit.tensors.end();
        });
        if (all && (!smallest || unit.parameters < smallest->parameters))
            smallest = &unit;
    }
    return smallest ? QString::fromStdString(smallest->id) : QString();
}

void ModelTree::Parts::fill(const ModelCard &card)
{
    model.clear();
    model.setHorizontalHeaderLabels({ModelTree::tr("Component"), ModelTree::tr("Parameters"), ModelTree::tr("Size"),
                                     ModelTree::tr("Shape and type")});
    for (int column : {ParametersColumn, SizeColumn})
        model.horizontalHeaderItem(column)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    std::map<int, std::pair<std::int64_t, std::int64_t>> sums;
    for (const Component &component : card.components) {
        sums[component.layer].first += component.parameters;
        sums[component.layer].second += component.bytes;
    }
    std::map<int, QStandardItem *> layers;
    for (const Component &component : card.components) {
        if (component.layer < 0) {
            addComponent(model.invisibleRootItem(), component, QString::fromStdString(component.name));
            continue;
        }
        QStandardItem *&layer = layers[component.layer];
        if (!layer) {
            const auto &[parameters, bytes] = sums[component.layer];
            Line items = line(layerTitle(card, component.layer), component.layer, parameters, bytes,
                              typeOfLayer(card, component.layer));
            layer = items[NameColumn];
            layer->setData(QString::fromStdString(unitId("block", component.layer)), unitRole);
            model.appendRow(items);
        }
        addComponent(layer, component, nameInLayer(component));
        layer->child(layer->rowCount() - 1)->setData(unitOf(card, component), unitRole);
    }
}

QModelIndex ModelTree::Parts::lineOf(const QString &unit, const QModelIndex &parent) const
{
    for (int row = 0; row < model.rowCount(parent); ++row) {
        const QModelIndex index = model.index(row, 0, parent);
        if (index.data(unitRole).toString() == unit)
            return index;
        if (const QModelIndex below = lineOf(unit, index); below.isValid())
            return below;
    }
    return {};
}

ModelTree::ModelTree(QWidget *parent) : QWidget(parent), m_parts(std::make_unique<Parts>())
{
    m_parts->found.setSourceModel(&m_parts->model);
    m_parts->found.setRecursiveFilteringEnabled(true);
    m_parts->found.setAutoAcceptChildRows(true);
    m_parts->found.setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_parts->search = new QLineEdit;
    m_parts->search->setPlaceholderText(tr("Search components and tensors"));
    m_parts->search->setAccessibleName(tr("Search components and tensors"));
    m_parts->search->setClearButtonEnabled(true);
    auto *view = m_parts->view = new QTreeView;
    view->setModel(&m_parts->found);
    view->setAccessibleName(tr("Model tree"));
    view->setUniformRowHeights(true);
    view->setItemDelegate(new LineDelegate(view));
    view->setIndentation(16);
    view->setTextElideMode(Qt::ElideLeft); // names differ at their ends
    setAccessibleName(tr("Model tree"));
    setMinimumWidth(narrowest);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    auto *top = new QVBoxLayout;
    top->setContentsMargins(12, 8, 12, 8);
    top->addWidget(m_parts->search);
    layout->addLayout(top);
    layout->addWidget(view, 1);
    connect(m_parts->search, &QLineEdit::textChanged, this, [this](const QString &text) {
        m_parts->found.setFilterFixedString(text);
        text.isEmpty() ? m_parts->view->collapseAll() : m_parts->view->expandToDepth(0);
    });
    connect(view->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex &current) {
        if (!current.isValid() || m_parts->quiet)
            return;
        const QModelIndex index = current.siblingAtColumn(0);
        if (const int layer = index.data(layerRole).toInt(); layer >= 0)
            emit layerPicked(layer);
        if (const QString unit = standsFor(index); !unit.isEmpty())
            emit unitPicked(unit);
    });
    setTheme(lightTheme());
}

ModelTree::~ModelTree() = default;

void ModelTree::setTheme(const Theme &theme)
{
    if (m_parts->searchIcon)
        m_parts->search->removeAction(m_parts->searchIcon);
    m_parts->searchIcon =
        m_parts->search->addAction(themedIcon(QStringLiteral("search"), theme), QLineEdit::LeadingPosition);
}

void ModelTree::setCard(const ModelCard &card)
{
    m_parts->quiet = true;
    m_parts->fill(card);
    m_parts->quiet = false;
    m_parts->view->header()->setStretchLastSection(false);
    m_parts->view->header()->setMinimumSectionSize(72);
    m_parts->view->header()->setSectionResizeMode(NameColumn, QHeaderView::Stretch);
    for (int column : {ParametersColumn, SizeColumn, TypeColumn})
        m_parts->view->header()->setSectionResizeMode(column, QHeaderView::ResizeToContents);
    showWhatFits();
    setAccessibleDescription(
        tr("%1, layers: %2, parameters: %3")
            .arg(QString::fromStdString(card.title), QString::number(card.layers), parameterCount(card.parameters)));
}

/// A narrow panel keeps the names readable: shapes go first, then sizes, then counts.
void ModelTree::showWhatFits()
{
    m_parts->view->setColumnHidden(TypeColumn, width() < 560);
    m_parts->view->setColumnHidden(SizeColumn, width() < 400);
    m_parts->view->setColumnHidden(ParametersColumn, width() < 280);
}

void ModelTree::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    showWhatFits();
}

void ModelTree::setSelection(const QString &unitId)
{
    // Whoever walks through the lines of a unit stays on the line where they are.
    const QModelIndex current = m_parts->view->currentIndex().siblingAtColumn(0);
    if (current.isValid() && standsFor(current) == unitId)
        return;
    m_parts->quiet = true;
    QModelIndex line = unitId.isEmpty() ? QModelIndex() : m_parts->lineOf(unitId);
    if (!line.isValid()) // a part that others share out among them, or entries of a width
        line = m_parts->lineOf(QString::fromStdString(ecdysis::unitId("block", layerOf(unitId))));
    const QModelIndex shown = m_parts->found.mapFromSource(line);
    if (shown.isValid()) {
        m_parts->view->setCurrentIndex(shown);
        m_parts->view->scrollTo(shown);
    } else {
        m_parts->view->selectionModel()->clear();
    }
    m_parts->quiet = false;
}

QAbstractItemModel *ModelTree::model() const
{
    return &m_parts->found;
}

} // namespace ecdysis

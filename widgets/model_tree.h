// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <memory>

#include <QWidget>

#include "core/values/model_card.h"
#include "widgets/theme.h"

class QAbstractItemModel;

namespace ecdysis {

/// Layers → components → tensors of a model, with a search line above.
class ModelTree : public QWidget
{
    Q_OBJECT

public:
    explicit ModelTree(QWidget *parent = nullptr);
    ~ModelTree() override;

    void setTheme(const Theme &theme);
    void setCard(const ModelCard &card);
    /// Shows the first line that stands for the unit, or else its layer. Emits nothing.
    void setSelection(const QString &unitId);
    /// For tests and accessibility.
    QAbstractItemModel *model() const;

signals:
    /// A layer (its block) or something in it (the smallest part that takes it along) was picked.
    void unitPicked(const QString &unitId);
    /// Anything inside a layer was picked.
    void layerPicked(int layer);

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void showWhatFits();

    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

} // namespace ecdysis

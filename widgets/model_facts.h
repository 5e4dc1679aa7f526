// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QList>
#include <QWidget>

#include "core/values/model_card.h"
#include "widgets/theme.h"

class QLabel;
class QToolButton;
class QVBoxLayout;

namespace ecdysis {

/// "Layers: 4 Mamba-2, 3 Hybrid"; empty where all layers are of one type.
QString layerTypesText(const ModelCard &card);

/// What the readings of a convention differ in, in the language of the window where that is known.
QString conventionMeaning(const Convention &convention);

/// What a model's one-line card has no room for: how many layers there are of each type, and each convention with the
/// reading in force; pressing it shows what it means.
class ModelFacts : public QWidget
{
    Q_OBJECT

public:
    explicit ModelFacts(QWidget *parent = nullptr);

    void setTheme(const Theme &theme);
    void setCard(const ModelCard &card);

private:
    void addConvention(const Convention &convention);
    void showArrows();

    Theme m_theme = lightTheme();
    QVBoxLayout *m_rows;
    QLabel *m_types;
    QList<QToolButton *> m_conventions; ///< checked: its meaning is shown
};

} // namespace ecdysis

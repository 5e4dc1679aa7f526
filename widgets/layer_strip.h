// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <memory>

#include <QWidget>

#include "core/values/model_card.h"
#include "core/values/session.h"
#include "widgets/effect.h"
#include "widgets/theme.h"

namespace ecdysis {

/// The stack of layers as a compact strip, first layer left, coloured by the loss increase of each block.
/// Left and right move the selection, clicks pick.
class LayerStrip : public QWidget
{
    Q_OBJECT

public:
    explicit LayerStrip(QWidget *parent = nullptr);
    ~LayerStrip() override;

    void setTheme(const Theme &theme);
    void setCard(const ModelCard &card);
    void setScan(const Scan &scan);
    void setFreshness(Freshness freshness);
    /// Emits nothing.
    void setSelection(const QString &unitId);
    QString summary() const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    void unitPicked(const QString &unitId);

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool event(QEvent *event) override;

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

} // namespace ecdysis

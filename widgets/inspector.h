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

/// All about the selected unit: what it carries, what its removal did, which tensors fall with it.
class Inspector : public QWidget
{
    Q_OBJECT

public:
    explicit Inspector(QWidget *parent = nullptr);
    ~Inspector() override;

    void setTheme(const Theme &theme);
    /// A scan without cells is no scan; an id the card does not know shows the empty state.
    void setUnit(const ModelCard &card, const Scan &scan, const QString &unitId);
    /// Figures of a stale scan are muted, and words say why.
    void setFreshness(Freshness freshness);
    void clear();

    /// One sentence about what is shown.
    QString summary() const;

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

} // namespace ecdysis

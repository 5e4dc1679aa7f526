// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>

#include "core/values/model_card.h"
#include "widgets/effect.h"

namespace ecdysis {

/// A title that may be wrapped within the name of a weight, too.
QString wrappable(QString title);

/// "mamba:3 · Hybrid layer"
QString idLine(const ModelCard &card, const Unit &unit);

/// Which other software can hold the model without a unit.
QString loadersOf(const Unit &unit);

/// A figure with its share of a whole: "3.77 M  (2.9 %)".
QString withShare(const QString &text, double part, double whole);

/// A loss increase spread over the parameters of a unit, as nats per million; "–" where it has none.
QString perMillionText(const Estimate &delta, std::int64_t parameters);

/// Why there is no number, and what would give one.
QString wordsOnNone(const Unit &unit);

/// What kind of number stands above, and what is to be minded about it.
QString wordsOn(const Unit &unit, const Effect &effect, Freshness freshness);

/// A line for each tensor of a unit.
struct TensorLines
{
    QString names; ///< without what they all begin with
    QString shapes;
};

TensorLines tensorLines(const ModelCard &card, const Unit &unit);

} // namespace ecdysis

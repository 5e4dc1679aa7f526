// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/inspector_words.h"

#include <algorithm>

#include <QStringList>

#include "widgets/heatmap_words.h"
#include "widgets/inspector.h"
#include "widgets/numbers.h"
#include "widgets/parts.h"
#include "widgets/unit_text.h"

namespace ecdysis {

namespace {

QString joined(const std::vector<std::string> &names)
{
    QStringList texts;
    for (const std::string &name : names)
        texts.append(QString::fromStdString(name));
    return texts.join(QStringLiteral(", "));
}

/// "1536 × 16"; empty for a tensor the card does not list.
QString shapeOf(const ModelCard &card, const std::string &tensor)
{
    for (const Component &component : card.components)
        for (const TensorInfo &info : component.tensors)
            if (info.name == tensor)
                return shapeText(info);
    return {};
}

/// What the names of a unit's tensors begin with and says nothing beside its title: "backbone.layers.5.mixer."
std::string prefixOf(const Unit &unit)
{
    std::string prefix = unit.tensors.empty() ? std::string() : unit.tensors.front();
    if (unit.tensors.size() == 1) {
        const std::string layer = "." + std::to_string(unit.layer) + ".";
        const auto place = prefix.find(layer);
        return place == std::string::npos ? std::string() : prefix.substr(0, place + layer.size());
    }
    for (const std::string &name : unit.tensors)
        prefix.resize(static_cast<std::size_t>(
            std::mismatch(prefix.begin(), prefix.end(), name.begin(), name.end()).first - prefix.begin()));
    prefix.resize(prefix.rfind('.') == std::string::npos ? 0 : prefix.rfind('.') + 1);
    return prefix;
}

} // namespace

QString wrappable(QString title)
{
    return title.replace(QLatin1Char('.'), QStringLiteral(".\u200B"));
}

QString idLine(const ModelCard &card, const Unit &unit)
{
    // That of a weight is its title already.
    const QString id = unit.kind == "weight" ? QString() : QString::fromStdString(unit.id);
    if (unit.layer < 0 || unit.layer >= static_cast<int>(card.layerTypes.size()))
        return id;
    const QString type = layerTypeTitle(card.layerTypes[static_cast<std::size_t>(unit.layer)]);
    const QString layer = Inspector::tr("%1 layer").arg(type);
    return id.isEmpty() ? layer : QStringLiteral("%1 · %2").arg(id, layer);
}

QString loadersOf(const Unit &unit)
{
    QStringList sentences;
    if (!unit.loaders.empty())
        sentences.append(Inspector::tr("Stock loaders that read the result: %1.").arg(joined(unit.loaders)));
    if (!unit.loadersIfUniform.empty())
        sentences.append(Inspector::tr("If every layer with such units loses as many, these stock loaders read the "
                                       "result: %1.")
                             .arg(joined(unit.loadersIfUniform)));
    if (sentences.isEmpty())
        sentences.append(Inspector::tr("Other software's stock loaders cannot represent this; the result needs this "
                                       "program or a custom loader."));
    return sentences.join(QLatin1Char('\n'));
}

QString withShare(const QString &text, double part, double whole)
{
    return whole > 0 ? QStringLiteral("%1  (%2)").arg(text, percentage(part / whole)) : text;
}

QString perMillionText(const Estimate &delta, std::int64_t parameters)
{
    const double millions = static_cast<double>(parameters) / 1e6;
    return parameters > 0 ? withError({delta.value / millions, delta.standardError / millions}) : QStringLiteral("–");
}

QString wordsOnNone(const Unit &unit)
{
    if (!unit.needs.empty())
        return Inspector::tr("Cannot go alone; with it must go: %1").arg(unitTitles(unit.needs));
    return goesAlone(unit) ? Inspector::tr("Not measured yet. A scan measures it.")
                           : Inspector::tr("Not measured. The scans of this window measure whole parts.");
}

QString wordsOn(const Unit &unit, const Effect &effect, Freshness freshness)
{
    if (effect.certainty == Certainty::Unmeasured)
        return wordsOnNone(unit);
    if (effect.certainty == Certainty::NotANumber)
        return Inspector::tr("The loss without it is not a number.");
    const QString words = effect.certainty == Certainty::Clear ? Inspector::tr("nats per token, mean ± standard error")
                          : effect.errorKnown()
                              ? Inspector::tr("nats per token; below two standard errors, so it may be nothing")
                              : Inspector::tr("nats per token; with one window its error is not known");
    return freshness == Freshness::Stale ? words + QLatin1Char('\n') + remarkOn(effect, freshness) : words;
}

TensorLines tensorLines(const ModelCard &card, const Unit &unit)
{
    const std::string prefix = prefixOf(unit);
    QStringList names, sizes;
    for (const std::string &name : unit.tensors) {
        names.append(QString::fromStdString(name.substr(prefix.size())));
        sizes.append(shapeOf(card, name));
    }
    return {names.join(QLatin1Char('\n')), sizes.join(QLatin1Char('\n'))};
}

} // namespace ecdysis

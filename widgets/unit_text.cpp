// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/unit_text.h"

#include <algorithm>
#include <span>
#include <string_view>

#include <QCoreApplication>
#include <QStringList>

#include "core/values/unit.h"

namespace ecdysis {

namespace {

struct KindName
{
    const char *kind;
    const char *title;
    const char *entry = nullptr; ///< one of them, for widths
};

constexpr KindName kindNames[] = {
    {"block", QT_TRANSLATE_NOOP("ecdysis::UnitText", "Block")},
    {"mixer", QT_TRANSLATE_NOOP("ecdysis::UnitText", "Mixer")},
    {"mamba", QT_TRANSLATE_NOOP("ecdysis::UnitText", "Mamba")},
    {"ssm", QT_TRANSLATE_NOOP("ecdysis::UnitText", "SSM")},
    {"recurrence", QT_TRANSLATE_NOOP("ecdysis::UnitText", "Recurrence")},
    {"transformer", QT_TRANSLATE_NOOP("ecdysis::UnitText", "Transformer")},
    {"attention", QT_TRANSLATE_NOOP("ecdysis::UnitText", "Attention")},
    {"mlp", QT_TRANSLATE_NOOP("ecdysis::UnitText", "MLP")},
    {"moe", QT_TRANSLATE_NOOP("ecdysis::UnitText", "Experts (MoE)")},
    {"shared_mlp", QT_TRANSLATE_NOOP("ecdysis::UnitText", "Shared MLP")},
    {"heads", QT_TRANSLATE_NOOP("ecdysis::UnitText", "SSM heads"), QT_TRANSLATE_NOOP("ecdysis::UnitText", "SSM head")},
    {"inner_channels", QT_TRANSLATE_NOOP("ecdysis::UnitText", "Inner channels"),
     QT_TRANSLATE_NOOP("ecdysis::UnitText", "Inner channel")},
    {"state", QT_TRANSLATE_NOOP("ecdysis::UnitText", "State dimensions"),
     QT_TRANSLATE_NOOP("ecdysis::UnitText", "State dimension")},
    {"dt_rank", QT_TRANSLATE_NOOP("ecdysis::UnitText", "dt rank"), QT_TRANSLATE_NOOP("ecdysis::UnitText", "dt rank")},
    {"attention_heads", QT_TRANSLATE_NOOP("ecdysis::UnitText", "Attention heads"),
     QT_TRANSLATE_NOOP("ecdysis::UnitText", "Attention head")},
    {"mlp_channels", QT_TRANSLATE_NOOP("ecdysis::UnitText", "MLP channels"),
     QT_TRANSLATE_NOOP("ecdysis::UnitText", "MLP channel")},
    {"experts", QT_TRANSLATE_NOOP("ecdysis::UnitText", "Experts"), QT_TRANSLATE_NOOP("ecdysis::UnitText", "Expert")},
    {"expert_channels", QT_TRANSLATE_NOOP("ecdysis::UnitText", "Expert channels"),
     QT_TRANSLATE_NOOP("ecdysis::UnitText", "Expert channel")},
    {"weight", QT_TRANSLATE_NOOP("ecdysis::UnitText", "Weight")},
};

/// Types of layers that are not named as a kind of unit is.
constexpr KindName layerTypeNames[] = {
    {"mamba2", QT_TRANSLATE_NOOP("ecdysis::UnitText", "Mamba-2")},
    {"hybrid", QT_TRANSLATE_NOOP("ecdysis::UnitText", "Hybrid")},
    {"moe", QT_TRANSLATE_NOOP("ecdysis::UnitText", "MoE")},
};

constexpr std::string_view weightPrefix = "weight:";

QString translated(const char *text)
{
    return QCoreApplication::translate("ecdysis::UnitText", text);
}

const KindName *nameOf(std::span<const KindName> names, const std::string &kind)
{
    const auto found =
        std::find_if(names.begin(), names.end(), [&kind](const KindName &name) { return kind == name.kind; });
    return found == names.end() ? nullptr : &*found;
}

/// "SSM heads 0–3", "Expert 2".
QString rangeTitle(const Unit &unit)
{
    const auto number = [](std::int64_t entry) { return QString::number(entry); };
    if (unit.from < unit.to)
        return QStringLiteral("%1 %2–%3").arg(kindTitle(unit.kind), number(unit.from), number(unit.to));
    const KindName *name = nameOf(kindNames, unit.kind);
    return QStringLiteral("%1 %2").arg(name && name->entry ? translated(name->entry) : kindTitle(unit.kind),
                                       number(unit.from));
}

} // namespace

QString kindTitle(const std::string &kind)
{
    if (const KindName *name = nameOf(kindNames, kind))
        return translated(name->title);
    QString title = QString::fromStdString(kind).replace(QLatin1Char('_'), QLatin1Char(' '));
    if (!title.isEmpty())
        title[0] = title[0].toUpper();
    return title;
}

QString layerTypeTitle(const std::string &type)
{
    const KindName *name = nameOf(layerTypeNames, type);
    return name ? translated(name->title) : kindTitle(type);
}

QString unitTitle(const std::string &id)
{
    if (id.starts_with(weightPrefix))
        return QStringLiteral("%1 %2").arg(kindTitle("weight"), QString::fromStdString(id.substr(weightPrefix.size())));
    const auto unit = parseUnitId(id);
    if (!unit)
        return QString::fromStdString(id);
    if (unit->from < 0)
        return unitTitle(unit->kind, unit->layer);
    return translated(QT_TRANSLATE_NOOP("ecdysis::UnitText", "%1 of block %2")).arg(rangeTitle(*unit)).arg(unit->layer);
}

QString unitTitle(const std::string &kind, int layer)
{
    if (kind == "block")
        return translated(QT_TRANSLATE_NOOP("ecdysis::UnitText", "Block %1")).arg(layer);
    return translated(QT_TRANSLATE_NOOP("ecdysis::UnitText", "%1 of block %2")).arg(kindTitle(kind)).arg(layer);
}

QString unitTitles(const std::vector<std::string> &ids)
{
    QStringList titles;
    for (const std::string &id : ids)
        titles.append(unitTitle(id));
    return titles.join(QStringLiteral(", "));
}

QString unitPhrase(const std::string &kind, int layer)
{
    if (kind == "block")
        return translated(QT_TRANSLATE_NOOP("ecdysis::UnitText", "block %1")).arg(layer);
    return unitTitle(kind, layer);
}

QString dtypeText(DType dtype)
{
    if (dtype == DType::F32)
        return QStringLiteral("float32");
    if (dtype == DType::BF16)
        return QStringLiteral("bfloat16");
    const std::string_view id = name(dtype);
    return QString::fromLatin1(id.data(), static_cast<qsizetype>(id.size())).toLower();
}

QString deviceText(const std::string &device, const std::string &title)
{
    return QStringLiteral("%1: %2").arg(QString::fromStdString(device).toUpper(), QString::fromStdString(title));
}

QString computeText(const std::string &device, DType dtype, int threads)
{
    const QString name = QString::fromStdString(device).toUpper();
    if (device != "cpu")
        return QStringLiteral("%1 · %2").arg(name, dtypeText(dtype));
    const QString count = threads == 0
                              ? translated(QT_TRANSLATE_NOOP("ecdysis::UnitText", "all processors"))
                              : QCoreApplication::translate("ecdysis::UnitText", "%n thread(s)", nullptr, threads);
    return QStringLiteral("%1 · %2 · %3").arg(name, dtypeText(dtype), count);
}

QString shapeText(const TensorInfo &tensor)
{
    QStringList sizes;
    for (auto size : tensor.shape)
        sizes.append(QString::number(size));
    return sizes.join(QStringLiteral(" × "));
}

} // namespace ecdysis

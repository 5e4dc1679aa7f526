// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/unit_text.h"

#include <QCoreApplication>
#include <QStringList>

namespace ecdysis {

namespace {

struct KindName
{
    const char *kind;
    const char *title;
};

constexpr KindName kindNames[] = {
    {"block", QT_TRANSLATE_NOOP("ecdysis::UnitText", "Block")},
    {"ssm", QT_TRANSLATE_NOOP("ecdysis::UnitText", "SSM")},
    {"attention", QT_TRANSLATE_NOOP("ecdysis::UnitText", "Attention")},
    {"mlp", QT_TRANSLATE_NOOP("ecdysis::UnitText", "MLP")},
    {"transformer", QT_TRANSLATE_NOOP("ecdysis::UnitText", "Transformer block")},
    {"mlp_channels", QT_TRANSLATE_NOOP("ecdysis::UnitText", "MLP channels")},
    {"ssm_heads", QT_TRANSLATE_NOOP("ecdysis::UnitText", "SSM heads")},
    {"channels", QT_TRANSLATE_NOOP("ecdysis::UnitText", "Inner channels")},
    {"states", QT_TRANSLATE_NOOP("ecdysis::UnitText", "State dimensions")},
    {"expert", QT_TRANSLATE_NOOP("ecdysis::UnitText", "Expert")},
};

QString translated(const char *text)
{
    return QCoreApplication::translate("ecdysis::UnitText", text);
}

} // namespace

QString kindTitle(const std::string &kind)
{
    for (const KindName &name : kindNames)
        if (kind == name.kind)
            return translated(name.title);
    QString title = QString::fromStdString(kind).replace(QLatin1Char('_'), QLatin1Char(' '));
    if (!title.isEmpty())
        title[0] = title[0].toUpper();
    return title;
}

QString unitTitle(const std::string &kind, int layer)
{
    if (kind == "block")
        return translated(QT_TRANSLATE_NOOP("ecdysis::UnitText", "Block %1")).arg(layer);
    return translated(QT_TRANSLATE_NOOP("ecdysis::UnitText", "%1 of block %2")).arg(kindTitle(kind)).arg(layer);
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

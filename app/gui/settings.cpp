// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/settings.h"

namespace ecdysis {

namespace {

QList<Recent> loadRecent(const QSettings &store)
{
    QList<Recent> list;
    for (const QVariant &row : store.value("recent").toList()) {
        const QStringList fields = row.toStringList();
        if (fields.size() == 3)
            list.append({fields[0], fields[1], fields[2]});
    }
    return list;
}

QVariantList storable(const QList<Recent> &list)
{
    QVariantList rows;
    for (const Recent &entry : list)
        rows.append(QStringList{entry.path, entry.title, entry.subtitle});
    return rows;
}

QVariantMap ofRecent(const QVariantMap &all, const QList<Recent> &recent)
{
    QVariantMap kept;
    for (const Recent &entry : recent)
        if (all.contains(entry.path))
            kept.insert(entry.path, all.value(entry.path));
    return kept;
}

} // namespace

Settings loadSettings(const QSettings &store)
{
    Settings settings;
    const auto read = [&store](const char *key, auto &value) {
        using Value = std::remove_reference_t<decltype(value)>;
        value = store.value(QLatin1String(key), QVariant::fromValue(value)).template value<Value>();
    };
    read("theme", settings.theme);
    read("language", settings.language);
    read("scan/kinds", settings.kinds);
    read("scan/text", settings.text);
    read("scan/window", settings.window);
    read("scan/maxWindows", settings.maxWindows);
    read("figureWidth", settings.figureWidth);
    read("folder", settings.folder);
    read("shownScans", settings.shownScans);
    read("window/geometry", settings.geometry);
    read("window/state", settings.windowState);
    read("compute/threads", settings.compute.threads);
    read("compute/flopsPerSecond", settings.flopsPerSecond);
    settings.compute.device = store.value("compute/device", QStringLiteral("cpu")).toString().toStdString();
    const auto dtype = dtypeFromName(store.value("compute/dtype", QStringLiteral("F32")).toString().toStdString());
    settings.compute.dtype = dtype.value_or(DType::F32);
    settings.recent = loadRecent(store);
    return settings;
}

void saveSettings(QSettings &store, const Settings &settings)
{
    const std::string_view dtype = name(settings.compute.dtype);
    store.setValue("theme", settings.theme);
    store.setValue("language", settings.language);
    store.setValue("scan/kinds", settings.kinds);
    store.setValue("scan/text", settings.text);
    store.setValue("scan/window", settings.window);
    store.setValue("scan/maxWindows", settings.maxWindows);
    store.setValue("figureWidth", settings.figureWidth);
    store.setValue("folder", settings.folder);
    store.setValue("shownScans", ofRecent(settings.shownScans, settings.recent));
    store.setValue("window/geometry", settings.geometry);
    store.setValue("window/state", settings.windowState);
    store.setValue("compute/device", QString::fromStdString(settings.compute.device));
    store.setValue("compute/dtype", QString::fromUtf8(dtype.data(), static_cast<qsizetype>(dtype.size())));
    store.setValue("compute/threads", settings.compute.threads);
    store.setValue("compute/flopsPerSecond", settings.flopsPerSecond);
    store.setValue("recent", storable(settings.recent));
}

void remember(QList<Recent> &list, const Recent &entry)
{
    constexpr qsizetype limit = 10;
    list.removeIf([&entry](const Recent &other) { return other.path == entry.path; });
    list.prepend(entry);
    if (list.size() > limit)
        list.resize(limit);
}

} // namespace ecdysis

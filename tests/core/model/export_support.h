// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <QTemporaryDir>

#include "core/pruning/applied_plan.h"
#include "core/pruning/export.h"
#include "core/pruning/inventory.h"
#include "tests/core/model/rounding.h"

/// \file
/// What the tests of exports share: writing a plan, reading it back, comparing.

inline const at::Tensor exportIds = at::arange(2 * 21, at::kLong).mul(37).remainder(272).view({2, 21});

inline ecdysis::Plan planOf(const std::vector<std::string> &ids)
{
    ecdysis::Plan plan;
    for (const std::string &id : ids)
        plan.removals.push_back({id, ""});
    return plan;
}

/// Logits of a model under a plan.
inline at::Tensor logitsUnder(const ecdysis::Model::State &model, const ecdysis::Plan &plan)
{
    const auto applied = ecdysis::pruning::apply(model, plan);
    return logitsOf(*applied.network, exportIds, applied.removed);
}

/// A folder for what a test writes, gone with it.
class Written
{
public:
    std::filesystem::path path(const std::string &name) const
    {
        return std::filesystem::path(m_folder.path().toStdString()) / name;
    }

    /// Writes a plan of a model folder under a name and tells what.
    ecdysis::ExportReport write(const std::filesystem::path &model, const std::vector<std::string> &ids,
                                const std::string &name, ecdysis::ExportRequest request = {}) const
    {
        request.folder = path(name);
        return ecdysis::pruning::writeCut(ecdysis::openModelFiles(model), planOf(ids), request, {});
    }

    std::shared_ptr<const ecdysis::Model::State> load(const std::string &name) const
    {
        return ecdysis::loadModel(path(name), {.threads = 1}, {});
    }

    /// Names of files, hidden ones too.
    std::vector<std::string> files() const
    {
        std::vector<std::string> names;
        for (const auto &entry : std::filesystem::directory_iterator(m_folder.path().toStdString()))
            names.push_back(entry.path().filename().string());
        std::ranges::sort(names);
        return names;
    }

private:
    QTemporaryDir m_folder;
};

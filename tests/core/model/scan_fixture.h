// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <memory>

#include <QTemporaryDir>
#include <QTest>

#include "core/engine.h"
#include "tests/support/support.h"
#include "tests/support/tiny_model.h"

/// A folder with models, a text and a request that suits them.
class ScanFixture
{
public:
    std::filesystem::path path(const std::string &name) const
    {
        return std::filesystem::path(m_folder.path().toStdString()) / name;
    }

    ecdysis::Model load(const std::string &fixture, int threads = 2) const
    {
        makeTinyModel(fixture, path(fixture));
        std::filesystem::copy_file(path(fixture) / "text.txt", path("text.txt"),
                                   std::filesystem::copy_options::overwrite_existing);
        auto model = ecdysis::load(path(fixture), {.threads = threads}, {});
        if (!model)
            qFatal("%s: %s", model.error().where.c_str(), model.error().message.c_str());
        return *model;
    }

    /// 48 windows of 64 tokens: one full batch and one that is not.
    ecdysis::ScanRequest request() const
    {
        return {.text = path("text.txt"), .protocol = {.window = 64, .maxWindows = 48}, .session = path("s.ecdysis")};
    }

private:
    QTemporaryDir m_folder;
};

/// What a listener heard: indices of cells, -1 for the others.
struct Heard
{
    std::vector<int> cells;
    ecdysis::ScanListener listener()
    {
        return [this](const ecdysis::Scan &, int cell) { cells.push_back(cell); };
    }
};

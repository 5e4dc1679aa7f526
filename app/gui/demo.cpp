// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/demo.h"

#include <QCoreApplication>

namespace ecdysis {

std::filesystem::path demoFolder()
{
    const std::filesystem::path program = QCoreApplication::applicationDirPath().toStdString();
    // Beside an installed program; in the source tree for one that runs from its build folder.
    for (const std::filesystem::path &folder :
         {program / "../share/ecdysis/demo", std::filesystem::path(ECDYSIS_SOURCE_DEMO)}) {
        std::error_code ignored;
        if (std::filesystem::exists(folder / "model" / "config.json", ignored))
            return std::filesystem::weakly_canonical(folder, ignored);
    }
    return {};
}

WindowProtocol demoProtocol()
{
    return {.window = 256, .maxWindows = 0};
}

} // namespace ecdysis

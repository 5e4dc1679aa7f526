// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>

#include "core/values/result.h"

namespace ecdysis {

class SensitivityHeatmap;
class SensitivityTable;

/// Writes the figure (png, svg, pdf) or the table (csv), told by the file's suffix; the old file or the new one, whole.
/// Errors: Unsupported (another suffix), WriteFailed.
Result<void> exportScan(const QString &path, SensitivityHeatmap &heatmap, const SensitivityTable &table);

} // namespace ecdysis

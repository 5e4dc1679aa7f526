// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

namespace ecdysis {

/// The file that the matrix products of this process come from, resolved: ".../libopenblasp-r0.3.21.so"; empty when the
/// process has none.
std::string blasLibrary();

/// Sentences about this machine that bear on timings; empty when there is nothing to say.
std::vector<std::string> warningsAboutMachine();

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ecdysis {

/// The file that the matrix products of this process come from, resolved: ".../libopenblasp-r0.3.21.so"; empty when the
/// process has none.
std::string blasLibrary();

/// The processor's own name: "Intel(R) Xeon(R) …".
std::string processorTitle();

/// Bytes of memory that this machine has.
std::int64_t physicalMemory();

/// The most bytes of this process that were in memory at once.
std::int64_t peakResidentMemory();

/// Sentences about this machine that bear on timings; empty when there is nothing to say.
std::vector<std::string> warningsAboutMachine();

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

namespace ecdysis {

/// From now on large tensors in host memory ask the system for huge pages. Activations are walked in strides of a whole
/// row, where each step is another page and finding it costs as much as the data. Without effect on systems that have
/// no huge pages to give. Up to 256 MB that tensors give back are kept for the next ones.
void useHugePages();

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <initializer_list>

#include <ATen/core/Generator.h>

namespace ecdysis {

/// A generator that follows from these numbers and nothing else: a seed, and what is drawn. Others give others.
at::Generator generatorOf(std::initializer_list<std::uint64_t> numbers);

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "core/values/result.h"
#include "widgets/message_list.h"

namespace ecdysis {

/// What a person is told of a failure: a translated sentence by code that says what happened, where and what to do;
/// the full place and the exact finding as details.
Message message(const Error &error);

} // namespace ecdysis

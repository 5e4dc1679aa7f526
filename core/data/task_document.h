// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "core/data/choice_task.h"

namespace ecdysis::data {

/// The item that a line of JSON describes, told by its fields: the three forms of llm-foundry (query, choices, gold;
/// context_options, continuation, gold; context, continuation), or a document of a data set, as a task of
/// lm-evaluation-harness makes an item of it (hellaswag, piqa, arc, openbookqa, winogrande, lambada, boolq, copa, sciq,
/// commonsense_qa, social_iqa). Throws Exception{BadFormat}, `where` being file and line.
Item readTaskDocument(const std::string &line, const std::string &where);

} // namespace ecdysis::data

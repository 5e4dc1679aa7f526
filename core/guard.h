// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

#include <c10/util/Exception.h>

#include "core/exception.h"
#include "core/values/result.h"

namespace ecdysis {

/// What LibTorch says of an allocation that failed on a GPU, up to what was asked for and what was free: the rest is
/// about settings of its allocator. Other texts whole.
inline std::string_view withoutAdvice(std::string_view text)
{
    constexpr std::string_view lastWords = " is free.";
    const auto found = text.find(lastWords);
    return found == text.npos ? text : text.substr(0, found + lastWords.size());
}

/// Calls `function` and turns whatever it throws into an Error: the last stop of exceptions before engine.h.
/// LibTorch reports an allocation that failed as an error of its own; it becomes OutOfMemory like std::bad_alloc.
template <typename Function> auto guard(Function &&function) -> Result<std::invoke_result_t<Function>>
{
    try {
        if constexpr (std::is_void_v<std::invoke_result_t<Function>>) {
            std::invoke(std::forward<Function>(function));
            return {};
        } else {
            return std::invoke(std::forward<Function>(function));
        }
    } catch (const Exception &exception) {
        return tl::unexpected(exception.error());
    } catch (const std::bad_alloc &) {
        return failure(ErrorCode::OutOfMemory, "the system gave no more memory");
    } catch (const c10::Error &error) {
        const std::string_view text = error.what_without_backtrace();
        const bool memory = text.find("allocate memory") != text.npos || text.find("out of memory") != text.npos;
        return failure(memory ? ErrorCode::OutOfMemory : ErrorCode::Internal, std::string(withoutAdvice(text)),
                       "LibTorch");
    } catch (const std::exception &exception) {
        return failure(ErrorCode::Internal, exception.what());
    }
}

} // namespace ecdysis

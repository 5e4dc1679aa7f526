// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <exception>
#include <type_traits>
#include <utility>

#include "core/values/result.h"

namespace ecdysis {

/// An Error on its way up inside core; none leaves engine.h, where guard() turns it back into the Error.
class Exception : public std::exception
{
public:
    explicit Exception(Error error) : m_error(std::move(error)) {}
    Exception(ErrorCode code, std::string message, std::string where = {})
        : m_error{code, std::move(message), std::move(where)}
    {
    }

    const Error &error() const { return m_error; }
    const char *what() const noexcept override { return m_error.message.c_str(); }

private:
    Error m_error;
};

/// The value of a result, or its error thrown.
template <typename T> T valueOrThrow(Result<T> result)
{
    if (!result)
        throw Exception(std::move(result.error()));
    if constexpr (!std::is_void_v<T>)
        return std::move(*result);
}

} // namespace ecdysis

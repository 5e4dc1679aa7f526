// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace ecdysis {

/// What kind of thing went wrong; the window chooses its sentence by this.
enum class ErrorCode {
    Cancelled,       ///< the user asked for it
    NotFound,        ///< a file or folder that should be there is not
    ReadFailed,      ///< the system refused to read
    WriteFailed,     ///< the system refused to write (full disk, permissions)
    BadFormat,       ///< the bytes break the rules of their format
    Mismatch,        ///< two things that must agree do not (shape, dtype, fingerprint)
    Unsupported,     ///< valid, but not something this program does
    InvalidArgument, ///< a request that makes no sense
    OutOfMemory,
    DeviceUnavailable,
    Internal, ///< a fault of the program itself
};

/// An expected failure: `where` names file and tensor, key or line; `message` says what was expected and what was
/// found.
struct Error
{
    ErrorCode code = ErrorCode::Internal;
    std::string message;
    std::string where;

    bool operator==(const Error &) const = default;
};

template <typename T> using Result = tl::expected<T, Error>;

/// `return failure(ErrorCode::BadFormat, "header length 9 GB exceeds the file", path);`
inline tl::unexpected<Error> failure(ErrorCode code, std::string message, std::string where = {})
{
    return tl::unexpected<Error>(Error{code, std::move(message), std::move(where)});
}

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/sentence_piece/piece_model.h"

#include <filesystem>

#include <dlfcn.h>

#include "core/exception.h"

namespace ecdysis::io {

namespace {

/// Beside an installed program, else where the build put it.
std::filesystem::path modulePath()
{
    std::error_code ignored;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
    const auto installed = program / ECDYSIS_MODULE_INSTALLED;
    return std::filesystem::exists(installed, ignored) ? installed : ECDYSIS_MODULE_BUILT;
}

// Its own symbols first, and none of them for others. Sanitizers refuse the former.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ECDYSIS_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ECDYSIS_SANITIZED
#endif
#endif
#ifdef ECDYSIS_SANITIZED
constexpr int flags = RTLD_NOW | RTLD_LOCAL;
#else
constexpr int flags = RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND;
#endif

MakePieceModel *moduleFunction()
{
    const std::string path = modulePath().string();
    // Never closed: models outlive any caller.
    void *module = dlopen(path.c_str(), flags);
    void *function = module ? dlsym(module, pieceModelFunction) : nullptr;
    if (!function)
        throw Exception(ErrorCode::Internal, std::string("cannot load the SentencePiece module: ") + dlerror(), path);
    return reinterpret_cast<MakePieceModel *>(function);
}

} // namespace

std::shared_ptr<const PieceModel> loadPieceModel(std::span<const std::byte> bytes, const std::string &where)
{
    std::string problem;
    std::shared_ptr<const PieceModel> model(moduleFunction()(bytes, problem));
    if (!model)
        throw Exception(ErrorCode::BadFormat, "expected a SentencePiece model, found: " + problem, where);
    return model;
}

} // namespace ecdysis::io

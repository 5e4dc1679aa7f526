// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/data/windows.h"

#include <algorithm>
#include <numeric>
#include <random>

#include <fmt/format.h>

#include "core/data/rows.h"
#include "core/exception.h"
#include "core/io/sha256.h"
#include "core/io/text_file.h"
#include "core/io/tokenizer.h"
#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis::data {

namespace {

void check(const WindowProtocol &protocol)
{
    const auto refuse = [](const char *what, int found) {
        throw Exception(ErrorCode::InvalidArgument, fmt::format("expected {}, found {}", what, found));
    };
    if (protocol.window < 2)
        refuse("a window of at least 2 tokens", protocol.window);
    if (protocol.stride < 0 || protocol.stride >= protocol.window)
        refuse("a stride from 0 to less than the window", protocol.stride);
    if (protocol.maxWindows < 0)
        refuse("a number of windows, 0 for all", protocol.maxWindows);
    if (protocol.draw && protocol.maxWindows == 0)
        refuse("a number of windows to draw", protocol.maxWindows);
    if (protocol.sample && protocol.sample->rows < 1)
        refuse("at least one row to draw", protocol.sample->rows);
}

std::string fingerprint(const at::Tensor &ids, const WindowProtocol &protocol)
{
    io::Sha256 hash;
    hash.update(static_cast<std::uint64_t>(protocol.window));
    hash.update(static_cast<std::uint64_t>(protocol.stride));
    hash.update(static_cast<std::uint64_t>(protocol.perSequence));
    const auto *values = ids.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < ids.numel(); ++i)
        hash.update(static_cast<std::uint64_t>(values[i]));
    return hash.finish();
}

/// Which of `all` windows are used, ascending.
std::vector<std::int64_t> chosen(std::int64_t all, const WindowProtocol &protocol)
{
    std::vector<std::int64_t> windows(static_cast<std::size_t>(all));
    std::iota(windows.begin(), windows.end(), 0);
    const auto count =
        static_cast<std::size_t>(protocol.maxWindows > 0 ? std::min<std::int64_t>(all, protocol.maxWindows) : all);
    if (protocol.draw) {
        // The standard's own distributions differ between libraries; the remainder is uneven by less than 2^-40.
        std::mt19937_64 random(*protocol.draw);
        for (std::size_t i = 0; i < count; ++i)
            std::swap(windows[i], windows[i + random() % (windows.size() - i)]);
    }
    windows.resize(count);
    std::ranges::sort(windows);
    return windows;
}

std::vector<std::int64_t> tokensOf(const std::filesystem::path &model, const std::string &content,
                                   const std::filesystem::path &text, const Run &run)
{
    throwIfStopped(run);
    const io::Tokenizer tokenizer = valueOrThrow(io::Tokenizer::open(model));
    throwIfStopped(run);
    auto tokens = tokenizer.encode(content, true, run);
    if (!tokens && tokens.error().where.empty())
        tokens.error().where = text.string();
    throwIfStopped(run);
    return valueOrThrow(std::move(tokens));
}

} // namespace

std::vector<std::int64_t> readTokens(const std::filesystem::path &model, const std::filesystem::path &text,
                                     const Run &run)
{
    return tokensOf(model, io::readText(text), text, run);
}

Windows readWindows(const std::filesystem::path &model, const std::filesystem::path &text,
                    const WindowProtocol &protocol, const Run &run)
{
    check(protocol);
    const std::string content =
        protocol.sample ? joinedRows(text, *protocol.sample, protocol.column) : io::readText(text);
    return cut(tokensOf(model, content, text, run), text.string(), protocol);
}

Windows cut(const std::vector<std::int64_t> &tokens, const std::string &text, const WindowProtocol &protocol)
{
    check(protocol);
    const auto count = static_cast<std::int64_t>(tokens.size());
    const std::int64_t step = protocol.stride > 0 ? protocol.stride : protocol.window;
    if (count < protocol.window)
        throw Exception(
            ErrorCode::InvalidArgument,
            fmt::format("expected at least one window of {} tokens, found {} tokens", protocol.window, count), text);
    const std::vector<std::int64_t> windows = chosen((count - protocol.window) / step + 1, protocol);
    const at::Tensor ids = at::empty({static_cast<std::int64_t>(windows.size()), protocol.window}, at::kLong);
    auto *row = ids.data_ptr<std::int64_t>();
    for (const std::int64_t window : windows)
        row = std::copy_n(tokens.begin() + window * step, protocol.window, row);
    return {.ids = ids,
            .calibration = {.text = text,
                            .protocol = protocol,
                            .tokens = count,
                            .windows = static_cast<int>(windows.size()),
                            .fingerprint = fingerprint(ids, protocol)}};
}

std::vector<at::Tensor> batches(const Windows &windows, std::int64_t tokens)
{
    return windows.ids.split(std::max<std::int64_t>(1, tokens / windows.ids.size(1)));
}

} // namespace ecdysis::data

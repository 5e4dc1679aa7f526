// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/sha256.h"

#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "core/exception.h"

namespace ecdysis::io {

struct Sha256::Context
{
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

namespace {

void require(bool succeeded)
{
    if (!succeeded)
        throw Exception(ErrorCode::Internal, "the cryptographic library refused to compute SHA-256");
}

} // namespace

Sha256::Sha256() : m_context(std::make_unique<Context>())
{
    require(m_context->digest && EVP_DigestInit_ex(m_context->digest.get(), EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256 &&) noexcept = default;
Sha256 &Sha256::operator=(Sha256 &&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes)
{
    require(EVP_DigestUpdate(m_context->digest.get(), bytes.data(), bytes.size()) == 1);
}

void Sha256::update(std::string_view text)
{
    update(std::as_bytes(std::span(text)));
}

void Sha256::update(std::uint64_t number)
{
    std::array<std::byte, 8> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::byte>(number >> (8 * i));
    update(bytes);
}

std::string Sha256::finish()
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    require(EVP_DigestFinal_ex(m_context->digest.get(), digest.data(), &size) == 1);
    std::string text;
    for (unsigned int i = 0; i < size; ++i)
        text += fmt::format("{:02x}", digest[i]);
    return text;
}

} // namespace ecdysis::io

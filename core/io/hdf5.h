// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <hdf5.h>

/// \file
/// The little of HDF5 that session files need, with owned handles and typed access. Functions throw Exception whose
/// `where` is "file: /path/in/it". Element types: double, std::int32_t, std::int64_t, std::uint64_t, std::uint8_t and
/// std::string (UTF-8, variable length); stored little-endian.
namespace ecdysis::io::hdf5 {

/// An HDF5 identifier, closed with the function that its kind needs.
class Handle
{
public:
    Handle(hid_t id, herr_t (*close)(hid_t)) : m_id(id), m_close(close) {}
    Handle(Handle &&other) noexcept;
    Handle &operator=(Handle &&other) noexcept;
    ~Handle();

    hid_t get() const { return m_id; }
    bool valid() const { return m_id >= 0; }

private:
    hid_t m_id;
    herr_t (*m_close)(hid_t);
};

/// A group or a whole file, with its place for messages.
struct Group
{
    Handle handle;
    std::string where;
    std::shared_ptr<std::size_t> unread; ///< bytes that the file has for what was not read yet; none while writing
};

/// A new file in memory whose first `userBlock` bytes HDF5 leaves alone (a power of two, 512 or more).
Group createInMemory(std::size_t userBlock, const std::string &where);

/// The bytes of such a file, with the user block (zeros) or without it, as the library's version has it.
std::vector<std::byte> imageOf(const Group &file);

/// Opens the bytes of a file for reading. BadFormat when they are no HDF5 file. What is then read from it, all
/// together, is no more than these bytes, whatever sizes they claim: no data under two names, compressed or in another
/// file.
Group openImage(std::span<const std::byte> image, const std::string &where);

Group createGroup(const Group &parent, const std::string &name);
Group openGroup(const Group &parent, const std::string &name);
bool hasGroup(const Group &parent, const std::string &name);

template <typename T> void writeAttribute(const Group &group, const char *name, const T &value);
template <typename T> T readAttribute(const Group &group, const char *name);

/// Values in row-major order with the size of each dimension.
template <typename T> struct Array
{
    std::vector<hsize_t> shape;
    std::vector<T> values;
};

template <typename T> void writeArray(const Group &group, const char *name, const Array<T> &array);
/// BadFormat when it is absent, of another type than writeArray() gives it or not of `dimensions` dimensions.
template <typename T> Array<T> readArray(const Group &group, const char *name, std::size_t dimensions);

} // namespace ecdysis::io::hdf5

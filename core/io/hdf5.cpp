// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/hdf5.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/exception.h"

namespace ecdysis::io::hdf5 {

namespace {

/// HDF5 writes its error stack to standard error unless told otherwise; the setting belongs to a thread.
class QuietErrors
{
public:
    QuietErrors()
    {
        H5Eget_auto2(H5E_DEFAULT, &m_function, &m_data);
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    }
    ~QuietErrors() { H5Eset_auto2(H5E_DEFAULT, m_function, m_data); }
    QuietErrors(const QuietErrors &) = delete;
    QuietErrors &operator=(const QuietErrors &) = delete;

private:
    H5E_auto2_t m_function = nullptr;
    void *m_data = nullptr;
};

[[noreturn]] void failToRead(const Group &group, const char *name, const std::string &message)
{
    throw Exception(ErrorCode::BadFormat, message, fmt::format("{}{}", group.where, name));
}

[[noreturn]] void failToWrite(const Group &group, const char *name)
{
    throw Exception(ErrorCode::WriteFailed, "HDF5 could not store a value in memory",
                    fmt::format("{}{}", group.where, name));
}

Handle textType()
{
    Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(type.get(), H5T_VARIABLE);
    H5Tset_cset(type.get(), H5T_CSET_UTF8);
    return type;
}

struct NumberType
{
    hid_t memory;
    hid_t file;
    const char *name;
};

template <typename T> NumberType numberType();
template <> NumberType numberType<double>()
{
    return {H5T_NATIVE_DOUBLE, H5T_IEEE_F64LE, "64-bit floats"};
}
template <> NumberType numberType<std::int32_t>()
{
    return {H5T_NATIVE_INT32, H5T_STD_I32LE, "32-bit integers"};
}
template <> NumberType numberType<std::int64_t>()
{
    return {H5T_NATIVE_INT64, H5T_STD_I64LE, "64-bit integers"};
}
template <> NumberType numberType<std::uint64_t>()
{
    return {H5T_NATIVE_UINT64, H5T_STD_U64LE, "64-bit unsigned integers"};
}
template <> NumberType numberType<std::uint8_t>()
{
    return {H5T_NATIVE_UINT8, H5T_STD_U8LE, "8-bit unsigned integers"};
}

/// Whether the name is there and stands for an object of this file: links may lead to any file of the disk.
bool hasHardLink(hid_t parent, const char *name)
{
    H5L_info_t info;
    return H5Lexists(parent, name, H5P_DEFAULT) > 0 && H5Lget_info(parent, name, &info, H5P_DEFAULT) >= 0 &&
           info.type == H5L_TYPE_HARD;
}

/// Not in chunks, which may be compressed or larger than the data, nor in other files.
bool hasPlainLayout(hid_t dataset)
{
    const Handle properties(H5Dget_create_plist(dataset), H5Pclose);
    const auto layout = H5Pget_layout(properties.get());
    return (layout == H5D_CONTIGUOUS || layout == H5D_COMPACT) && H5Pget_external_count(properties.get()) == 0;
}

/// What differs between an attribute and a dataset.
struct Storage
{
    Handle (*create)(hid_t parent, const char *name, hid_t type, hid_t space);
    Handle (*open)(hid_t parent, const char *name);
    bool (*exists)(hid_t parent, const char *name);
    bool (*isPlain)(hid_t id); ///< its data lie in the file as they are
    hid_t (*space)(hid_t id);
    hid_t (*type)(hid_t id);
    herr_t (*write)(hid_t id, hid_t type, const void *data);
    herr_t (*read)(hid_t id, hid_t type, void *data);
    const char *word;
};

const Storage attribute = {
    [](hid_t parent, const char *name, hid_t type, hid_t space) {
        return Handle(H5Acreate2(parent, name, type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    },
    [](hid_t parent, const char *name) { return Handle(H5Aopen(parent, name, H5P_DEFAULT), H5Aclose); },
    [](hid_t parent, const char *name) { return H5Aexists(parent, name) > 0; },
    [](hid_t) { return true; },
    H5Aget_space,
    H5Aget_type,
    H5Awrite,
    H5Aread,
    "attribute",
};

const Storage dataset = {
    [](hid_t parent, const char *name, hid_t type, hid_t space) {
        // Without times the same session gives the same bytes.
        const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
        H5Pset_obj_track_times(properties.get(), false);
        return Handle(H5Dcreate2(parent, name, type, space, H5P_DEFAULT, properties.get(), H5P_DEFAULT), H5Dclose);
    },
    [](hid_t parent, const char *name) { return Handle(H5Dopen2(parent, name, H5P_DEFAULT), H5Dclose); },
    hasHardLink,
    hasPlainLayout,
    H5Dget_space,
    H5Dget_type,
    [](hid_t id, hid_t type, const void *data) { return H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data); },
    [](hid_t id, hid_t type, void *data) { return H5Dread(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data); },
    "dataset",
};

Handle spaceOf(const std::vector<hsize_t> &shape)
{
    return Handle(shape.empty() ? H5Screate(H5S_SCALAR)
                                : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
                  H5Sclose);
}

template <typename T> void write(const Storage &storage, const Group &group, const char *name, const Array<T> &array)
{
    const QuietErrors quiet;
    const Handle space = spaceOf(array.shape);
    if constexpr (std::is_same_v<T, std::string>) {
        const Handle type = textType();
        const Handle target = storage.create(group.handle.get(), name, type.get(), space.get());
        std::vector<const char *> texts;
        for (const std::string &text : array.values)
            texts.push_back(text.c_str());
        if (!target.valid() || (!texts.empty() && storage.write(target.get(), type.get(), texts.data()) < 0))
            failToWrite(group, name);
    } else {
        const NumberType type = numberType<T>();
        const Handle target = storage.create(group.handle.get(), name, type.file, space.get());
        if (!target.valid() ||
            (!array.values.empty() && storage.write(target.get(), type.memory, array.values.data()) < 0))
            failToWrite(group, name);
    }
}

struct Opened
{
    Handle handle;
    Handle space;
    Handle type;
    std::vector<hsize_t> shape;
    std::size_t elements;
};

/// Takes `count` things of `size` bytes from what the file has left, or throws: no file holds more than its bytes.
void account(const Group &group, const char *name, std::size_t count, std::size_t size)
{
    if (size != 0 && count > *group.unread / size)
        failToRead(group, name,
                   fmt::format("at most the {} bytes expected that the file has left, {} times {} found", *group.unread,
                               count, size));
    *group.unread -= count * size;
}

/// The number of elements, of which the file has room for one byte each at least.
std::size_t countElements(const Group &group, const char *name, const std::vector<hsize_t> &shape)
{
    if (std::find(shape.begin(), shape.end(), 0) != shape.end())
        return 0;
    std::size_t elements = 1;
    for (const hsize_t size : shape) {
        if (size > *group.unread / elements)
            failToRead(group, name, fmt::format("at most {} elements expected, more found", *group.unread));
        elements *= size;
    }
    return elements;
}

Opened openExisting(const Storage &storage, const Group &group, const char *name, std::size_t dimensions)
{
    if (!storage.exists(group.handle.get(), name))
        failToRead(group, name, fmt::format("{} expected, none found", storage.word));
    Handle handle = storage.open(group.handle.get(), name);
    if (!handle.valid() || !storage.isPlain(handle.get()))
        failToRead(group, name,
                   fmt::format("{} with its data in this file as they are expected, another found", storage.word));
    Handle space(storage.space(handle.get()), H5Sclose);
    Handle type(storage.type(handle.get()), H5Tclose);
    const int rank = H5Sget_simple_extent_ndims(space.get());
    if (H5Sget_simple_extent_type(space.get()) == H5S_NULL)
        failToRead(group, name, "values expected, none found");
    if (rank < 0 || static_cast<std::size_t>(rank) != dimensions)
        failToRead(group, name, fmt::format("{} dimensions expected, {} found", dimensions, rank));
    std::vector<hsize_t> shape(dimensions);
    H5Sget_simple_extent_dims(space.get(), shape.data(), nullptr);
    const std::size_t elements = countElements(group, name, shape);
    account(group, name, elements, H5Tget_size(type.get()));
    return {std::move(handle), std::move(space), std::move(type), std::move(shape), elements};
}

/// Texts that HDF5 allocates, also when it stops half way, and frees.
struct Texts
{
    explicit Texts(const Opened &opened) : space(opened.space.get()), type(textType()), data(opened.elements, nullptr)
    {
    }
    Texts(const Texts &) = delete;
    Texts &operator=(const Texts &) = delete;
    ~Texts()
    {
        if (!data.empty())
            H5Dvlen_reclaim(type.get(), space, H5P_DEFAULT, data.data());
    }

    hid_t space;
    Handle type;
    std::vector<char *> data;
};

std::vector<std::string> readTexts(const Storage &storage, const Group &group, const char *name, const Opened &opened)
{
    if (H5Tget_class(opened.type.get()) != H5T_STRING || H5Tis_variable_str(opened.type.get()) <= 0)
        failToRead(group, name, "text of variable length expected, another type found");
    Texts texts(opened);
    if (!texts.data.empty() && storage.read(opened.handle.get(), texts.type.get(), texts.data.data()) < 0)
        failToRead(group, name, "text cannot be read");
    std::vector<std::string> values;
    for (const char *text : texts.data) {
        values.emplace_back(text == nullptr ? "" : text);
        account(group, name, 1, values.back().size());
    }
    return values;
}

template <typename T>
Array<T> read(const Storage &storage, const Group &group, const char *name, std::size_t dimensions)
{
    const QuietErrors quiet;
    Opened opened = openExisting(storage, group, name, dimensions);
    if constexpr (std::is_same_v<T, std::string>) {
        return {opened.shape, readTexts(storage, group, name, opened)};
    } else {
        const NumberType type = numberType<T>();
        if (H5Tequal(opened.type.get(), type.file) <= 0)
            failToRead(group, name, fmt::format("{} expected, another type found", type.name));
        std::vector<T> values(opened.elements);
        if (!values.empty() && storage.read(opened.handle.get(), type.memory, values.data()) < 0)
            failToRead(group, name, "values cannot be read");
        return {std::move(opened.shape), std::move(values)};
    }
}

} // namespace

Handle::Handle(Handle &&other) noexcept : m_id(std::exchange(other.m_id, H5I_INVALID_HID)), m_close(other.m_close) {}

Handle &Handle::operator=(Handle &&other) noexcept
{
    std::swap(m_id, other.m_id);
    std::swap(m_close, other.m_close);
    return *this;
}

Handle::~Handle()
{
    if (m_id >= 0)
        m_close(m_id);
}

Group createInMemory(std::size_t userBlock, const std::string &where)
{
    const QuietErrors quiet;
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    H5Pset_fapl_core(access.get(), std::size_t{1} << 16, false);
    const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
    H5Pset_userblock(creation.get(), userBlock);
    Handle file(H5Fcreate("session", H5F_ACC_TRUNC, creation.get(), access.get()), H5Fclose);
    if (!file.valid())
        throw Exception(ErrorCode::WriteFailed, "HDF5 could not create a file in memory", where);
    return {std::move(file), where + ": /", nullptr};
}

std::vector<std::byte> imageOf(const Group &file)
{
    const QuietErrors quiet;
    H5Fflush(file.handle.get(), H5F_SCOPE_GLOBAL);
    const ssize_t size = H5Fget_file_image(file.handle.get(), nullptr, 0);
    std::vector<std::byte> image(size < 0 ? 0 : static_cast<std::size_t>(size));
    if (size <= 0 || H5Fget_file_image(file.handle.get(), image.data(), image.size()) < 0)
        throw Exception(ErrorCode::WriteFailed, "HDF5 could not finish the file in memory", file.where);
    return image;
}

Group openImage(std::span<const std::byte> image, const std::string &where)
{
    const QuietErrors quiet;
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    H5Pset_fapl_core(access.get(), std::size_t{1} << 16, false);
    // HDF5 copies the image, but asks for a pointer to what it could change.
    std::vector<std::byte> copy(image.begin(), image.end());
    if (H5Pset_file_image(access.get(), copy.data(), copy.size()) < 0)
        throw Exception(ErrorCode::OutOfMemory, "HDF5 could not take the file into memory", where);
    Handle file(H5Fopen("session", H5F_ACC_RDONLY, access.get()), H5Fclose);
    if (!file.valid())
        throw Exception(ErrorCode::BadFormat, "an HDF5 file expected, its structure is not readable", where);
    return {std::move(file), where + ": /", std::make_shared<std::size_t>(image.size())};
}

Group createGroup(const Group &parent, const std::string &name)
{
    const QuietErrors quiet;
    Handle group(H5Gcreate2(parent.handle.get(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    if (!group.valid())
        failToWrite(parent, name.c_str());
    return {std::move(group), parent.where + name + "/", nullptr};
}

Group openGroup(const Group &parent, const std::string &name)
{
    const QuietErrors quiet;
    if (!hasHardLink(parent.handle.get(), name.c_str()))
        failToRead(parent, name.c_str(), "a group expected, none found");
    Handle group(H5Gopen2(parent.handle.get(), name.c_str(), H5P_DEFAULT), H5Gclose);
    if (!group.valid())
        failToRead(parent, name.c_str(), "a group expected, something else found");
    return {std::move(group), parent.where + name + "/", parent.unread};
}

bool hasGroup(const Group &parent, const std::string &name)
{
    const QuietErrors quiet;
    return H5Lexists(parent.handle.get(), name.c_str(), H5P_DEFAULT) > 0;
}

template <typename T> void writeAttribute(const Group &group, const char *name, const T &value)
{
    write(attribute, group, name, Array<T>{{}, {value}});
}

template <typename T> T readAttribute(const Group &group, const char *name)
{
    return std::move(read<T>(attribute, group, name, 0).values.front());
}

template <typename T> void writeArray(const Group &group, const char *name, const Array<T> &array)
{
    write(dataset, group, name, array);
}

template <typename T> Array<T> readArray(const Group &group, const char *name, std::size_t dimensions)
{
    return read<T>(dataset, group, name, dimensions);
}

template void writeAttribute(const Group &, const char *, const std::string &);
template void writeAttribute(const Group &, const char *, const double &);
template void writeAttribute(const Group &, const char *, const std::int64_t &);
template void writeAttribute(const Group &, const char *, const std::uint64_t &);
template std::string readAttribute(const Group &, const char *);
template double readAttribute(const Group &, const char *);
template std::int64_t readAttribute(const Group &, const char *);
template std::uint64_t readAttribute(const Group &, const char *);

template void writeArray(const Group &, const char *, const Array<std::string> &);
template void writeArray(const Group &, const char *, const Array<double> &);
template void writeArray(const Group &, const char *, const Array<std::int32_t> &);
template void writeArray(const Group &, const char *, const Array<std::uint64_t> &);
template void writeArray(const Group &, const char *, const Array<std::uint8_t> &);
template Array<std::string> readArray(const Group &, const char *, std::size_t);
template Array<double> readArray(const Group &, const char *, std::size_t);
template Array<std::int32_t> readArray(const Group &, const char *, std::size_t);
template Array<std::uint64_t> readArray(const Group &, const char *, std::size_t);
template Array<std::uint8_t> readArray(const Group &, const char *, std::size_t);

} // namespace ecdysis::io::hdf5

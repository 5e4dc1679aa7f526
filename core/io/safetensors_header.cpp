// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/safetensors.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ecdysis::io {

namespace {

constexpr std::uint64_t lengthSize = 8;
constexpr std::uint64_t longestHeader = 100'000'000; // the limit of the reference implementation

/// Valid element types that this program does not compute with.
constexpr std::array<std::string_view, 9> foreignTypes = {"C64",         "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ",
                                                          "F8_E5M2FNUZ", "F6_E2M3", "F6_E3M2", "F4"};

/// Reads the header as events, since a parsed object would hide names that occur twice.
class HeaderReader
{
public:
    using number_integer_t = nlohmann::json::number_integer_t;
    using number_unsigned_t = nlohmann::json::number_unsigned_t;
    using number_float_t = nlohmann::json::number_float_t;
    using string_t = nlohmann::json::string_t;
    using binary_t = nlohmann::json::binary_t;

    explicit HeaderReader(std::string where) : m_where(std::move(where)) {}

    bool null() { return refuse("null"); }
    bool boolean(bool) { return refuse("a truth value"); }
    bool number_integer(number_integer_t value) { return refuse(fmt::format("the number {}", value)); }
    bool number_float(number_float_t, const string_t &text) { return refuse("the number " + text); }
    bool binary(binary_t &) { return refuse("binary data"); }
    bool number_unsigned(number_unsigned_t value);
    bool string(string_t &text);
    bool start_object(std::size_t);
    bool key(string_t &name);
    bool end_object();
    bool start_array(std::size_t);
    bool end_array();
    bool parse_error(std::size_t position, const std::string &, const nlohmann::json::exception &error);

    SafetensorsHeader header;
    Error error;

private:
    enum class State {
        Start,
        Names,         // in the outermost object
        Tensor,        // before the object of a tensor
        Fields,        // in it
        Type,          // before a dtype
        ShapeList,     // before the list of a shape
        Shape,         // in it
        OffsetsList,   // before data_offsets
        Offsets,       // in them
        Metadata,      // before the object of the metadata
        MetadataNames, // in it
        MetadataValue,
        End,
    };

    bool fail(ErrorCode code, std::string message);
    bool refuse(const std::string &found);
    bool tensorName(const std::string &name);
    bool field(const std::string &name);
    bool metadataName(const std::string &name);
    bool finishTensor();

    State m_state = State::Start;
    std::string m_where;
    std::string m_name; // of the tensor or metadata entry being read
    bool m_inMetadata = false;
    SafetensorsEntry m_entry;
    std::vector<std::uint64_t> m_offsets;
    std::set<std::string> m_fields; // of the tensor being read
    std::set<std::string> m_names;
};

bool HeaderReader::fail(ErrorCode code, std::string message)
{
    const std::string place = m_inMetadata ? "__metadata__" : m_name;
    error = {code, std::move(message), place.empty() ? m_where : m_where + ": " + place};
    return false;
}

bool HeaderReader::refuse(const std::string &found)
{
    const char *expected = [&] {
        switch (m_state) {
        case State::Start:
            return "an object";
        case State::Tensor:
            return "an object with dtype, shape and data_offsets";
        case State::Type:
            return "a string as dtype";
        case State::ShapeList:
            return "a list as shape";
        case State::Shape:
            return "a size of 0 to 2^63 - 1 in shape";
        case State::OffsetsList:
            return "a list as data_offsets";
        case State::Offsets:
            return "an offset of 0 to 2^64 - 1 in data_offsets";
        case State::Metadata:
            return "an object as metadata";
        case State::MetadataValue:
            return "a string as value of metadata";
        default:
            return "a name";
        }
    }();
    return fail(ErrorCode::BadFormat, fmt::format("expected {}, found {}", expected, found));
}

bool HeaderReader::number_unsigned(number_unsigned_t value)
{
    if (m_state == State::Shape && value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        m_entry.info.shape.push_back(static_cast<std::int64_t>(value));
        return true;
    }
    if (m_state == State::Offsets) {
        m_offsets.push_back(value);
        return true;
    }
    return refuse(fmt::format("the number {}", value));
}

bool HeaderReader::string(string_t &text)
{
    if (m_state == State::MetadataValue) {
        header.metadata[m_name] = text;
        m_state = State::MetadataNames;
        return true;
    }
    if (m_state != State::Type)
        return refuse(fmt::format("the string '{}'", text));
    if (std::find(foreignTypes.begin(), foreignTypes.end(), text) != foreignTypes.end())
        return fail(
            ErrorCode::Unsupported,
            fmt::format("expected a floating-point type of 16 to 64 bits, an integer type or BOOL, found {}", text));
    const auto dtype = dtypeFromName(text);
    if (!dtype)
        return fail(ErrorCode::BadFormat, fmt::format("expected a known dtype, found '{}'", text));
    m_entry.info.dtype = *dtype;
    m_state = State::Fields;
    return true;
}

bool HeaderReader::start_object(std::size_t)
{
    switch (m_state) {
    case State::Start:
        m_state = State::Names;
        return true;
    case State::Tensor:
        m_state = State::Fields;
        return true;
    case State::Metadata:
        m_state = State::MetadataNames;
        return true;
    default:
        return refuse("an object");
    }
}

bool HeaderReader::start_array(std::size_t)
{
    switch (m_state) {
    case State::ShapeList:
        m_state = State::Shape;
        return true;
    case State::OffsetsList:
        m_state = State::Offsets;
        return true;
    default:
        return refuse("a list");
    }
}

bool HeaderReader::end_array()
{
    if (m_state == State::Offsets && m_offsets.size() != 2)
        return fail(ErrorCode::BadFormat, fmt::format("expected two data_offsets, found {}", m_offsets.size()));
    m_state = State::Fields;
    return true;
}

bool HeaderReader::key(string_t &name)
{
    if (m_state == State::Names)
        return tensorName(name);
    return m_state == State::Fields ? field(name) : metadataName(name);
}

bool HeaderReader::tensorName(const std::string &name)
{
    m_name = name;
    if (!m_names.insert(name).second)
        return fail(ErrorCode::BadFormat, "expected every name once, found this one twice");
    m_inMetadata = name == "__metadata__";
    m_state = m_inMetadata ? State::Metadata : State::Tensor;
    m_entry = {};
    m_entry.info.name = name;
    m_fields.clear();
    m_offsets.clear();
    return true;
}

bool HeaderReader::field(const std::string &name)
{
    if (!m_fields.insert(name).second)
        return fail(ErrorCode::BadFormat, fmt::format("expected every field once, found '{}' twice", name));
    if (name == "dtype")
        m_state = State::Type;
    else if (name == "shape")
        m_state = State::ShapeList;
    else if (name == "data_offsets")
        m_state = State::OffsetsList;
    else
        return fail(ErrorCode::BadFormat,
                    fmt::format("expected the fields dtype, shape and data_offsets, found '{}'", name));
    return true;
}

bool HeaderReader::metadataName(const std::string &name)
{
    if (header.metadata.contains(name))
        return fail(ErrorCode::BadFormat, fmt::format("expected every name once, found '{}' twice", name));
    m_name = name;
    m_state = State::MetadataValue;
    return true;
}

bool HeaderReader::end_object()
{
    if (m_state == State::Names) {
        m_state = State::End;
        return true;
    }
    const bool finished = m_state == State::MetadataNames || finishTensor();
    m_inMetadata = false;
    m_name.clear();
    m_state = State::Names;
    return finished;
}

bool HeaderReader::finishTensor()
{
    for (const char *name : {"dtype", "shape", "data_offsets"})
        if (!m_fields.contains(name))
            return fail(ErrorCode::BadFormat,
                        fmt::format("expected the fields dtype, shape and data_offsets, found no {}", name));
    m_entry.begin = m_offsets[0];
    m_entry.end = m_offsets[1];
    header.entries.push_back(std::move(m_entry));
    return true;
}

bool HeaderReader::parse_error(std::size_t position, const std::string &, const nlohmann::json::exception &problem)
{
    const std::string_view message = problem.what();
    const auto start = message.find("] ");
    return fail(ErrorCode::BadFormat,
                fmt::format("expected a JSON header, found a mistake at offset {}: {}", position + lengthSize,
                            start == message.npos ? message : message.substr(start + 2)));
}

std::uint64_t readLength(std::span<const std::byte> bytes)
{
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < lengthSize; ++i)
        length |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
    return length;
}

/// The text of the header, if the lengths make sense.
Result<std::string_view> headerText(std::span<const std::byte> file, const std::string &where)
{
    if (file.size() < lengthSize)
        return failure(ErrorCode::BadFormat, fmt::format("expected at least 8 bytes, found {}", file.size()), where);
    const std::uint64_t length = readLength(file);
    if (length > longestHeader)
        return failure(ErrorCode::BadFormat,
                       fmt::format("expected a header of at most {} bytes, found the length {}", longestHeader, length),
                       where);
    if (length > file.size() - lengthSize)
        return failure(ErrorCode::BadFormat,
                       fmt::format("expected a header of {} bytes, found a file of {}", length, file.size()), where);
    const std::string_view text(reinterpret_cast<const char *>(file.data()) + lengthSize, length);
    if (text.empty() || text.front() != '{')
        return failure(ErrorCode::BadFormat, "expected a header that starts with '{', found something else", where);
    // The JSON parser would take a zero byte for the end of the text.
    if (const auto zero = text.find('\0'); zero != std::string_view::npos)
        return failure(ErrorCode::BadFormat,
                       fmt::format("expected a JSON header, found a zero byte at offset {}", zero + lengthSize), where);
    return text;
}

/// The bytes a tensor's shape and type need; an error unless its offsets agree.
Result<void> checkSize(const SafetensorsEntry &entry, const std::string &where)
{
    const auto elements = checkedElements(entry.info.shape, entry.info.dtype);
    if (!elements)
        return failure(ErrorCode::BadFormat, "expected a size below 2^63 bytes, found a shape that exceeds it", where);
    const std::uint64_t expected = static_cast<std::uint64_t>(*elements) * byteSize(entry.info.dtype);
    if (entry.end - entry.begin != expected)
        return failure(ErrorCode::BadFormat,
                       fmt::format("expected {} bytes for shape [{}] of {}, found {}", expected,
                                   fmt::join(entry.info.shape, ", "), name(entry.info.dtype), entry.end - entry.begin),
                       where);
    return {};
}

/// No holes, no overlaps, nothing behind the last tensor.
Result<void> checkLayout(const SafetensorsHeader &header, std::uint64_t dataSize, const std::string &where)
{
    std::uint64_t position = 0;
    for (const auto &entry : header.entries) {
        const std::string place = where + ": " + entry.info.name;
        if (entry.begin != position || entry.end < entry.begin)
            return failure(
                ErrorCode::BadFormat,
                fmt::format("expected data_offsets that begin at {} where the tensor before ends, found [{}, {}]",
                            position, entry.begin, entry.end),
                place);
        if (auto fits = checkSize(entry, place); !fits)
            return fits;
        if (entry.end > dataSize)
            return failure(ErrorCode::BadFormat,
                           fmt::format("expected data up to offset {}, found {} bytes of data", entry.end, dataSize),
                           place);
        position = entry.end;
    }
    if (position != dataSize)
        return failure(ErrorCode::BadFormat, fmt::format("expected {} bytes of data, found {}", position, dataSize),
                       where);
    return {};
}

} // namespace

Result<SafetensorsHeader> parseSafetensorsHeader(std::span<const std::byte> file, const std::string &where)
{
    const auto text = headerText(file, where);
    if (!text)
        return tl::unexpected(text.error());
    HeaderReader reader(where);
    if (!nlohmann::json::sax_parse(*text, &reader))
        return tl::unexpected(reader.error);
    SafetensorsHeader header = std::move(reader.header);
    header.dataOffset = lengthSize + text->size();
    std::sort(header.entries.begin(), header.entries.end(), [](const auto &a, const auto &b) {
        return std::tie(a.begin, a.end, a.info.name) < std::tie(b.begin, b.end, b.info.name);
    });
    if (auto whole = checkLayout(header, file.size() - header.dataOffset, where); !whole)
        return tl::unexpected(whole.error());
    const std::string fileName = std::filesystem::path(where).filename().string();
    for (auto &entry : header.entries)
        entry.info.file = fileName;
    return header;
}

} // namespace ecdysis::io

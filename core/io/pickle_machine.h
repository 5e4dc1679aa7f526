// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "core/io/pickle.h"

/// \file
/// The stack machine of a restricted pickle: values have no code, lists and dicts live in an arena (so that a pickle
/// that contains itself neither leaks nor recurses), strings are views on the input.
namespace ecdysis::io::pickle {

struct None
{
};

/// The functions a pickle may name.
enum class Function { OrderedDict, RebuildTensor, RebuildParameter, Size };

struct StorageType
{
    DType dtype;
};

/// A torch.dtype, as configurations saved beside weights hold it.
struct ElementType
{
};

struct Storage
{
    std::string_view key;
    DType dtype;
    std::int64_t elements;
};

struct List;
struct Tuple;
struct Dict;
struct Tensor;

using Value = std::variant<None, bool, std::int64_t, double, std::string_view, Function, StorageType, ElementType,
                           Storage, List *, const Tuple *, Dict *, const Tensor *>;

struct List
{
    std::vector<Value> items;
};

struct Tuple
{
    std::vector<Value> items;
};

struct Dict
{
    std::vector<std::pair<std::string_view, Value>> entries;
    std::set<std::string_view> keys;
    bool ordered = false; ///< a collections.OrderedDict
};

/// As pickled: not yet checked against its storage.
struct Tensor
{
    Storage storage;
    std::int64_t offset;
    std::vector<std::int64_t> shape;
    std::vector<std::int64_t> strides;
};

/// "a list", for messages.
const char *kind(const Value &value);

/// Runs one pickle. Values refer to the machine and to the bytes.
class Machine
{
public:
    Machine(std::span<const std::byte> bytes, const std::string &where, const PickleLimits &limits);

    /// The pickled value. Throws Exception with the offset of the opcode that is at fault.
    Value run();

private:
    using Handler = void (Machine::*)();
    struct Opcode;
    static const Opcode *find(std::uint8_t code);

    [[noreturn]] void refuse(ErrorCode code, const std::string &message) const;
    [[noreturn]] void mismatch(const char *expected, const Value &found) const;

    std::span<const std::byte> take(std::size_t count);
    std::string_view takeText(std::size_t count);
    std::string_view takeLine();
    std::uint64_t takeNumber(std::size_t bytes);

    void push(Value value);
    Value pop();
    std::vector<Value> popToMark();
    Value &top();
    template <typename T> T expect(const Value &value, const char *expected) const;
    std::vector<std::int64_t> integers(const Value &value) const;

    void remember(std::uint64_t index);
    void recall(std::uint64_t index);
    void pushTuple(std::vector<Value> items);
    void pushDict(bool ordered);
    void insert(Dict &dict, const Value &key, const Value &value);
    void call(Function function, const std::vector<Value> &arguments);
    void rebuildTensor(const std::vector<Value> &arguments);
    void rebuildParameter(const std::vector<Value> &arguments);

    void protocol();
    void mark();
    void emptyDict();
    void emptyList();
    void emptyTuple();
    void tuple();
    void tuple1();
    void tuple2();
    void tuple3();
    void put1();
    void put4();
    void get1();
    void get4();
    void unicode();
    void shortString();
    void integer1();
    void integer2();
    void integer4();
    void long1();
    void floating();
    void none();
    void yes();
    void no();
    void global();
    void reduce();
    void newObject();
    void build();
    void persistentId();
    void setItem();
    void setItems();
    void append();
    void appends();

    std::span<const std::byte> m_bytes;
    const std::string &m_where;
    const PickleLimits &m_limits;
    std::size_t m_position = 0;
    std::size_t m_opcodeStart = 0;
    std::vector<Value> m_stack;
    std::vector<std::size_t> m_marks; ///< stack heights
    std::unordered_map<std::uint64_t, Value> m_memo;
    std::deque<List> m_lists;
    std::deque<Tuple> m_tuples;
    std::deque<Dict> m_dicts;
    std::deque<Tensor> m_tensors;
};

template <typename T> T Machine::expect(const Value &value, const char *expected) const
{
    if (const auto *held = std::get_if<T>(&value))
        return *held;
    mismatch(expected, value);
}

} // namespace ecdysis::io::pickle

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/pickle_machine.h"

#include <algorithm>
#include <array>
#include <bit>

#include <fmt/format.h>

namespace ecdysis::io::pickle {

namespace {

struct Global
{
    std::string_view module;
    std::string_view name;
    Value value;
};

/// Everything a pickle may name. Nothing of it can be called but by Machine::call().
const std::array globals = {
    Global{"collections", "OrderedDict", Function::OrderedDict},
    Global{"torch._utils", "_rebuild_tensor_v2", Function::RebuildTensor},
    Global{"torch._utils", "_rebuild_parameter", Function::RebuildParameter},
    Global{"torch", "Size", Function::Size},
    Global{"torch", "FloatStorage", StorageType{DType::F32}},
    Global{"torch", "HalfStorage", StorageType{DType::F16}},
    Global{"torch", "BFloat16Storage", StorageType{DType::BF16}},
    Global{"torch", "DoubleStorage", StorageType{DType::F64}},
    Global{"torch", "LongStorage", StorageType{DType::I64}},
    Global{"torch", "IntStorage", StorageType{DType::I32}},
    Global{"torch", "ShortStorage", StorageType{DType::I16}},
    Global{"torch", "CharStorage", StorageType{DType::I8}},
    Global{"torch", "ByteStorage", StorageType{DType::U8}},
    Global{"torch", "BoolStorage", StorageType{DType::Bool}},
    Global{"torch", "float32", ElementType{}},
    Global{"torch", "float16", ElementType{}},
    Global{"torch", "bfloat16", ElementType{}},
    Global{"torch", "float64", ElementType{}},
};

} // namespace

void Machine::insert(Dict &dict, const Value &key, const Value &value)
{
    const auto text = expect<std::string_view>(key, "a string as key");
    if (dict.entries.size() >= m_limits.entries)
        refuse(ErrorCode::BadFormat,
               fmt::format("expected at most {} entries of a dict, found more", m_limits.entries));
    if (!dict.keys.insert(text).second)
        refuse(ErrorCode::BadFormat, fmt::format("expected every key once, found '{}' twice", text));
    dict.entries.emplace_back(text, value);
}

void Machine::call(Function function, const std::vector<Value> &arguments)
{
    switch (function) {
    case Function::OrderedDict:
        if (!arguments.empty())
            refuse(ErrorCode::BadFormat, "expected an OrderedDict without arguments, found some");
        return pushDict(true);
    case Function::RebuildTensor:
        return rebuildTensor(arguments);
    case Function::RebuildParameter:
        return rebuildParameter(arguments);
    case Function::Size:
        if (arguments.size() != 1)
            refuse(ErrorCode::BadFormat, fmt::format("expected 1 argument of torch.Size, found {}", arguments.size()));
        return push(expect<const Tuple *>(arguments[0], "a tuple"));
    }
}

void Machine::rebuildTensor(const std::vector<Value> &arguments)
{
    if (arguments.size() != 6 && arguments.size() != 7)
        refuse(ErrorCode::BadFormat, fmt::format("expected 6 or 7 arguments of a tensor, found {}", arguments.size()));
    expect<bool>(arguments[4], "a truth value as requires_grad");
    expect<Dict *>(arguments[5], "an OrderedDict of hooks");
    // Metadata says that the bits are conjugated or negated, which no weights are.
    const bool plain = arguments.size() == 6 || std::holds_alternative<None>(arguments[6]) ||
                       expect<Dict *>(arguments[6], "a dict of metadata")->entries.empty();
    if (!plain)
        refuse(ErrorCode::Unsupported, "expected a tensor without metadata, found some");
    push(&m_tensors.emplace_back(Tensor{expect<Storage>(arguments[0], "a storage"),
                                        expect<std::int64_t>(arguments[1], "an integer as offset"),
                                        integers(arguments[2]), integers(arguments[3])}));
}

void Machine::rebuildParameter(const std::vector<Value> &arguments)
{
    if (arguments.size() != 3)
        refuse(ErrorCode::BadFormat, fmt::format("expected 3 arguments of a parameter, found {}", arguments.size()));
    expect<bool>(arguments[1], "a truth value as requires_grad");
    expect<Dict *>(arguments[2], "an OrderedDict of hooks");
    push(expect<const Tensor *>(arguments[0], "a tensor"));
}

void Machine::protocol()
{
    const auto version = takeNumber(1);
    if (version != 2)
        refuse(ErrorCode::Unsupported, fmt::format("expected pickle protocol 2, found {}", version));
}

void Machine::mark()
{
    if (m_marks.size() >= m_limits.nesting)
        refuse(ErrorCode::BadFormat, fmt::format("expected at most {} nested values, found more", m_limits.nesting));
    m_marks.push_back(m_stack.size());
}

void Machine::emptyDict()
{
    pushDict(false);
}
void Machine::emptyList()
{
    push(&m_lists.emplace_back());
}
void Machine::emptyTuple()
{
    pushTuple({});
}
void Machine::tuple()
{
    pushTuple(popToMark());
}
void Machine::tuple1()
{
    pushTuple({pop()});
}

void Machine::tuple2()
{
    const Value second = pop();
    const Value first = pop();
    pushTuple({first, second});
}

void Machine::tuple3()
{
    const Value third = pop();
    const Value second = pop();
    const Value first = pop();
    pushTuple({first, second, third});
}

void Machine::put1()
{
    remember(takeNumber(1));
}
void Machine::put4()
{
    remember(takeNumber(4));
}
void Machine::get1()
{
    recall(takeNumber(1));
}
void Machine::get4()
{
    recall(takeNumber(4));
}
void Machine::unicode()
{
    push(takeText(takeNumber(4)));
}
void Machine::shortString()
{
    push(takeText(takeNumber(1)));
}
void Machine::integer1()
{
    push(static_cast<std::int64_t>(takeNumber(1)));
}
void Machine::integer2()
{
    push(static_cast<std::int64_t>(takeNumber(2)));
}
void Machine::integer4()
{
    push(std::int64_t{static_cast<std::int32_t>(takeNumber(4))});
}

void Machine::long1()
{
    constexpr std::uint64_t longest = 8;
    const auto length = takeNumber(1);
    if (length > longest)
        refuse(ErrorCode::BadFormat,
               fmt::format("expected an integer of at most 64 bits, found one of {} bytes", length));
    if (length == 0)
        return push(std::int64_t{0});
    // Two's complement of `length` bytes: shift the sign up, then down again.
    const auto unused = 64 - 8 * length;
    push(static_cast<std::int64_t>(takeNumber(length) << unused) >> unused);
}

void Machine::floating()
{
    std::uint64_t bits = 0;
    for (const auto byte : take(8))
        bits = bits << 8 | std::to_integer<std::uint64_t>(byte);
    push(std::bit_cast<double>(bits));
}

void Machine::none()
{
    push(None{});
}
void Machine::yes()
{
    push(true);
}
void Machine::no()
{
    push(false);
}

void Machine::global()
{
    const auto module = takeLine();
    const auto name = takeLine();
    const auto *found = std::find_if(globals.begin(), globals.end(),
                                     [&](const Global &known) { return known.module == module && known.name == name; });
    if (found == globals.end())
        refuse(ErrorCode::Unsupported, fmt::format("expected a name that a state dict needs, found '{}.{}'",
                                                   module.substr(0, 100), name.substr(0, 100)));
    push(found->value);
}

void Machine::reduce()
{
    const auto *arguments = expect<const Tuple *>(pop(), "a tuple of arguments");
    call(expect<Function>(pop(), "a function"), arguments->items);
}

void Machine::newObject()
{
    const auto *arguments = expect<const Tuple *>(pop(), "a tuple of arguments");
    if (expect<Function>(pop(), "a class") != Function::OrderedDict)
        refuse(ErrorCode::BadFormat, "expected the class OrderedDict, found a function");
    call(Function::OrderedDict, arguments->items);
}

void Machine::build()
{
    pop(); // attributes, such as the versions of modules
    if (!expect<Dict *>(top(), "an OrderedDict")->ordered)
        refuse(ErrorCode::BadFormat, "expected attributes of an OrderedDict, found those of a dict");
}

void Machine::persistentId()
{
    const auto &items = expect<const Tuple *>(pop(), "a tuple that names a storage")->items;
    if (items.size() != 5)
        refuse(ErrorCode::BadFormat, fmt::format("expected 5 parts of a storage, found {}", items.size()));
    if (expect<std::string_view>(items[0], "the string 'storage'") != "storage")
        refuse(ErrorCode::BadFormat, "expected a storage, found another persistent object");
    expect<std::string_view>(items[3], "a string as location");
    push(Storage{expect<std::string_view>(items[2], "a string as key of a storage"),
                 expect<StorageType>(items[1], "a storage type").dtype,
                 expect<std::int64_t>(items[4], "an integer as size of a storage")});
}

void Machine::setItem()
{
    const Value value = pop();
    const Value key = pop();
    insert(*expect<Dict *>(top(), "a dict"), key, value);
}

void Machine::setItems()
{
    const auto items = popToMark();
    if (items.size() % 2 != 0)
        refuse(ErrorCode::BadFormat, "expected pairs of key and value, found an odd number of values");
    Dict &dict = *expect<Dict *>(top(), "a dict");
    for (std::size_t i = 0; i < items.size(); i += 2)
        insert(dict, items[i], items[i + 1]);
}

void Machine::append()
{
    const Value value = pop();
    expect<List *>(top(), "a list")->items.push_back(value);
}

void Machine::appends()
{
    const auto items = popToMark();
    auto &list = expect<List *>(top(), "a list")->items;
    list.insert(list.end(), items.begin(), items.end());
}

} // namespace ecdysis::io::pickle

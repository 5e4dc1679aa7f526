// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/pickle_writer.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <map>

namespace ecdysis::io {

namespace {

std::string storageClass(DType type)
{
    switch (type) {
    case DType::F64:
        return "DoubleStorage";
    case DType::F16:
        return "HalfStorage";
    case DType::BF16:
        return "BFloat16Storage";
    default:
        return "FloatStorage";
    }
}

/// Emits opcodes, and remembers what Python's pickler would: objects that come again are named by their number.
class Emitter
{
public:
    std::string take() { return std::move(m_code); }
    void op(char code) { m_code += code; }

    std::uint32_t remember()
    {
        if (m_remembered < 256)
            op('q'), bytes(m_remembered, 1);
        else
            op('r'), bytes(m_remembered, 4);
        return m_remembered++;
    }

    void recall(std::uint32_t number)
    {
        if (number < 256)
            op('h'), bytes(number, 1);
        else
            op('j'), bytes(number, 4);
    }

    void text(const std::string &value)
    {
        op('X');
        bytes(value.size(), 4);
        m_code += value;
        remember();
    }

    /// An object that Python has once: an interned string or a class.
    void once(const std::string &key, const std::function<void()> &emit)
    {
        if (const auto known = m_known.find(key); known != m_known.end()) {
            recall(known->second);
            return;
        }
        emit();
        m_known[key] = m_remembered - 1;
    }

    void constant(const std::string &value)
    {
        once("text " + value, [&] { text(value); });
    }

    void global(const std::string &module, const std::string &name)
    {
        once("global " + name, [&] {
            op('c');
            m_code += module + "\n" + name + "\n";
            remember();
        });
    }

    void integer(std::int64_t value)
    {
        if (value < 256)
            op('K'), bytes(static_cast<std::uint64_t>(value), 1);
        else if (value < 65536)
            op('M'), bytes(static_cast<std::uint64_t>(value), 2);
        else if (value <= std::numeric_limits<std::int32_t>::max())
            op('J'), bytes(static_cast<std::uint64_t>(value), 4);
        else
            long1(static_cast<std::uint64_t>(value));
    }

    void tuple(const std::vector<std::int64_t> &values)
    {
        constexpr char ofFew[] = {')', '\x85', '\x86', '\x87'};
        const bool few = values.size() < std::size(ofFew);
        if (!few)
            op('(');
        for (std::int64_t value : values)
            integer(value);
        op(few ? ofFew[values.size()] : 't');
        if (!values.empty())
            remember();
    }

private:
    void bytes(std::uint64_t value, int count)
    {
        for (int i = 0; i < count; ++i)
            m_code += static_cast<char>((value >> (8 * i)) & 0xff);
    }

    /// The fewest bytes of two's complement.
    void long1(std::uint64_t value)
    {
        int count = 1;
        while (count < 8 && (value >> (8 * count - 1)) != 0)
            ++count;
        op('\x8a');
        bytes(static_cast<std::uint64_t>(count), 1);
        bytes(value, count);
    }

    std::string m_code;
    std::uint32_t m_remembered = 0;
    std::map<std::string, std::uint32_t> m_known;
};

/// A call of torch._utils._rebuild_tensor_v2. Returns the number of the tensor.
std::uint32_t emit(Emitter &out, const PickledTensor &tensor)
{
    out.global("torch._utils", "_rebuild_tensor_v2");
    out.op('(');
    out.op('(');
    out.constant("storage");
    out.global("torch", storageClass(tensor.dtype));
    out.text(tensor.storage);
    out.constant("cpu");
    out.integer(tensor.storageElements);
    out.op('t');
    out.remember();
    out.op('Q');
    out.integer(tensor.offset);
    out.tuple(tensor.shape);
    out.tuple(tensor.strides);
    out.op('\x89'); // requires_grad: False
    out.global("collections", "OrderedDict");
    out.op(')');
    out.op('R');
    out.remember();
    out.op('t');
    out.remember();
    out.op('R');
    return out.remember();
}

} // namespace

std::string pickled(std::span<const PickledTensor> tensors,
                    std::span<const std::pair<std::string, std::string>> aliases)
{
    Emitter out;
    for (char code : {'\x80', '\x02', '}'})
        out.op(code);
    out.remember();
    out.op('(');
    std::map<std::string, std::uint32_t> numbers;
    for (const PickledTensor &tensor : tensors) {
        out.text(tensor.name);
        numbers[tensor.name] = emit(out, tensor);
    }
    for (const auto &[alias, tensor] : aliases) {
        out.text(alias);
        out.recall(numbers.at(tensor));
    }
    out.op('u');
    out.op('.');
    return out.take();
}

} // namespace ecdysis::io

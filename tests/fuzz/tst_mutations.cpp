// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <array>
#include <random>

#include <QTest>

#include "core/io/torch_zip.h"
#include "core/io/zip_archive.h"
#include "tests/core/io/pickle_builder.h"
#include "tests/core/io/zip_builder.h"
#include "tests/fuzz/parsers.h"
#include "tests/support/support.h"

using namespace ecdysis;

namespace {

/// Breaks valid files in reproducible ways: the sequence depends on the seed alone.
class Mutator
{
public:
    explicit Mutator(std::uint32_t seed) : m_random(seed) {}

    /// One to four changes of `text` within its first `reach` bytes.
    std::string operator()(std::string text, std::size_t reach)
    {
        for (auto count = below(4) + 1; count > 0; --count)
            change(text, std::min(reach, text.size()));
        return text;
    }

private:
    std::size_t below(std::size_t limit) { return limit == 0 ? 0 : m_random() % limit; }

    void change(std::string &text, std::size_t reach)
    {
        static constexpr std::array<unsigned char, 12> telling = {0x00, 0xff, 0x7f, 0x80, '"', '{',
                                                                  '}',  '[',  '.',  '(',  '9', '-'};
        const auto at = below(reach);
        const auto length = below(std::min<std::size_t>(16, text.size() - at) + 1);
        switch (below(6)) {
        case 0:
            if (at < text.size())
                text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
            break;
        case 1:
            if (at < text.size())
                text[at] = static_cast<char>(telling[below(telling.size())]);
            break;
        case 2:
            text.erase(at, length);
            break;
        case 3:
            text.insert(at, text.substr(at, length));
            break;
        case 4:
            text.insert(at, 1, static_cast<char>(m_random()));
            break;
        default:
            text.replace(at, length, text, below(reach), length);
            break;
        }
    }

    std::mt19937 m_random; // its numbers are the same everywhere, unlike those of distributions
};

template <typename Feed> void feedMutations(const std::string &valid, std::size_t reach, int count, Feed feed)
{
    Mutator mutate(static_cast<std::uint32_t>(count));
    feed(asBytes(valid));
    for (int i = 0; i < count; ++i)
        feed(asBytes(mutate(valid, reach)));
}

std::string pickleOf(const std::filesystem::path &file)
{
    const auto archive = io::ZipArchive::open(file);
    const auto record = archive->read("pytorch_model/data.pkl");
    return {reinterpret_cast<const char *>(record->data.get()), record->size};
}

} // namespace

class TestMutations : public QObject
{
    Q_OBJECT

private slots:
    void safetensors();
    void pickle();
    void config();
    void zip();
};

void TestMutations::safetensors()
{
    std::string header = R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},)"
                         R"("b.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[16,40]},)"
                         R"("empty":{"dtype":"BF16","shape":[0,9],"data_offsets":[40,40]}})";
    const std::string small = littleEndian(std::uint64_t{header.size()}) + header + std::string(40, 'd');
    QVERIFY(io::parseSafetensorsHeader(asBytes(small), "small"));
    feedMutations(small, small.size(), 20'000, fuzzing::feedSafetensors);
    const std::string fixture = readAll(testData("mamba/model.safetensors"));
    QVERIFY(io::parseSafetensorsHeader(asBytes(fixture), "fixture"));
    feedMutations(fixture, 6000, 500, fuzzing::feedSafetensors);
}

void TestMutations::pickle()
{
    const std::string fixture = pickleOf(testData("mamba_original/pytorch_model.bin"));
    QVERIFY(io::readPickledTensors(asBytes(fixture), "fixture"));
    feedMutations(fixture, fixture.size(), 5'000, fuzzing::feedPickle);
    const std::string small =
        pickled::whole(pickled::dict({{"a", pickled::tensor(pickled::storage("0", 6), 0, {2, 3}, {3, 1})}}));
    QVERIFY(io::readPickledTensors(asBytes(small), "small"));
    feedMutations(small, small.size(), 50'000, fuzzing::feedPickle);
}

void TestMutations::config()
{
    for (const char *name :
         {"mamba/config.json", "mamba_original/config.json", "mamba2/config.json", "mamba2/config.hub.json"}) {
        const std::string valid = readAll(testData(name));
        QVERIFY(io::Config::parse(valid, name));
        feedMutations(valid, valid.size(), 5'000, fuzzing::feedConfig);
    }
}

void TestMutations::zip()
{
    const std::string state =
        pickled::whole(pickled::dict({{"a", pickled::tensor(pickled::storage("0", 2), 0, {2}, {1})}}));
    const std::string valid = buildZip({{"x/data.pkl", state}, {"x/data/0", "12345678"}, {"x/byteorder", "little"}});
    const TemporaryFolder folder;
    VERIFY_RESULT(io::TorchFile::open(folder.write("valid.bin", valid)));
    feedMutations(valid, valid.size(), 20'000, fuzzing::feedZip);
    Mutator mutate(1);
    for (int i = 0; i < 1'000; ++i) {
        const auto file = io::TorchFile::open(folder.write("mutated.bin", mutate(valid, valid.size())));
        if (!file) {
            fuzzing::requireUseful(file.error());
            continue;
        }
        for (const auto &info : file->tensors())
            if (const auto data = file->read(info.name))
                QCOMPARE(static_cast<std::int64_t>(data->bytes.size()), info.bytes());
    }
}

QTEST_APPLESS_MAIN(TestMutations)
#include "tst_mutations.moc"

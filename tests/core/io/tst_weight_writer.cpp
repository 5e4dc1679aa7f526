// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <fstream>
#include <iterator>
#include <numeric>

#include <QTemporaryDir>
#include <QTest>

#include "core/exception.h"
#include "core/io/atomic_folder.h"
#include "core/io/checkpoint.h"
#include "core/io/crc32.h"
#include "core/io/pickle_writer.h"
#include "core/io/torch_writer.h"
#include "core/io/torch_zip.h"
#include "core/io/weight_writer.h"
#include "core/io/zip_archive.h"
#include "tests/support/support.h"

using namespace ecdysis;
using namespace ecdysis::io;

namespace {

namespace fs = std::filesystem;

std::span<const std::byte> bytesOf(const std::string &text)
{
    return std::as_bytes(std::span(text));
}

/// A tensor of bytes that count from `first`.
PendingTensor counting(const std::string &name, std::vector<std::int64_t> shape, int first, DType dtype = DType::F32)
{
    PendingTensor tensor{name, dtype, std::move(shape), {}};
    const auto owner = std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(tensor.size()));
    for (std::size_t i = 0; i < owner->size(); ++i)
        (*owner)[i] = static_cast<std::byte>(static_cast<std::size_t>(first) + i);
    tensor.bytes = [owner]() -> Result<TensorBytes> { return TensorBytes{*owner, owner}; };
    return tensor;
}

std::vector<PendingTensor> someTensors()
{
    return {counting("b", {3, 4}, 7), counting("a", {5}, 100, DType::BF16), counting("c.weight", {2, 1, 4}, 50),
            counting("d", {300}, 3)};
}

void compare(const Checkpoint &checkpoint, const std::vector<PendingTensor> &tensors)
{
    for (const PendingTensor &tensor : tensors) {
        const TensorInfo *info = checkpoint.find(tensor.name);
        QVERIFY2(info, tensor.name.c_str());
        QCOMPARE(info->shape, tensor.shape);
        QVERIFY(info->dtype == tensor.dtype);
        const auto found = checkpoint.read(tensor.name);
        VERIFY_RESULT(found);
        const auto expected = tensor.bytes();
        QVERIFY(std::ranges::equal(found->bytes, expected->bytes));
    }
}

std::string errorMessage(const std::function<void()> &work)
{
    try {
        work();
    } catch (const Exception &exception) {
        return exception.error().message;
    }
    return {};
}

} // namespace

/// Files of weights as other software writes them, and folders that are there whole or not at all.
class WeightWriterTest : public QObject
{
    Q_OBJECT

private slots:
    void crc();
    void pickleIsThatOfTorchSave();
    void archiveIsThatOfTorchSave();
    void containersReadBack_data();
    void containersReadBack();
    void shards_data();
    void shards();
    void unknownContainer();
    void foldersAreWholeOrAbsent();
    void foldersWithFilesAreLeftAlone();

private:
    fs::path path(const std::string &name) const { return fs::path(m_folder.path().toStdString()) / name; }
    QTemporaryDir m_folder;
};

void WeightWriterTest::crc()
{
    // The check value of the catalogue of CRCs, and lengths around the eight bytes that are taken at a time.
    QCOMPARE(crc32(bytesOf("123456789")), 0xCBF43926U);
    QCOMPARE(crc32({}), 0U);
    std::uint32_t bitwise = ~0U;
    std::string text;
    for (int length = 0; length < 40; ++length) {
        QCOMPARE(crc32(bytesOf(text)), ~bitwise);
        text += static_cast<char>(17 * length + 3);
        bitwise ^= static_cast<unsigned char>(text.back());
        for (int bit = 0; bit < 8; ++bit)
            bitwise = (bitwise >> 1) ^ ((bitwise & 1) != 0 ? 0xEDB88320U : 0U);
    }
}

void WeightWriterTest::pickleIsThatOfTorchSave()
{
    // The fixtures were written by torch.save: their pickles are met byte for byte. Storages are numbered as they come.
    for (const char *fixture : {"mamba_original", "mamba2_original"}) {
        const auto archive = ZipArchive::open(testData(fixture) / "pytorch_model.bin");
        VERIFY_RESULT(archive);
        const auto record = archive->read("pytorch_model/data.pkl");
        VERIFY_RESULT(record);
        auto tensors = readPickledTensors(record->bytes(), fixture);
        VERIFY_RESULT(tensors);
        std::vector<std::pair<std::string, std::string>> aliases;
        std::erase_if(*tensors, [&](const PickledTensor &tensor) {
            if (tensor.name != "lm_head.weight")
                return false;
            aliases.emplace_back(tensor.name, "backbone.embedding.weight");
            return true;
        });
        std::ranges::sort(*tensors, {}, [](const PickledTensor &tensor) { return std::stoi(tensor.storage); });
        const std::string written = pickled(*tensors, aliases);
        QVERIFY(std::ranges::equal(bytesOf(written), record->bytes()));
    }
}

void WeightWriterTest::archiveIsThatOfTorchSave()
{
    const auto model = TorchFile::open(testData("mamba_original") / "pytorch_model.bin");
    VERIFY_RESULT(model);
    const auto archive = ZipArchive::open(testData("mamba_original") / "pytorch_model.bin");
    VERIFY_RESULT(archive);
    auto views = readPickledTensors(archive->read("pytorch_model/data.pkl")->bytes(), "");
    VERIFY_RESULT(views);
    std::ranges::sort(*views, {}, [](const PickledTensor &tensor) { return std::stoi(tensor.storage); });
    std::vector<PendingTensor> tensors;
    for (const PickledTensor &view : *views)
        if (view.name != "lm_head.weight")
            tensors.push_back(
                {view.name, view.dtype, view.shape, [&model, name = view.name] { return model->read(name); }});
    const std::vector<std::pair<std::string, std::string>> aliases{{"lm_head.weight", "backbone.embedding.weight"}};
    const fs::path file = path("pytorch_model.bin");
    VERIFY_RESULT(writeTorchFile(file, tensors, aliases));
    // Every entry but the serialisation's id, which is a hash of the others, is there with the same bytes, at 64 bytes.
    const auto written = ZipArchive::open(file);
    VERIFY_RESULT(written);
    for (const auto &[name, size] : archive->sizes()) {
        if (name.ends_with("serialization_id"))
            continue;
        const auto expected = archive->read(name);
        const auto found = written->read(name);
        VERIFY_RESULT(found);
        QVERIFY2(std::ranges::equal(found->bytes(), expected->bytes()), name.c_str());
    }
    std::ifstream stream(file, std::ios::binary);
    const std::string all{std::istreambuf_iterator<char>(stream), {}};
    std::size_t entries = 0;
    for (auto at = all.find("PK\x03\x04"); at != all.npos; at = all.find("PK\x03\x04", at + 1), ++entries) {
        const auto length = [&](std::size_t offset) {
            return static_cast<unsigned char>(all[at + offset]) +
                   256U * static_cast<unsigned char>(all[at + offset + 1]);
        };
        QCOMPARE((at + 30 + length(26) + length(28)) % 64, std::size_t{0});
    }
    QCOMPARE(entries, archive->sizes().size() - 1);
    const auto reopened = TorchFile::open(file);
    VERIFY_RESULT(reopened);
    QCOMPARE(reopened->aliases().size(), std::size_t{1});
}

void WeightWriterTest::containersReadBack_data()
{
    QTest::addColumn<QString>("container");
    QTest::addColumn<QString>("file");
    QTest::newRow("safetensors") << "safetensors"
                                 << "model.safetensors";
    QTest::newRow("bin") << "bin"
                         << "pytorch_model.bin";
}

void WeightWriterTest::containersReadBack()
{
    QFETCH(QString, container);
    QFETCH(QString, file);
    const fs::path folder = path("one_" + container.toStdString());
    fs::create_directory(folder);
    const auto tensors = someTensors();
    VERIFY_RESULT(writeWeights(folder, {container.toStdString(), 1'000'000, tensors, {}}));
    QVERIFY(fs::exists(folder / file.toStdString()));
    const auto checkpoint = Checkpoint::open(folder);
    VERIFY_RESULT(checkpoint);
    compare(*checkpoint, tensors);
}

void WeightWriterTest::shards_data()
{
    containersReadBack_data();
}

void WeightWriterTest::shards()
{
    QFETCH(QString, container);
    const fs::path folder = path("many_" + container.toStdString());
    fs::create_directory(folder);
    const auto tensors = someTensors(); // of 48, 10, 32 and 1,200 bytes
    std::vector<std::pair<std::string, std::string>> aliases;
    if (container == "bin")
        aliases.emplace_back("other", "c.weight");
    VERIFY_RESULT(writeWeights(folder, {container.toStdString(), 60, tensors, aliases}));
    std::size_t files = 0;
    for (const auto &entry : fs::directory_iterator(folder))
        files += entry.path().filename().string().find("-of-00003.") != std::string::npos ? 1 : 0;
    QCOMPARE(files, std::size_t{3});
    const auto checkpoint = Checkpoint::open(folder);
    VERIFY_RESULT(checkpoint);
    compare(*checkpoint, tensors);
    QCOMPARE(checkpoint->aliases().size(), aliases.size());
}

void WeightWriterTest::unknownContainer()
{
    const auto written = writeWeights(path("x"), {"gguf", 1, someTensors(), {}});
    QVERIFY(!written);
    QVERIFY(written.error().message.find("gguf") != std::string::npos);
}

void WeightWriterTest::foldersAreWholeOrAbsent()
{
    const fs::path parent = path("parent");
    const auto names = [&] {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(parent), fs::directory_iterator()));
    };
    writeFolderAtomically(parent / "a" / "", [](const fs::path &folder) { std::ofstream(folder / "file") << "x"; });
    QVERIFY(fs::exists(parent / "a" / "file"));
    QCOMPARE(names(), std::size_t{1});
    // What throws leaves nothing, whatever it has written.
    const std::string message = errorMessage([&] {
        writeFolderAtomically(parent / "b", [&](const fs::path &folder) {
            std::ofstream(folder / "file") << "x";
            if (!fs::exists(parent / "b"))
                throw Exception(ErrorCode::Cancelled, "stopped");
        });
    });
    QCOMPARE(message, std::string("stopped"));
    QCOMPARE(names(), std::size_t{1});
    // An empty folder is replaced.
    fs::create_directory(parent / "c");
    writeFolderAtomically(parent / "c", [](const fs::path &folder) { std::ofstream(folder / "file") << "x"; });
    QVERIFY(fs::exists(parent / "c" / "file"));
    QCOMPARE(names(), std::size_t{2});
}

void WeightWriterTest::foldersWithFilesAreLeftAlone()
{
    const fs::path folder = path("full");
    fs::create_directory(folder);
    std::ofstream(folder / "file") << "mine";
    bool called = false;
    const auto write = [&](const fs::path &) { called = true; };
    QVERIFY(errorMessage([&] { writeFolderAtomically(folder, write); }).find("empty") != std::string::npos);
    QVERIFY(errorMessage([&] { writeFolderAtomically(folder / "file", write); }).find("folder") != std::string::npos);
    QVERIFY(!called);
}

QTEST_GUILESS_MAIN(WeightWriterTest)
#include "tst_weight_writer.moc"

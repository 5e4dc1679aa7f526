// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <cstdint>
#include <cstring>

#include <QTest>

#include <ATen/ATen.h>
#include <c10/core/CPUAllocator.h>

#include "core/huge_pages.h"

using namespace ecdysis;

/// Memory of tensors, in all the ways in which LibTorch and oneDNN ask for it.
class TestHugePages : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { useHugePages(); }
    void tensorsKeepTheirValues();
    void memoryGivenBackIsTakenAgain();
    void rawMemoryIsTakenAndGivenBack_data();
    void rawMemoryIsTakenAndGivenBack();
};

void TestHugePages::tensorsKeepTheirValues()
{
    for (const std::int64_t count : {0, 1, 1'000, 1'048'576, 3'000'001}) {
        const at::Tensor values = at::arange(count, at::kFloat);
        QVERIFY(values.clone().equal(values));
        if (count >= 1'048'576) // 4 MiB: from here on whole huge pages
            QCOMPARE(reinterpret_cast<std::uintptr_t>(values.data_ptr()) % (std::uintptr_t{2} << 20),
                     std::uintptr_t{0});
    }
}

void TestHugePages::memoryGivenBackIsTakenAgain()
{
    const std::int64_t floats = 5 << 20; // 20 MiB
    void *first = at::empty({floats}, at::kFloat).data_ptr();
    at::Tensor one = at::zeros({floats}, at::kFloat);
    QCOMPARE(one.data_ptr(), first);
    const at::Tensor other = at::ones({floats}, at::kFloat); // while the first is in use
    QVERIFY(other.data_ptr() != one.data_ptr());
    QCOMPARE(one.sum().item<float>(), 0.0f);
    // Not by a tensor half its size, nor by one that is larger.
    void *given = one.data_ptr();
    one = at::Tensor();
    QVERIFY(at::empty({floats / 2}, at::kFloat).data_ptr() != given);
    QVERIFY(at::empty({floats + (1 << 20)}, at::kFloat).data_ptr() != given);
}

void TestHugePages::rawMemoryIsTakenAndGivenBack_data()
{
    QTest::addColumn<int>("bytes");
    QTest::newRow("small") << 64;
    QTest::newRow("below two huge pages") << (4 << 20) - 1;
    QTest::newRow("two huge pages") << (4 << 20);
    QTest::newRow("odd") << (9 << 20) + 17;
}

void TestHugePages::rawMemoryIsTakenAndGivenBack()
{
    QFETCH(int, bytes);
    at::Allocator *allocator = c10::GetCPUAllocator();
    void *memory = allocator->raw_allocate(static_cast<std::size_t>(bytes));
    QVERIFY(memory);
    std::memset(memory, 1, static_cast<std::size_t>(bytes));
    allocator->raw_deallocate(memory);
}

QTEST_GUILESS_MAIN(TestHugePages)
#include "tst_huge_pages.moc"

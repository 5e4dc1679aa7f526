// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <QTest>

#include "core/kernels/instruction_set.h"

/// \file
/// How kernel tests compare: every instruction set of the machine against plain loops in double precision.

using Doubles = std::vector<double>;

/// The largest difference over the largest value expected; not a number or infinite where `actual` is.
inline double relativeError(const std::vector<float> &actual, const Doubles &expected)
{
    double difference = 0;
    double largest = 1e-30;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const double error = std::abs(static_cast<double>(actual[i]) - expected[i]);
        if (!(error <= difference))
            difference = error;
        largest = std::max(largest, std::abs(expected[i]));
    }
    return difference / largest;
}

#define VERIFY_CLOSE(actual, expected, tolerance)                                                                      \
    do {                                                                                                               \
        const double error = relativeError(actual, expected);                                                          \
        QVERIFY2((actual).size() == (expected).size() && error <= (tolerance),                                         \
                 qPrintable(QString(#actual ": relative error %1, at most %2").arg(error).arg(tolerance)));            \
    } while (false)

/// Rows "<instruction set>, <label>", each with the set's name and the index of its label.
inline void addRows(const std::vector<std::string> &labels)
{
    QTest::addColumn<QString>("instructions");
    QTest::addColumn<int>("index");
    for (const std::string &name : ecdysis::kernels::instructionSets())
        for (std::size_t i = 0; i < labels.size(); ++i)
            QTest::newRow((name + ", " + labels[i]).c_str()) << QString::fromStdString(name) << static_cast<int>(i);
}

/// Chooses the instruction set of a row, and the best again at the end.
class ChosenInstructions
{
public:
    explicit ChosenInstructions(const QString &name) { ecdysis::kernels::useInstructionSet(name.toStdString()); }
    ~ChosenInstructions() { ecdysis::kernels::useInstructionSet(ecdysis::kernels::instructionSets().front()); }
    ChosenInstructions(const ChosenInstructions &) = delete;
    ChosenInstructions &operator=(const ChosenInstructions &) = delete;
};

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QSet>
#include <QTest>

#include "app/gui/messages.h"

using namespace ecdysis;

class TestMessages : public QObject
{
    Q_OBJECT

private slots:
    void everyCodeHasASentence();
    void namesTheFileAndKeepsTheDetails();
};

void TestMessages::everyCodeHasASentence()
{
    QSet<QString> seen;
    for (int i = 0; i <= static_cast<int>(ErrorCode::Internal); ++i) {
        const auto code = static_cast<ErrorCode>(i);
        const Message plain = message({.code = code, .message = "finding"});
        const Message placed = message({.code = code, .message = "finding", .where = "/models/tiny/config.json"});
        QVERIFY2(plain.text.endsWith(QLatin1Char('.')), qPrintable(QString::number(i)));
        QVERIFY2(placed.text.contains(QLatin1String("config.json")), qPrintable(placed.text));
        QVERIFY(!placed.text.contains(QLatin1String("%1")));
        QVERIFY(!seen.contains(plain.text));
        seen.insert(plain.text);
    }
}

void TestMessages::namesTheFileAndKeepsTheDetails()
{
    const Message shown = message({.code = ErrorCode::BadFormat,
                                   .message = "header length 12 expected, 9 found",
                                   .where = "/a/long/road/model.safetensors: layers.0.norm.weight"});
    QVERIFY2(shown.text.contains(QLatin1String("model.safetensors: layers.0.norm.weight")), qPrintable(shown.text));
    QVERIFY(!shown.text.contains(QLatin1String("road")));
    QCOMPARE(shown.where, QStringLiteral("/a/long/road/model.safetensors: layers.0.norm.weight"));
    QCOMPARE(shown.details, QStringLiteral("header length 12 expected, 9 found"));
    QCOMPARE(shown.severity, Severity::Error);
}

QTEST_GUILESS_MAIN(TestMessages)
#include "tst_messages.moc"

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>
#include <cmath>

#include <QApplication>
#include <QDir>
#include <QIcon>
#include <QImage>
#include <QTest>

#include "widgets/theme.h"

using namespace ecdysis;

/// Every theme can be read and has every icon.
class ThemeTest : public QObject
{
    Q_OBJECT

private slots:
    void themes();
    void everyIconExists();
};

/// Text is read well on both grounds in every theme: contrast of at least 4.5 (WCAG 2.1).
void ThemeTest::themes()
{
    const auto luminance = [](const QColor &color) {
        const auto linear = [](double part) {
            return part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
        };
        return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
    };
    const auto contrast = [&](const QColor &a, const QColor &b) {
        const double x = luminance(a) + 0.05, y = luminance(b) + 0.05;
        return std::max(x, y) / std::min(x, y);
    };
    for (const Theme &theme : {lightTheme(), darkTheme(), highContrastTheme()}) {
        for (const QColor &ground : {theme.surface, theme.raised})
            for (const QColor &ink : {theme.text, theme.muted, theme.error, theme.warning})
                QVERIFY2(contrast(ink, ground) >= 4.5, qPrintable(ink.name() + ground.name()));
        QVERIFY(contrast(theme.accent, theme.raised) >= 3);
        applyTheme(*qApp, theme);
        QVERIFY(!qApp->styleSheet().contains(QStringLiteral("${")));
        QCOMPARE(qApp->palette().color(QPalette::WindowText), theme.text);
    }
    applyTheme(*qApp, lightTheme());
}

void ThemeTest::everyIconExists()
{
    const QStringList files = QDir(QStringLiteral(":/icons")).entryList();
    QVERIFY(files.size() > 20);
    for (const QString &file : files) {
        const QImage dark = themedIcon(file.chopped(4), darkTheme()).pixmap(20, 20).toImage();
        const QImage light = themedIcon(file.chopped(4), lightTheme()).pixmap(20, 20).toImage();
        QVERIFY2(dark != light, qPrintable(file));
        QImage nothing(light.size(), light.format());
        nothing.fill(Qt::transparent);
        QVERIFY2(light != nothing, qPrintable(file));
    }
    QTest::ignoreMessage(QtWarningMsg, "there is no icon \"absent\"");
    QVERIFY(themedIcon(QStringLiteral("absent"), lightTheme()).isNull());
}

QTEST_MAIN(ThemeTest)
#include "tst_theme.moc"

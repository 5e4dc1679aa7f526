// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

#include "tests/support/sample_scan.h"
#include "tests/widgets/move_mouse.h"
#include "tests/widgets/shown_heatmap.h"
#include "widgets/plot.h"
#include "widgets/sensitivity_heatmap.h"

using namespace ecdysis;

namespace {

bool save(SensitivityHeatmap &view, const QString &path, QString *error)
{
    return saveFigure(path, view.accessibleName(), {}, view.figure({}), error);
}

} // namespace

/// The heatmap on paper and in lists: as files of every kind, the same whatever the screen shows.
class HeatmapFiguresTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void arrowsKeepTheError();
    void figures_data();
    void figures();
    void unwritableFigures();
    void figuresIgnoreZoomAndSelection();
    void figuresIgnoreTheTheme();
    void thumbnail();

private:
    ModelCard m_card = sample::card();
};

void HeatmapFiguresTest::initTestCase()
{
    QLocale::setDefault(QLocale(QLocale::English));
    applyTheme(*qApp, lightTheme());
}

void HeatmapFiguresTest::arrowsKeepTheError()
{
    Scan scan = sample::scan(m_card, {"block", "ssm"});
    scan.cells[0].losses = sample::losses(scan.denseLosses, 7.31, 0.11, 3);
    const auto view = shown(scan);
    QVERIFY(drawn(*view).contains("+7.31 ± "));
}

void HeatmapFiguresTest::figures_data()
{
    QTest::addColumn<QString>("suffix");
    QTest::addColumn<QByteArray>("start");
    QTest::newRow("png") << "png" << QByteArray("\x89PNG");
    QTest::newRow("svg") << "svg" << QByteArray("<?xml");
    QTest::newRow("pdf") << "pdf" << QByteArray("%PDF");
}

void HeatmapFiguresTest::figures()
{
    QFETCH(QString, suffix);
    QFETCH(QByteArray, start);
    const auto view = shown(sample::scan(m_card, {"block", "ssm"}, 9, 15));
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("figure.") + suffix);
    QString error;
    QVERIFY2(save(*view, path, &error), qPrintable(error));
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray bytes = file.readAll();
    QVERIFY(bytes.startsWith(start));
    QVERIFY(bytes.size() > 4000);
    QCOMPARE(QDir(folder.path()).entryList(QDir::Files).size(), 1);
    if (suffix == QLatin1String("png")) {
        const QImage image(path);
        const FigureStyle style;
        QVERIFY(std::abs(image.width() - style.widthMillimetres / 25.4 * 300) < 2);
        QCOMPARE(qRound(image.dotsPerMeterX() * 0.0254), 300);
        QCOMPARE(image.pixelColor(2, 2), QColor(Qt::white));
    }
    if (suffix == QLatin1String("svg")) {
        QXmlStreamReader reader(bytes);
        while (!reader.atEnd())
            reader.readNext();
        QVERIFY2(!reader.hasError(), qPrintable(reader.errorString()));
        QVERIFY(bytes.contains("nats per token"));
        QVERIFY(bytes.contains("width=\"170"));
    }
}

void HeatmapFiguresTest::unwritableFigures()
{
    const auto view = shown(sample::scan(m_card, {"block"}));
    QString error;
    QVERIFY(!save(*view, QStringLiteral("/nowhere/figure.png"), &error));
    QVERIFY(error.contains(QStringLiteral("/nowhere/figure.png")));
    QTemporaryDir folder;
    QVERIFY(!save(*view, folder.filePath(QStringLiteral("figure.bmp")), &error));
    QVERIFY2(error.contains(QStringLiteral(".svg")), qPrintable(error));
    QVERIFY(QDir(folder.path()).isEmpty());
}

void HeatmapFiguresTest::figuresIgnoreZoomAndSelection()
{
    const Scan scan = sample::scan(m_card, {"block", "ssm"});
    const auto view = shown(scan);
    QTemporaryDir folder;
    const QString plain = folder.filePath(QStringLiteral("plain.png")),
                  zoomed = folder.filePath(QStringLiteral("zoomed.png"));
    QVERIFY(save(*view, plain, nullptr));
    view->setSelection(QStringLiteral("ssm:3"));
    QWidget *canvas = view->findChild<Plot *>()->findChild<QWidget *>();
    const QPoint from = centerOf(*view, 2, 0, 4), to = centerOf(*view, 2, 1, 12);
    QTest::mousePress(canvas, Qt::LeftButton, {}, from);
    moveMouse(*canvas, to, Qt::LeftButton);
    QTest::mouseRelease(canvas, Qt::LeftButton, {}, to);
    const PlotScale shownBand = view->findChild<Plot *>()->bandScale();
    QVERIFY2(shownBand.xTo - shownBand.xFrom < 10, "drag zooms");
    QVERIFY(save(*view, zoomed, nullptr));
    QCOMPARE(QImage(zoomed), QImage(plain));
    QCOMPARE(view->findChild<Plot *>()->bandScale().xTo, shownBand.xTo);
    QCOMPARE(view->selection(), QStringLiteral("ssm:3"));
    QTest::mouseDClick(canvas, Qt::LeftButton, {}, from);
    QCOMPARE(view->findChild<Plot *>()->bandScale().xTo, 23.5);
}

void HeatmapFiguresTest::figuresIgnoreTheTheme()
{
    const auto view = shown(sample::scan(m_card, {"block", "ssm"}, 9, 15));
    QTemporaryDir folder;
    const QString light = folder.filePath(QStringLiteral("light.png")),
                  dark = folder.filePath(QStringLiteral("dark.png"));
    QVERIFY(save(*view, light, nullptr));
    view->setTheme(darkTheme());
    QVERIFY(save(*view, dark, nullptr));
    QCOMPARE(QImage(dark), QImage(light));
}

void HeatmapFiguresTest::thumbnail()
{
    const auto view = shown(sample::scan(m_card, {"block", "ssm"}));
    const QImage image = view->thumbnail({144, 64});
    QCOMPARE(image.size(), QSize(144, 64));
    QVERIFY(image.pixelColor(1, 1).lightness() < image.pixelColor(72, 1).lightness());
}

QTEST_MAIN(HeatmapFiguresTest)
#include "tst_heatmap_figures.moc"

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QFileInfo>
#include <QLibraryInfo>
#include <QMap>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

#include "tests/support/support.h"

namespace {

struct Translation
{
    QStringList texts; ///< one for each grammatical number
    QString state;     ///< "unfinished", "vanished", "obsolete"; empty: finished
};

/// Messages of a .ts file by context, source and comment.
QMap<QString, Translation> readMessages(const QString &path)
{
    QMap<QString, Translation> messages;
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return messages;
    QXmlStreamReader xml(&file);
    QString context, source, comment;
    Translation translation;
    while (!xml.atEnd()) {
        xml.readNext();
        if (xml.isEndElement() && xml.name() == QLatin1String("message"))
            messages.insert(context + QLatin1Char('|') + source + QLatin1Char('|') + comment, translation);
        if (!xml.isStartElement())
            continue;
        if (xml.name() == QLatin1String("name")) {
            context = xml.readElementText();
        } else if (xml.name() == QLatin1String("message")) {
            comment.clear();
            translation = {};
        } else if (xml.name() == QLatin1String("source")) {
            source = xml.readElementText();
        } else if (xml.name() == QLatin1String("comment")) {
            comment = xml.readElementText();
        } else if (xml.name() == QLatin1String("translation")) {
            translation.state = xml.attributes().value(QLatin1String("type")).toString();
            QString text;
            while (!(xml.isEndElement() && xml.name() == QLatin1String("translation"))) {
                xml.readNext();
                if (xml.isStartElement() && xml.name() == QLatin1String("numerusform"))
                    translation.texts.append(xml.readElementText());
                else if (xml.isCharacters())
                    text += xml.text();
            }
            if (translation.texts.isEmpty())
                translation.texts.append(text);
        }
    }
    return messages;
}

QString sourceFolder(const char *name)
{
    return QFileInfo(QStringLiteral(ECDYSIS_RESOURCES "/../") + QLatin1String(name)).canonicalFilePath();
}

QString updater()
{
    const QStringList folders{QLibraryInfo::path(QLibraryInfo::BinariesPath),
                              QLibraryInfo::path(QLibraryInfo::LibraryExecutablesPath)};
    const QString found = QStandardPaths::findExecutable(QStringLiteral("lupdate"), folders);
    return found.isEmpty() ? QStandardPaths::findExecutable(QStringLiteral("lupdate")) : found;
}

/// Places such as %1 and %n.
QStringList placeholders(const QString &text)
{
    QStringList found;
    for (qsizetype at = text.indexOf(QLatin1Char('%')); at >= 0; at = text.indexOf(QLatin1Char('%'), at + 1))
        if (at + 1 < text.size() && (text[at + 1].isDigit() || text[at + 1] == QLatin1Char('n')))
            found.append(text.mid(at, 2));
    found.removeDuplicates();
    found.sort();
    return found;
}

} // namespace

class TestTranslations : public QObject
{
    Q_OBJECT

private slots:
    void complete_data();
    void complete();
};

void TestTranslations::complete_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QStringList>("options");
    QTest::newRow("German") << QStringLiteral("translations/ecdysis_de.ts") << QStringList{};
    // English needs its plurals only.
    QTest::newRow("English") << QStringLiteral("translations/ecdysis_en.ts")
                             << QStringList{QStringLiteral("-pluralonly")};
}

void TestTranslations::complete()
{
    QFETCH(QString, file);
    QFETCH(QStringList, options);
    const QString program = updater();
    if (program.isEmpty())
        QSKIP("lupdate is not installed");
    const QTemporaryDir folder;
    const QString fresh = folder.filePath(QStringLiteral("sources.ts"));
    QProcess process;
    process.start(program,
                  options + QStringList{QStringLiteral("-silent"), QStringLiteral("-locations"), QStringLiteral("none"),
                                        QStringLiteral("-I"), sourceFolder(""), sourceFolder("app/gui"),
                                        sourceFolder("widgets"), QStringLiteral("-ts"), fresh});
    QVERIFY(process.waitForFinished(120'000));
    QCOMPARE(process.exitCode(), 0);

    const auto asked = readMessages(fresh);
    const auto known = readMessages(sourceFolder(qPrintable(file)));
    QVERIFY(asked.size() >= 5);
    QStringList problems;
    for (auto message = asked.begin(); message != asked.end(); ++message) {
        const QString source = message.key().section(QLatin1Char('|'), 1, -2);
        const auto translated = known.find(message.key());
        if (translated == known.end()) {
            problems.append(QStringLiteral("missing: ") + message.key());
            continue;
        }
        if (!translated->state.isEmpty())
            problems.append(translated->state + QStringLiteral(": ") + message.key());
        for (const QString &text : translated->texts)
            if (text.isEmpty() || placeholders(text) != placeholders(source))
                problems.append(QStringLiteral("empty or other placeholders: ") + message.key());
    }
    for (auto message = known.begin(); message != known.end(); ++message)
        if (!asked.contains(message.key()))
            problems.append(QStringLiteral("no longer in the sources: ") + message.key());
    QVERIFY2(problems.isEmpty(), qPrintable(problems.join(QLatin1Char('\n'))));
}

QTEST_GUILESS_MAIN(TestTranslations)
#include "tst_translations.moc"

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <regex>
#include <string>
#include <vector>

#include <QTest>

namespace fs = std::filesystem;

/// The rules of who may include whom, checked on the sources themselves.
class TestIncludes : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void coreKnowsNoQt();
    void onlyCoreKnowsTorchAndHdf5();
    void headersOfTheDoorNameNeitherTorchNorHdf5();
    void valuesStandAlone();
    void coreDoesNotReachOut();
    void widgetsKnowOnlyValues();
    void applicationsComeThroughTheDoor();
    void onePlaceKnowsThePlotLibrary();

private:
    struct Include
    {
        std::string file; ///< relative to the source tree
        std::string target;
    };

    /// Every include in files below `folder` that `forbidden` matches.
    QString offenders(const std::string &folder, const std::function<bool(const Include &)> &forbidden) const;

    std::vector<Include> m_includes;
};

namespace {

const fs::path sources = ECDYSIS_SOURCES;

bool startsWith(const std::string &text, std::initializer_list<const char *> beginnings)
{
    return std::ranges::any_of(beginnings, [&](const char *beginning) { return text.starts_with(beginning); });
}

bool isQt(const std::string &target)
{
    static const std::regex pattern("Q[A-Z][A-Za-z]*(/.*)?|Qt[A-Z].*|.*\\.moc|qcustomplot\\.h");
    return std::regex_match(target, pattern);
}

bool isTorch(const std::string &target)
{
    return startsWith(target, {"ATen/", "torch/", "c10/", "caffe2/"}) || target == "core/torch.h";
}

bool isHdf5(const std::string &target)
{
    return startsWith(target, {"hdf5", "H5"}) || target == "core/io/hdf5.h" || target == "core/io/session_layout.h";
}

} // namespace

void TestIncludes::initTestCase()
{
    const std::regex pattern("^[ \\t]*#[ \\t]*include[ \\t]*[<\"]([^>\"]+)[>\"]");
    for (const char *folder : {"app", "core", "widgets", "tests"})
        for (const auto &entry : fs::recursive_directory_iterator(sources / folder)) {
            const std::string extension = entry.path().extension();
            if (extension != ".h" && extension != ".cpp" && extension != ".cu" && extension != ".cuh")
                continue;
            std::ifstream stream(entry.path());
            const std::string name = fs::relative(entry.path(), sources).generic_string();
            std::string line;
            while (std::getline(stream, line)) {
                std::smatch match;
                if (std::regex_search(line, match, pattern))
                    m_includes.push_back({name, match[1]});
            }
        }
    QVERIFY(m_includes.size() > 300); // the sources have been found
}

QString TestIncludes::offenders(const std::string &folder, const std::function<bool(const Include &)> &forbidden) const
{
    std::string list;
    for (const Include &include : m_includes)
        if (include.file.starts_with(folder) && forbidden(include))
            list += include.file + " includes " + include.target + "\n";
    return QString::fromStdString(list);
}

void TestIncludes::coreKnowsNoQt()
{
    QCOMPARE(offenders("core/", [](const Include &include) { return isQt(include.target); }), QString());
}

void TestIncludes::onlyCoreKnowsTorchAndHdf5()
{
    const auto forbidden = [](const Include &include) { return isTorch(include.target) || isHdf5(include.target); };
    QCOMPARE(offenders("app/", forbidden), QString());
    QCOMPARE(offenders("widgets/", forbidden), QString());
    QCOMPARE(offenders("core/values/", forbidden), QString());
    QCOMPARE(offenders("core/kernels/", forbidden), QString());
    QCOMPARE(offenders("core/io/", [](const Include &include) { return isTorch(include.target); }), QString());
    // HDF5 in the files of the session format alone.
    QCOMPARE(
        offenders("core/",
                  [](const Include &include) {
                      return isHdf5(include.target) && !startsWith(include.file, {"core/io/hdf5", "core/io/session_"});
                  }),
        QString());
}

void TestIncludes::headersOfTheDoorNameNeitherTorchNorHdf5()
{
    QCOMPARE(offenders("core/engine.h",
                       [](const Include &include) {
                           return include.target.find('/') != std::string::npos &&
                                  !include.target.starts_with("core/values/");
                       }),
             QString());
}

void TestIncludes::valuesStandAlone()
{
    QCOMPARE(offenders("core/values/",
                       [](const Include &include) {
                           return include.target.find('/') != std::string::npos &&
                                  !startsWith(include.target, {"core/values/", "nlohmann/", "tl/"});
                       }),
             QString());
}

void TestIncludes::coreDoesNotReachOut()
{
    QCOMPARE(offenders("core/",
                       [](const Include &include) {
                           return startsWith(include.target, {"app/", "widgets/", "tests/"});
                       }),
             QString());
    QCOMPARE(offenders("core/io/",
                       [](const Include &include) {
                           return include.target.starts_with("core/") &&
                                  !startsWith(include.target,
                                              {"core/io/", "core/values/", "core/exception.h", "core/stop.h"});
                       }),
             QString());
}

void TestIncludes::widgetsKnowOnlyValues()
{
    QCOMPARE(offenders("widgets/",
                       [](const Include &include) {
                           return include.target.starts_with("app/") ||
                                  (include.target.starts_with("core/") && !include.target.starts_with("core/values/"));
                       }),
             QString());
}

void TestIncludes::applicationsComeThroughTheDoor()
{
    QCOMPARE(offenders("app/",
                       [](const Include &include) {
                           return include.target.starts_with("core/") &&
                                  !startsWith(include.target, {"core/values/", "core/engine.h"});
                       }),
             QString());
    QCOMPARE(offenders("app/cli/", [](const Include &include) { return isQt(include.target); }), QString());
}

void TestIncludes::onePlaceKnowsThePlotLibrary()
{
    QCOMPARE(offenders("",
                       [](const Include &include) {
                           return include.target == "qcustomplot.h" && !startsWith(include.file, {"widgets/plot."});
                       }),
             QString());
}

QTEST_GUILESS_MAIN(TestIncludes)
#include "tst_includes.moc"

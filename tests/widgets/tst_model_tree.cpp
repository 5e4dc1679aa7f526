// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QAbstractItemModelTester>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTest>
#include <QTreeView>

#include "tests/support/sample_scan.h"
#include "widgets/model_tree.h"

using namespace ecdysis;

/// The tree of a model as text, its search and what picking a line means.
class ModelTreeTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { QLocale::setDefault(QLocale(QLocale::English)); }
    void modelIsSound();
    void lines();
    void tensorsBelowComponents();
    void searchKeepsParents();
    void picking();
    void selection();
    void hybrids();
    void keysWalkThroughAUnit();

private:
    static QStringList text(const QAbstractItemModel &model, const QModelIndex &parent = {},
                            const QString &indent = {});
    static QModelIndex find(const QAbstractItemModel &model, const QString &name, const QModelIndex &parent = {});
};

QStringList ModelTreeTest::text(const QAbstractItemModel &model, const QModelIndex &parent, const QString &indent)
{
    QStringList lines;
    for (int row = 0; row < model.rowCount(parent); ++row) {
        QStringList cells;
        for (int column = 0; column < model.columnCount(parent); ++column)
            cells.append(model.index(row, column, parent).data().toString());
        lines.append(indent + cells.join(QStringLiteral(" | ")));
        lines += text(model, model.index(row, 0, parent), indent + QStringLiteral("  "));
    }
    return lines;
}

QModelIndex ModelTreeTest::find(const QAbstractItemModel &model, const QString &name, const QModelIndex &parent)
{
    for (int row = 0; row < model.rowCount(parent); ++row) {
        const QModelIndex index = model.index(row, 0, parent);
        if (index.data().toString() == name)
            return index;
        if (const QModelIndex below = find(model, name, index); below.isValid())
            return below;
    }
    return {};
}

void ModelTreeTest::modelIsSound()
{
    ModelTree tree;
    QAbstractItemModelTester tester(tree.model(), QAbstractItemModelTester::FailureReportingMode::QtTest);
    tree.setCard(sample::card(3));
    tree.findChild<QLineEdit *>()->setText(QStringLiteral("conv"));
    tree.setCard(sample::card(2));
    tree.findChild<QLineEdit *>()->clear();
    tree.setCard({});
    QCOMPARE(tree.model()->rowCount(), 0);
}

void ModelTreeTest::lines()
{
    ModelTree tree;
    tree.setCard(sample::card(1));
    const QStringList expected = {QStringLiteral("embeddings | 38.6\u202fM | 73.7\u202fMiB | 50280 × 768  bf16"),
                                  QStringLiteral("Layer 0 | 3.77\u202fM | 7.19\u202fMiB | "),
                                  QStringLiteral("  norm | 768 | 1.50\u202fKiB | 768  bf16"),
                                  QStringLiteral("  mixer.in_proj | 2.36\u202fM | 4.50\u202fMiB | 3072 × 768  bf16"),
                                  QStringLiteral("  mixer.conv1d | 6.14\u202fk | 12.0\u202fKiB | 1536 × 1 × 4  bf16"),
                                  QStringLiteral("  mixer.x_proj | 122.9\u202fk | 240.0\u202fKiB | 80 × 1536  bf16"),
                                  QStringLiteral("  mixer.dt_proj | 73.7\u202fk | 144.0\u202fKiB | 1536 × 48  bf16"),
                                  QStringLiteral("  mixer.A_log | 24.6\u202fk | 48.0\u202fKiB | 1536 × 16  bf16"),
                                  QStringLiteral("  mixer.D | 1.54\u202fk | 3.00\u202fKiB | 1536  bf16"),
                                  QStringLiteral("  mixer.out_proj | 1.18\u202fM | 2.25\u202fMiB | 768 × 1536  bf16"),
                                  QStringLiteral("norm_f | 768 | 1.50\u202fKiB | 768  bf16")};
    QCOMPARE(text(*tree.model()), expected);
    QCOMPARE(tree.accessibleDescription(), QStringLiteral("Mamba, layers: 1, parameters: 42.4\u202fM"));
}

void ModelTreeTest::tensorsBelowComponents()
{
    ModelCard card = sample::card(1);
    Component &convolution = card.components[3];
    convolution.tensors.push_back({"backbone.layers.0.mixer.conv1d.bias", DType::F32, {1536}, "model.safetensors"});
    ModelTree tree;
    tree.setCard(card);
    const QModelIndex line = find(*tree.model(), QStringLiteral("mixer.conv1d"));
    QCOMPARE(tree.model()->rowCount(line), 2);
    QCOMPARE(tree.model()->index(1, 3, line).data().toString(), QStringLiteral("1536  f32"));
}

void ModelTreeTest::searchKeepsParents()
{
    ModelTree tree;
    tree.setCard(sample::card(4));
    tree.findChild<QLineEdit *>()->setText(QStringLiteral("CONV1D"));
    QCOMPARE(tree.model()->rowCount(), 4);
    QCOMPARE(tree.model()->rowCount(tree.model()->index(0, 0)), 1);
    tree.findChild<QLineEdit *>()->setText(QStringLiteral("nothing of this name"));
    QCOMPARE(tree.model()->rowCount(), 0);
}

void ModelTreeTest::picking()
{
    ModelTree tree;
    tree.setCard(sample::card(3));
    QSignalSpy unit(&tree, &ModelTree::unitPicked), layer(&tree, &ModelTree::layerPicked);
    auto *view = tree.findChild<QTreeView *>();
    view->setCurrentIndex(find(*tree.model(), QStringLiteral("embeddings")));
    QCOMPARE(unit.count() + layer.count(), 0);
    const QModelIndex second = find(*tree.model(), QStringLiteral("Layer 1"));
    view->setCurrentIndex(second);
    QCOMPARE(unit.last()[0].toString(), QStringLiteral("block:1"));
    view->setCurrentIndex(find(*tree.model(), QStringLiteral("mixer.A_log"), second));
    QCOMPARE(unit.last()[0].toString(), QStringLiteral("ssm:1"));
    view->setCurrentIndex(find(*tree.model(), QStringLiteral("mixer.in_proj"), second));
    QCOMPARE(unit.last()[0].toString(), QStringLiteral("block:1"));
    QCOMPARE(layer.count(), 3);
    QCOMPARE(layer.last()[0].toInt(), 1);
}

void ModelTreeTest::selection()
{
    ModelTree tree;
    tree.setCard(sample::card(3));
    QSignalSpy unit(&tree, &ModelTree::unitPicked);
    auto *view = tree.findChild<QTreeView *>();
    tree.setSelection(QStringLiteral("block:2"));
    QCOMPARE(view->currentIndex().data().toString(), QStringLiteral("Layer 2"));
    tree.setSelection(QStringLiteral("ssm:2"));
    QCOMPARE(view->currentIndex().parent().data().toString(), QStringLiteral("Layer 2"));
    tree.setSelection(QStringLiteral("ssm:99"));
    QVERIFY(!view->currentIndex().isValid());
    QCOMPARE(unit.count(), 0);
}

void ModelTreeTest::hybrids()
{
    const ModelCard card = sample::hybridCard(5);
    ModelTree tree;
    tree.setCard(card);
    const auto layer = [&tree](int row, int column = 0) { return tree.model()->index(row, column).data().toString(); };
    QCOMPARE(layer(2), QStringLiteral("Layer 2 · Mamba-2"));
    QCOMPARE(layer(3), QStringLiteral("Layer 3 · Attention"));
    QCOMPARE(layer(3, 3), QStringLiteral("Attention"));
    auto *view = tree.findChild<QTreeView *>();
    for (const char *unit : {"heads:3:0-7", "block:3", "attention:3"}) { // whatever has no line is in its layer
        tree.setSelection({});
        tree.setSelection(QString::fromLatin1(unit));
        QCOMPARE(view->currentIndex().data().toString(), layer(3));
    }
    tree.setSelection(QStringLiteral("weight:layers.3.mixer.weight"));
    QVERIFY(!view->currentIndex().isValid());
    ModelCard uniform = card;
    uniform.layerTypes.assign(5, "hybrid");
    tree.setCard(uniform);
    QCOMPARE(layer(2), QStringLiteral("Layer 2"));
    QCOMPARE(layer(2, 3), QStringLiteral("Hybrid"));
}

/// The selection that comes back from the others leaves the line where it is, as long as it stands for that unit.
void ModelTreeTest::keysWalkThroughAUnit()
{
    ModelTree tree;
    tree.setCard(sample::card(2));
    connect(&tree, &ModelTree::unitPicked, &tree, &ModelTree::setSelection);
    auto *view = tree.findChild<QTreeView *>();
    view->expandAll();
    QStringList walked;
    tree.setSelection(QStringLiteral("block:0"));
    for (int i = 0; i < 9; ++i) {
        QTest::keyClick(view, Qt::Key_Down);
        walked.append(view->currentIndex().data().toString());
    }
    QCOMPARE(walked.join(QLatin1Char(' ')),
             QStringLiteral("norm mixer.in_proj mixer.conv1d mixer.x_proj mixer.dt_proj mixer.A_log mixer.D "
                            "mixer.out_proj Layer 1"));
    const QModelIndex first = find(*tree.model(), QStringLiteral("mixer.A_log"));
    view->setCurrentIndex(first);
    QCOMPARE(view->currentIndex(), first);
    tree.setSelection(QStringLiteral("ssm:0"));
    QCOMPARE(view->currentIndex(), first);
    tree.setSelection(QStringLiteral("block:0"));
    QCOMPARE(view->currentIndex().data().toString(), QStringLiteral("Layer 0"));
}

QTEST_MAIN(ModelTreeTest)
#include "tst_model_tree.moc"

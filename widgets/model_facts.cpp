// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/model_facts.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <QCoreApplication>
#include <QLabel>
#include <QRegularExpression>
#include <QToolButton>
#include <QVBoxLayout>

#include "widgets/unit_text.h"

namespace ecdysis {

namespace {

/// Sentences of the engine that are known, so that they can be said in other languages; any other one is shown as it
/// is.
[[maybe_unused]] constexpr const char *knownMeanings[] = {
    QT_TRANSLATE_NOOP("ecdysis::Convention",
                      "Smallest step size of the state space: \"time_step_min\" as transformers computes on a "
                      "processor, \"none\" as it computes with its CUDA kernels and as the models are trained."),
    QT_TRANSLATE_NOOP("ecdysis::Convention",
                      "Channels of a head that are rotated: \"half\" as the models are trained, \"full\" as "
                      "transformers did in some versions 5.0 and 5.2."),
    QT_TRANSLATE_NOOP("ecdysis::Convention",
                      "The gated norm of %1 groups: \"width\" normalises all channels together, as transformers does, "
                      "\"group\" each group by itself, as the state-spaces code does."),
    QT_TRANSLATE_NOOP("ecdysis::Convention",
                      "A_log, D and the bias of dt of state spaces: \"stored\" with the digits of the file, \"compute\" "
                      "rounded to the number type of the computation first, as transformers does when it loads a model "
                      "in bfloat16."),
};

QString translated(const QString &meaning)
{
    return QCoreApplication::translate("ecdysis::Convention", meaning.toUtf8().constData());
}

QLabel *smallLabel(QWidget *parent)
{
    auto *label = new QLabel(parent);
    label->setProperty("role", QStringLiteral("small"));
    label->setTextFormat(Qt::PlainText);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    label->setWordWrap(true);
    return label;
}

/// The meaning, and which other readings there are.
QString explanation(const Convention &convention)
{
    QStringList others;
    for (const std::string &choice : convention.choices)
        if (choice != convention.value)
            others.append(QString::fromStdString(choice));
    const QString meaning = conventionMeaning(convention);
    return others.isEmpty() ? meaning
                            : meaning + QLatin1Char('\n') +
                                  ModelFacts::tr("Other readings: %1").arg(others.join(QStringLiteral(", ")));
}

} // namespace

QString layerTypesText(const ModelCard &card)
{
    std::vector<std::pair<std::string, int>> counts;
    for (const std::string &type : card.layerTypes) {
        const auto known =
            std::find_if(counts.begin(), counts.end(), [&type](const auto &count) { return count.first == type; });
        if (known == counts.end())
            counts.emplace_back(type, 1);
        else
            ++known->second;
    }
    if (counts.size() < 2)
        return {};
    QStringList texts;
    for (const auto &[type, count] : counts)
        texts.append(QStringLiteral("%1 %2").arg(count).arg(layerTypeTitle(type)));
    return ModelFacts::tr("Layers: %1").arg(texts.join(QStringLiteral(", ")));
}

QString conventionMeaning(const Convention &convention)
{
    const QString meaning = QString::fromStdString(convention.meaning);
    if (const QString whole = translated(meaning); whole != meaning)
        return whole;
    // Its first number may be one of this model.
    const QRegularExpressionMatch number = QRegularExpression(QStringLiteral("\\d+")).match(meaning);
    if (!number.hasMatch())
        return meaning;
    QString pattern = meaning;
    pattern.replace(number.capturedStart(), number.capturedLength(), QStringLiteral("%1"));
    const QString said = translated(pattern);
    return said == pattern ? meaning : said.arg(number.captured());
}

ModelFacts::ModelFacts(QWidget *parent) : QWidget(parent), m_rows(new QVBoxLayout(this)), m_types(smallLabel(this))
{
    setAccessibleName(tr("Layers and conventions"));
    m_rows->setContentsMargins(12, 0, 12, 0);
    m_rows->setSpacing(4);
    m_types->setObjectName(QStringLiteral("layerTypes"));
    m_rows->addWidget(m_types);
}

void ModelFacts::setTheme(const Theme &theme)
{
    m_theme = theme;
    showArrows();
}

void ModelFacts::setCard(const ModelCard &card)
{
    const QString types = layerTypesText(card);
    m_types->setText(types);
    m_types->setVisible(!types.isEmpty());
    for (QToolButton *old : m_conventions)
        delete old->parentWidget();
    m_conventions.clear();
    for (const Convention &convention : card.conventions)
        addConvention(convention);
    showArrows();
    setVisible(!types.isEmpty() || !card.conventions.empty());
}

void ModelFacts::addConvention(const Convention &convention)
{
    auto *box = new QWidget(this);
    auto *rows = new QVBoxLayout(box);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(0);
    auto *button = new QToolButton(box);
    button->setObjectName(QString::fromStdString(convention.name));
    button->setText(QStringLiteral("%1: %2").arg(QString::fromStdString(convention.name),
                                                 QString::fromStdString(convention.value)));
    button->setAccessibleName(tr("Convention %1").arg(button->text()));
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    button->setFont(sized(font(), TypeSize::Small));
    button->setIconSize(QSize(14, 14));
    button->setFocusPolicy(Qt::StrongFocus);
    button->setCheckable(true);
    auto *words = smallLabel(box);
    words->setText(explanation(convention));
    words->setContentsMargins(20, 0, 0, 4);
    words->hide();
    button->setToolTip(QStringLiteral("<p>%1</p>").arg(words->text().toHtmlEscaped())); // so that it is wrapped
    button->setAccessibleDescription(words->text());
    connect(button, &QToolButton::toggled, words, &QWidget::setVisible);
    connect(button, &QToolButton::toggled, this, &ModelFacts::showArrows);
    rows->addWidget(button);
    rows->addWidget(words);
    m_rows->addWidget(box);
    m_conventions.append(button);
}

void ModelFacts::showArrows()
{
    for (QToolButton *button : m_conventions)
        button->setIcon(themedIcon(
            button->isChecked() ? QStringLiteral("chevron-down") : QStringLiteral("chevron-right"), m_theme));
}

} // namespace ecdysis

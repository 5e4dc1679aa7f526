// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/compute_button.h"

#include <QActionGroup>
#include <QMenu>
#include <QThread>

#include "app/gui/operations.h"
#include "app/gui/settings.h"
#include "widgets/unit_text.h"

namespace ecdysis {

namespace {

struct TypeChoice
{
    DType dtype;
    const char *title;
};

const TypeChoice types[] = {
    {DType::F32, QT_TRANSLATE_NOOP("ComputeButton", "float32: the reference")},
    {DType::BF16, QT_TRANSLATE_NOOP("ComputeButton", "bfloat16: weights and products; the rest in float32")},
};

/// All of them (0), then one by one and, where there are many, in doublings.
QList<int> threadChoices()
{
    const int most = QThread::idealThreadCount();
    QList<int> choices{0};
    for (int count = 1; count < most; count += count < 8 ? 1 : count)
        choices.append(count);
    choices.append(most);
    return choices;
}

} // namespace

ComputeButton::ComputeButton(const Context &context, QWidget *parent) : QToolButton(parent), m_context(context)
{
    setObjectName(QStringLiteral("compute"));
    setPopupMode(InstantPopup);
    setToolTip(tr("What the losses are computed with"));
    setMenu(new QMenu(this));
    connect(menu(), &QMenu::aboutToShow, this, &ComputeButton::fillMenu);
    const auto allow = [this] { setEnabled(!m_context.operations.isBusy()); };
    connect(&m_context.operations, &Operations::busyChanged, this, allow);
    allow();
    connect(&m_context.operations, &Operations::computeChanged, this, &ComputeButton::showChoice);
    showChoice();
}

void ComputeButton::fillMenu()
{
    menu()->clear();
    const auto add = [this](QActionGroup *group, const QString &text, const ComputeOptions &options) {
        QAction *action = menu()->addAction(text);
        action->setCheckable(true);
        action->setChecked(options == m_context.operations.compute());
        group->addAction(action);
        connect(action, &QAction::triggered, this, [this, options] {
            m_context.settings.compute = options;
            m_context.operations.setCompute(options);
        });
    };
    // A disabled item, since style sheets do not draw the titles of sections.
    const auto addTitle = [this](const QString &text) {
        menu()->addSeparator();
        menu()->addAction(text)->setEnabled(false);
    };
    addTitle(tr("Device"));
    auto *listed = new QActionGroup(menu());
    for (const ComputeDevice &device : m_context.operations.devices()) {
        ComputeOptions options = m_context.operations.compute();
        options.device = device.name;
        add(listed, deviceText(device.name, device.title), options);
    }
    addTitle(tr("Numbers"));
    auto *numbers = new QActionGroup(menu());
    for (const TypeChoice &type : types) {
        ComputeOptions options = m_context.operations.compute();
        options.dtype = type.dtype;
        add(numbers, QCoreApplication::translate("ComputeButton", type.title), options);
    }
    if (m_context.operations.compute().device != "cpu")
        return; // the number of threads is kept for the processor
    addTitle(tr("Threads"));
    auto *threads = new QActionGroup(menu());
    for (const int count : threadChoices()) {
        ComputeOptions options = m_context.operations.compute();
        options.threads = count;
        add(threads, count == 0 ? tr("all processors") : tr("%n thread(s)", nullptr, count), options);
    }
}

void ComputeButton::showChoice()
{
    const ComputeOptions &options = m_context.operations.compute();
    setText(computeText(options.device, options.dtype, options.threads) + QStringLiteral(" ▾"));
    setAccessibleName(tr("Computation: %1").arg(computeText(options.device, options.dtype, options.threads)));
}

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/scan_chooser.h"

#include <QComboBox>
#include <QDateTime>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>

#include "app/gui/document.h"
#include "app/gui/settings.h"
#include "widgets/numbers.h"
#include "widgets/unit_text.h"

namespace ecdysis {

QString scanTitle(const Scan &scan)
{
    QStringList kinds;
    for (const std::string &kind : kindsOf(scan))
        kinds.append(kindTitle(kind));
    const Calibration &calibration = scan.calibration;
    QStringList parts{kinds.join(QStringLiteral(", ")), QFileInfo(QString::fromStdString(calibration.text)).fileName(),
                      QStringLiteral("%1 × %2").arg(calibration.windows).arg(calibration.protocol.window)};
    if (const QString type = dtypeText(scan.provenance.dtype); scan.provenance.dtype != DType::F32)
        parts.append(type);
    const QDateTime created =
        QDateTime::fromString(QString::fromStdString(scan.provenance.created), Qt::ISODate).toLocalTime();
    if (created.isValid())
        parts.append(QLocale().toString(created, QLocale::ShortFormat));
    const int total = static_cast<int>(scan.cells.size());
    if (const int measured = measuredCells(scan); measured < total)
        parts.append(ScanChooser::tr("%1 of %2 cells").arg(measured).arg(total));
    return parts.join(QStringLiteral(" · "));
}

ScanChooser::ScanChooser(const Context &context, QWidget *parent)
    : QWidget(parent), m_context(context), m_box(new QComboBox(this))
{
    setObjectName(QStringLiteral("scanChooser"));
    m_box->setAccessibleName(tr("Scan that is shown"));
    m_box->setToolTip(tr("Scans of this session; the fields above follow the one that is shown"));
    m_box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_box->setMinimumContentsLength(8);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    row->addWidget(new QLabel(tr("Shown scan"), this));
    row->addWidget(m_box, 1);
    const Document &document = context.document;
    connect(m_box, &QComboBox::activated, this, [this](int index) {
        m_context.document.showScan(index);
        remember();
    });
    connect(&document, &Document::opened, this, &ScanChooser::recall);
    connect(&document, &Document::scansChanged, this, &ScanChooser::fill);
    connect(&document, &Document::shownChanged, this, &ScanChooser::fill);
    connect(&document, &Document::shownChanged, this, &ScanChooser::remember);
    fill();
}

void ScanChooser::fill()
{
    const Document &document = m_context.document;
    const int count = static_cast<int>(document.scans().size());
    setVisible(count > 1);
    if (count < 2) {
        m_box->clear();
        return;
    }
    while (m_box->count() > count)
        m_box->removeItem(m_box->count() - 1);
    for (int i = 0; i < count; ++i) {
        const QString title = scanTitle(document.scans()[static_cast<std::size_t>(i)]);
        if (i == m_box->count())
            m_box->addItem(title);
        else if (m_box->itemText(i) != title)
            m_box->setItemText(i, title);
    }
    m_box->setCurrentIndex(document.shown());
}

/// Shows what was shown when the session was open last.
void ScanChooser::recall()
{
    const QString file = QString::fromStdString(m_context.document.sessionFile().string());
    const QVariant index = m_context.settings.shownScans.value(file);
    if (index.isValid())
        m_context.document.showScan(index.toInt());
}

void ScanChooser::remember()
{
    const Document &document = m_context.document;
    const QString file = QString::fromStdString(document.sessionFile().string());
    if (!file.isEmpty())
        m_context.settings.shownScans.insert(file, document.shown());
}

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/document.h"

#include <QStringList>

#include "widgets/effect.h"
#include "widgets/numbers.h"

namespace ecdysis {

QString Document::summary() const
{
    if (!m_card)
        return {};
    const QString layout = m_card->layout == "hf" ? tr("Hugging Face layout") : tr("state-spaces layout");
    return QStringList{QString::fromStdString(m_card->title), tr("%n layer(s)", nullptr, m_card->layers),
                       tr("%1 parameters").arg(parameterCount(m_card->parameters)),
                       QString::fromUtf8(name(m_card->dtype).data()).toLower(), layout}
        .join(QStringLiteral(" · "));
}

QString Document::title() const
{
    if (!m_card)
        return {};
    // "model" says nothing: then the folder around it names it.
    const std::filesystem::path name = m_card->folder.filename();
    return QString::fromStdString((name == "model" ? m_card->folder.parent_path().filename() : name).string());
}

void Document::open(ModelCard card, Scan scan, std::filesystem::path sessionFile)
{
    m_card = std::move(card);
    m_scan = std::move(scan);
    m_sessionFile = std::move(sessionFile);
    emit opened();
    emit scanChanged();
    emit sessionFileChanged();
}

void Document::close()
{
    m_card.reset();
    m_scan = {};
    m_sessionFile.clear();
    emit opened();
    emit scanChanged();
    emit sessionFileChanged();
}

void Document::setScan(const Scan &scan, int cell)
{
    const bool sameCells = scan.cells.size() == m_scan.cells.size();
    m_scan = scan;
    if (cell >= 0 && sameCells)
        emit cellMeasured(cell);
    else
        emit scanChanged();
}

void Document::setSessionFile(const std::filesystem::path &file)
{
    if (file == m_sessionFile)
        return;
    m_sessionFile = file;
    emit sessionFileChanged();
}

bool isFinished(const Scan &scan)
{
    return !scan.cells.empty() && measuredCells(scan) == static_cast<int>(scan.cells.size());
}

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/document.h"

#include <algorithm>
#include <utility>

#include <QStringList>

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

const Scan &Document::scan() const
{
    static const Scan none;
    return m_shown < 0 ? none : m_scans[static_cast<std::size_t>(m_shown)];
}

void Document::open(ModelCard card, std::vector<Scan> scans, std::filesystem::path sessionFile)
{
    m_card = std::move(card);
    m_scans = std::move(scans);
    m_shown = static_cast<int>(m_scans.size()) - 1;
    m_sessionFile = std::move(sessionFile);
    emit opened();
    emit scansChanged();
    emit scanChanged();
    emit sessionFileChanged();
    updateFreshness();
}

void Document::close()
{
    m_card.reset();
    m_scans.clear();
    m_shown = -1;
    m_sessionFile.clear();
    emit opened();
    emit scansChanged();
    emit scanChanged();
    emit sessionFileChanged();
    updateFreshness();
}

void Document::showScan(int index)
{
    if (index == m_shown || index < 0 || index >= static_cast<int>(m_scans.size()))
        return;
    m_shown = index;
    emit scanChanged();
    emit shownChanged();
    updateFreshness();
}

void Document::beginScan(const Scan &scan)
{
    showScan(setScan(scan, -1));
}

int Document::setScan(const Scan &scan, int cell)
{
    const auto same = std::find_if(m_scans.begin(), m_scans.end(), [&scan](const Scan &other) {
        return other.calibration == scan.calibration && other.provenance == scan.provenance;
    });
    const int index = static_cast<int>(same - m_scans.begin());
    const bool sameCells = same != m_scans.end() && same->cells.size() == scan.cells.size();
    if (same == m_scans.end())
        m_scans.push_back(scan);
    else
        *same = scan;
    emit scansChanged();
    if (index != m_shown)
        return index;
    if (cell >= 0 && sameCells)
        emit cellMeasured(cell);
    else
        emit scanChanged();
    return index;
}

void Document::choose(const std::filesystem::path &text, const WindowProtocol &protocol)
{
    m_chosenText = text;
    m_chosenProtocol = protocol;
    updateFreshness();
}

void Document::updateFreshness()
{
    const bool current = !hasScan() || m_chosenText.empty() || isMeasuredOn(scan(), m_chosenText, m_chosenProtocol);
    const Freshness freshness = current ? Freshness::Current : Freshness::Stale;
    if (std::exchange(m_freshness, freshness) != freshness)
        emit freshnessChanged();
}

void Document::setSessionFile(const std::filesystem::path &file)
{
    if (file == m_sessionFile)
        return;
    m_sessionFile = file;
    emit sessionFileChanged();
}

bool isMeasuredOn(const Scan &scan, const std::filesystem::path &text, const WindowProtocol &protocol)
{
    return std::filesystem::path(scan.calibration.text) == text && scan.calibration.protocol == protocol;
}

bool isFinished(const Scan &scan)
{
    return !scan.cells.empty() && measuredCells(scan) == static_cast<int>(scan.cells.size());
}

} // namespace ecdysis

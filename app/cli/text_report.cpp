// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/text_report.h"

#include <cmath>

#include <fmt/format.h>

#include "app/cli/text_table.h"

namespace ecdysis::cli {

namespace {

std::string loss(const std::vector<double> &losses)
{
    return fmt::format("{:.4f}", mean(losses).value);
}

/// A change from the dense model and its error as two cells.
void addChange(std::vector<std::string> &row, const std::vector<double> &losses, const std::vector<double> &dense)
{
    const Estimate change = pairedDifference(losses, dense);
    row.push_back(fmt::format("{:+.4f}", change.value));
    row.push_back(margin(change.standardError));
}

} // namespace

std::string evaluationText(const Evaluation &evaluation)
{
    return fmt::format("loss        {:.4f} {} nats per token\n"
                       "perplexity  {:.3f}\n"
                       "tokens      {} in {} windows of {}\n"
                       "time        {:.2f} s, {:.0f} tokens per second\n",
                       evaluation.nll.value, margin(evaluation.nll.standardError), evaluation.perplexity,
                       grouped(evaluation.tokens), evaluation.calibration.windows,
                       evaluation.calibration.protocol.window, evaluation.seconds, evaluation.tokensPerSecond);
}

std::string profileText(const PositionProfile &profile)
{
    const bool compared = !profile.positions.front().denseLosses.empty();
    std::vector<std::string> header{"tokens before", "loss", "error"};
    if (compared)
        header.insert(header.end(), {"dense", "change", "error"});
    TextTable table(header);
    for (const PositionLoss &position : profile.positions) {
        std::vector<std::string> row{fmt::format("{} to {}", position.from, position.to), loss(position.losses),
                                     margin(mean(position.losses).standardError)};
        if (compared) {
            row.push_back(loss(position.denseLosses));
            addChange(row, position.losses, position.denseLosses);
        }
        table.addRow(row);
    }
    return evaluationText(profile.evaluation) + "\n" + table.text();
}

std::string recallText(const RecallReport &report)
{
    const bool compared = !report.points.front().dense.nll.empty();
    std::vector<std::string> header{"distance", "pairs", "accuracy", "error", "loss", "error", "gain", "error"};
    if (compared)
        header.insert(header.end(),
                      {"dense accuracy", "dense loss", "change", "error", "dense gain", "change", "error"});
    TextTable table(header);
    for (const RecallPoint &point : report.points) {
        const Estimate accuracy = mean(point.scores.accuracy);
        std::vector<std::string> row{std::to_string(point.distance),
                                     std::to_string(point.pairs),
                                     fmt::format("{:.4f}", accuracy.value),
                                     margin(accuracy.standardError),
                                     loss(point.scores.nll),
                                     margin(mean(point.scores.nll).standardError),
                                     loss(point.scores.gain),
                                     margin(mean(point.scores.gain).standardError)};
        if (compared) {
            row.push_back(fmt::format("{:.4f}", mean(point.dense.accuracy).value));
            row.push_back(loss(point.dense.nll));
            addChange(row, point.scores.nll, point.dense.nll);
            row.push_back(loss(point.dense.gain));
            addChange(row, point.scores.gain, point.dense.gain);
        }
        table.addRow(row);
    }
    return fmt::format("{} of {} words, {} examples a distance; chance: accuracy {:.4f}, loss {:.4f}\n\n{}",
                       report.request.task, report.words, report.request.examples, 1.0 / report.words,
                       std::log(report.words), table.text());
}

} // namespace ecdysis::cli

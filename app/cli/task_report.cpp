// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/task_report.h"

#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "app/cli/csv.h"
#include "app/cli/text_table.h"
#include "core/values/task_json.h"

namespace ecdysis::cli {

namespace {

using json_detail::number;

/// A figure in per cent of the dense one.
double percent(double value, double dense)
{
    return 100 * value / dense;
}

/// Change of the accuracy from the dense model's, with the error of paired samples.
Estimate change(const TaskResult &task, const TaskResult &dense)
{
    const auto correct = [](const TaskResult &of) {
        std::vector<double> values;
        for (const Answer &answer : of.answers)
            values.push_back(answer.correct ? 1 : 0);
        return values;
    };
    return pairedDifference(correct(task), correct(dense));
}

/// The accuracies of a task by the names of their keys.
struct Measure
{
    const char *key;
    Estimate TaskResult::*value;
};
constexpr Measure measures[] = {{"accuracy", &TaskResult::accuracy},
                                {"accuracy_norm", &TaskResult::accuracyNorm},
                                {"accuracy_bytes", &TaskResult::accuracyBytes}};

nlohmann::json comparedObject(const TaskResult &task, const TaskResult &dense)
{
    nlohmann::json object = task;
    object["dense"] = {{"perplexity", number(dense.perplexity)}};
    for (const auto &[key, value] : measures) {
        object["dense"][key] = number((dense.*value).value);
        object["percent_of_dense"][key] = number(percent((task.*value).value, (dense.*value).value));
    }
    object["change"] = change(task, dense);
    return object;
}

constexpr const char *means[] = {"mean", "mean_norm", "shedder7", "shedder5"};

std::string figure(double value)
{
    return std::isfinite(value) ? fmt::format("{:.4f}", value) : std::string("-");
}

std::string perplexityText(double value)
{
    return std::isfinite(value) ? fmt::format("{:.6g}", value) : std::string("-");
}

std::vector<std::string> row(const TaskFigures &figures, std::size_t index)
{
    const TaskResult &task = figures.measured.tasks[index];
    std::vector<std::string> cells{task.name,
                                   grouped(static_cast<std::int64_t>(task.answers.size())),
                                   figure(task.accuracy.value),
                                   margin(task.accuracy.standardError),
                                   figure(task.accuracyNorm.value),
                                   figure(task.accuracyBytes.value),
                                   perplexityText(task.perplexity),
                                   fmt::format("{:.1f}", task.seconds)};
    if (figures.dense) {
        const TaskResult &dense = figures.dense->tasks[index];
        const Estimate difference = change(task, dense);
        cells.push_back(figure(dense.accuracy.value));
        cells.push_back(fmt::format("{:+.4f}", difference.value));
        cells.push_back(margin(difference.standardError));
        cells.push_back(fmt::format("{:.2f}", percent(task.accuracy.value, dense.accuracy.value)));
    }
    return cells;
}

/// A mean as a line of text; empty where it has none.
std::string meanText(const char *name, const nlohmann::json &object)
{
    if (object.at(name).is_null())
        return {};
    const std::string value = fmt::format("{:10}  {:.4f}", name, object.at(name).get<double>());
    return object.contains("dense")
               ? fmt::format("{}, {:.2f} % of {:.4f}\n", value, object.at("percent_of_dense").at(name).get<double>(),
                             object.at("dense").at(name).get<double>())
               : value + "\n";
}

} // namespace

nlohmann::json taskObject(const TaskFigures &figures)
{
    nlohmann::json object = figures.measured;
    if (!figures.dense)
        return object;
    const nlohmann::json dense = *figures.dense;
    for (std::size_t i = 0; i < figures.measured.tasks.size(); ++i) {
        const TaskResult &task = figures.measured.tasks[i];
        object["tasks"][task.name] = comparedObject(task, figures.dense->tasks[i]);
    }
    for (const char *mean : means) {
        object["dense"][mean] = dense.at(mean);
        object["percent_of_dense"][mean] =
            dense.at(mean).is_null() ? nlohmann::json()
                                     : number(percent(object.at(mean).get<double>(), dense.at(mean).get<double>()));
    }
    return object;
}

std::string taskText(const TaskFigures &figures)
{
    std::vector<std::string> header{"task", "items", "accuracy", "error", "norm", "bytes", "perplexity", "seconds"};
    if (figures.dense)
        header.insert(header.end(), {"dense", "change", "error", "% of dense"});
    TextTable table(header);
    for (std::size_t i = 0; i < figures.measured.tasks.size(); ++i)
        table.addRow(row(figures, i));
    std::string text = table.text() + "\n";
    const nlohmann::json object = taskObject(figures);
    for (const char *mean : means)
        text += meanText(mean, object);
    return text;
}

std::string taskCsv(const TaskFigures &figures)
{
    std::vector<std::string> header{"task",          "examples",       "accuracy",   "standard_error",
                                    "accuracy_norm", "accuracy_bytes", "perplexity", "seconds"};
    if (figures.dense)
        header.insert(header.end(), {"dense_accuracy", "dense_accuracy_norm", "dense_perplexity", "change",
                                     "change_standard_error", "percent_of_dense"});
    std::string text = csvLine(header);
    for (std::size_t i = 0; i < figures.measured.tasks.size(); ++i) {
        const TaskResult &task = figures.measured.tasks[i];
        std::vector<std::string> line{task.name, std::to_string(task.answers.size())};
        for (const double value : {task.accuracy.value, task.accuracy.standardError, task.accuracyNorm.value,
                                   task.accuracyBytes.value, task.perplexity, task.seconds})
            line.push_back(csvNumber(value));
        if (figures.dense) {
            const TaskResult &dense = figures.dense->tasks[i];
            const Estimate difference = change(task, dense);
            for (const double value :
                 {dense.accuracy.value, dense.accuracyNorm.value, dense.perplexity, difference.value,
                  difference.standardError, percent(task.accuracy.value, dense.accuracy.value)})
                line.push_back(csvNumber(value));
        }
        text += csvLine(line);
    }
    return text;
}

} // namespace ecdysis::cli

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/projection_repair.h"

#include <algorithm>

#include "core/evaluation/observation.h"
#include "core/pruning/added_biases.h"
#include "core/pruning/applied_plan.h"
#include "core/pruning/cut_weights.h"
#include "core/pruning/heard_network.h"
#include "core/pruning/masks.h"
#include "core/torch.h"
#include "core/weights.h"

namespace ecdysis::pruning {

using architectures::Blueprint;
using architectures::Parameter;
using architectures::Removed;
using architectures::Stream;

namespace {

bool isMatrix(const Parameter &parameter)
{
    return parameter.shape.size() == 2 && parameter.precision == architectures::Precision::Compute &&
           parameter.tiedTo.empty() && parameter.layers.size() == 1 && !biasOf(parameter.name).empty();
}

/// The projection that reads the state space of a layer.
std::string outputOf(const Blueprint &blueprint, int layer)
{
    const Parameter *logA = evaluation::logAOf(blueprint, layer);
    return logA ? logA->name.substr(0, logA->name.rfind("A_log")) + "out_proj.weight" : "";
}

/// One pass through the layers of the dense model and of the plan side by side.
class Pass
{
public:
    Pass(const Model::State &model, const Plan &plan, NewWeights changed)
        : m_model(model), m_blueprint(model.files.blueprint), m_changed(std::move(changed)),
          m_units(Inventory(m_blueprint, plan.orders).units(plan, "plan")), m_removed(apply(model, plan).removed),
          m_projections(projectionsBehind(m_units, m_blueprint)), m_gone(widthsGone(plan)),
          m_dense(model.files, model.weights), m_repaired(model.files, leftWeights(plan))
    {
    }

    RepairedProjections run(const data::Windows &windows, const Correction &correction, const std::string &method,
                            const Run &run)
    {
        for (const at::Tensor &ids : data::batches(windows)) {
            m_denseStreams.push_back(m_dense.network().embed(ids));
            m_streams.push_back(m_repaired.network().embed(ids));
        }
        ProgressMeter meter(run, "repair", m_blueprint.layers(), m_blueprint.layers());
        std::vector<RepairedWeight> fits;
        for (int layer = 0; layer < m_blueprint.layers(); ++layer) {
            if (const auto found = m_projections.find(layer); found != m_projections.end())
                for (const std::string &weight : found->second)
                    if (const auto errors = correct(weight, layer, correction, run))
                        fits.push_back({.weight = weight,
                                        .layer = layer,
                                        .method = method,
                                        .before = errors->first,
                                        .after = errors->second});
            advance(layer, run);
            meter.finishStep();
            meter.advance(1);
        }
        return {std::move(m_changed), std::move(fits)};
    }

private:
    /// What goes of tensors, of biases that may come, too; parts are switched off.
    Cut widthsGone(const Plan &plan) const
    {
        std::vector<Unit> widths = m_units;
        std::erase_if(widths, [](const Unit &unit) { return unit.isPart(); });
        std::set<std::string> biases;
        for (const auto &[name, weight] : m_changed)
            biases.insert(name);
        for (const auto &[layer, weights] : m_projections)
            for (const std::string &weight : weights)
                biases.insert(biasOf(weight));
        const Blueprint extended = withBiases(m_blueprint, biases);
        return Inventory(extended, plan.orders).cut(widths);
    }

    /// What the plan leaves of the weights, with what is new so far.
    architectures::Weights leftWeights(const Plan &plan) const
    {
        architectures::Weights weights = withNew(m_model.weights, m_changed, m_blueprint);
        if (plan.masks)
            weights = masked(weights, readMasks(*plan.masks, m_blueprint));
        Cut cut = m_gone;
        std::erase_if(cut.partial, [&](const auto &entry) { return !weights.contains(entry.first); });
        return withoutCut(weights, cut);
    }

    const Removed &removed(int layer) const { return m_removed[static_cast<std::size_t>(layer)]; }

    void advance(int layer, const Run &run)
    {
        const Removed nothing;
        for (std::size_t batch = 0; batch < m_streams.size(); ++batch) {
            m_denseStreams[batch] = m_dense.network().layer(layer, m_denseStreams[batch], {&nothing, 1}, run).front();
            m_streams[batch] = m_repaired.network().layer(layer, m_streams[batch], {&removed(layer), 1}, run).front();
        }
    }

    /// Error before and after; none where the projection is not computed, or for other rows than in the dense model.
    std::optional<std::pair<double, double>> correct(const std::string &weight, int layer, const Correction &correction,
                                                     const Run &run)
    {
        const auto fit = gathered(weight, layer, run);
        if (!fit)
            return std::nullopt;
        const architectures::Weights &weights = m_repaired.weights();
        const Affine old{weights.at(weight).to(at::kDouble), biasIn(weights, weight)};
        const double before = fit->error(old.weight, old.bias);
        const Affine corrected = correction(*fit, old);
        if (!at::equal(corrected.weight, old.weight))
            take(weight, corrected.weight);
        if (!at::equal(corrected.bias, old.bias))
            take(biasOf(weight), corrected.bias);
        return std::pair{before, fit->error(weights.at(weight), biasIn(weights, weight))};
    }

    static at::Tensor biasIn(const architectures::Weights &weights, const std::string &weight)
    {
        const at::Tensor bias = weights.orNone(biasOf(weight));
        return bias.defined()
                   ? bias.to(at::kDouble)
                   : at::zeros({weights.at(weight).size(0)}, weights.at(weight).options().dtype(at::kDouble));
    }

    std::optional<LinearFit> gathered(const std::string &weight, int layer, const Run &run) const
    {
        const Removed nothing;
        Indices rows = goneOf(weight); // what the plan takes of the outputs is not wanted
        std::erase_if(rows, [](const auto &entry) { return entry.first != 0; });
        const at::Tensor dense = withoutIndices(m_dense.weights().at(weight).to(at::kFloat), rows);
        const at::Tensor bias = withoutIndices(biasIn(m_dense.weights(), weight).to(at::kFloat), rows);
        LinearFit fit;
        for (std::size_t batch = 0; batch < m_streams.size(); ++batch) {
            const at::Tensor x = m_repaired.operands(weight, layer, m_streams[batch], removed(layer), run);
            const at::Tensor whole = m_dense.operands(weight, layer, m_denseStreams[batch], nothing, run);
            if (!x.defined() || !whole.defined() || x.size(0) != whole.size(0))
                return std::nullopt;
            fit.add(x, at::addmm(bias, whole, dense.t()));
        }
        return fit;
    }

    /// Puts a new value of what is left into the network, and into the whole weight that the plan will name.
    void take(const std::string &name, const at::Tensor &left)
    {
        const Indices gone = goneOf(name);
        m_changed[name] = intoWhole(wholeOf(name).to(left.device()), left.to(storedType(name)), gone);
        const architectures::Weights whole = withNew(m_model.weights, {{name, m_changed.at(name)}}, m_blueprint);
        m_repaired.replace(name, withoutIndices(whole.at(name), gone));
    }

    Indices goneOf(const std::string &name) const
    {
        const auto partial = m_gone.partial.find(name);
        return partial == m_gone.partial.end() ? Indices() : partial->second;
    }

    at::ScalarType storedType(const std::string &name) const
    {
        const auto &names = m_model.files.storedNames;
        const auto stored = names.contains(name) ? names.at(name) : names.at(weightOf(name));
        return torchType(m_model.files.checkpoint.find(stored)->dtype);
    }

    /// The whole tensor so far; of a bias that is new, zeros.
    at::Tensor wholeOf(const std::string &name) const
    {
        if (const auto changed = m_changed.find(name); changed != m_changed.end())
            return changed->second.to(storedType(name));
        const architectures::Weights &weights = m_model.weights;
        if (weights.contains(name))
            return weights.at(name).to(storedType(name));
        const at::Tensor &matrix = weights.at(weightOf(name));
        return at::zeros({matrix.size(0)}, matrix.options().dtype(storedType(name)));
    }

    const Model::State &m_model;
    const Blueprint &m_blueprint;
    NewWeights m_changed;
    std::vector<Unit> m_units;
    std::vector<Removed> m_removed; ///< parts that are switched off, one set a layer
    std::map<int, std::vector<std::string>> m_projections;
    Cut m_gone;
    HeardNetwork m_dense, m_repaired;
    std::vector<Stream> m_denseStreams, m_streams; ///< entering the layer, one a batch
};

} // namespace

Affine correctBias(const LinearFit &fit, const Affine &old)
{
    return {old.weight, fit.meanDifference(old.weight)};
}

Affine correctWeight(const LinearFit &fit, const Affine &old, double ridge)
{
    return {fit.without(old.bias).weight(old.weight, ridge), old.bias};
}

Affine correctBoth(const LinearFit &fit, const Affine &old, double ridge)
{
    const at::Tensor weight = fit.centred().weight(old.weight, ridge);
    return {weight, fit.meanDifference(weight)};
}

std::map<int, std::vector<std::string>> projectionsBehind(std::span<const Unit> units, const Blueprint &blueprint)
{
    const Inventory inventory(blueprint);
    const Cut cut = inventory.cut(units);
    std::set<std::string> names;
    for (const Unit &unit : units) {
        if (unit.kind == "ssm" || unit.kind == "recurrence")
            names.insert(outputOf(blueprint, unit.layer));
        if (unit.from >= 0)
            for (const architectures::Slice &slice : inventory.axis(unit.kind, unit.layer)->slices)
                if (slice.dimension == 1)
                    names.insert(slice.tensor);
    }
    std::map<int, std::vector<std::string>> projections;
    for (const Parameter &parameter : blueprint.parameters)
        if (names.contains(parameter.name) && isMatrix(parameter) && !cut.tensors.contains(parameter.name) &&
            !cut.zeroed.contains(parameter.name))
            projections[parameter.layer()].push_back(parameter.name);
    return projections;
}

RepairedProjections repairProjections(const Model::State &model, const Plan &plan, NewWeights changed,
                                      const data::Windows &windows, const Correction &correction,
                                      const std::string &method, const Run &run)
{
    const at::NoGradGuard noGradients;
    return Pass(model, plan, std::move(changed)).run(windows, correction, method, run);
}

} // namespace ecdysis::pruning

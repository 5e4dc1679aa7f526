// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/evaluation/passage_batch.h"

#include <algorithm>

#include "core/evaluation/perplexity.h"
#include "core/torch.h"

namespace ecdysis::evaluation {

Piece whole(const Passage &passage)
{
    return {&passage, 0, passage.length()};
}

std::int64_t filled(std::int64_t length)
{
    return (length + 15) / 16 * 16;
}

PassageBatch batchOf(const std::vector<Piece> &pieces)
{
    std::int64_t length = 0;
    for (const Piece &piece : pieces)
        length = std::max(length, filled(piece.length));
    PassageBatch batch{
        .ids = at::zeros({static_cast<std::int64_t>(pieces.size()), length}, at::kLong), .rows = {}, .classes = {}};
    auto *row = batch.ids.data_ptr<std::int64_t>();
    std::vector<std::int64_t> tokens;
    std::int64_t start = 0;
    for (const Piece &piece : pieces) {
        std::copy_n(piece.passage->ids.begin() + piece.start, piece.length, row + start);
        for (const Target &target : piece.passage->targets) {
            const std::int64_t place = target.after - piece.start;
            if (place < 0 || place >= piece.length)
                continue;
            batch.rows.push_back(start + place);
            tokens.push_back(target.token);
        }
        start += length;
    }
    batch.classes = at::tensor(tokens, at::kLong);
    return batch;
}

void checkIds(const PassageBatch &batch, const architectures::Network &network, const std::string &source)
{
    checkIds(batch.ids, network, source);
    if (!batch.rows.empty())
        checkIds(batch.classes, network, source);
}

std::vector<Prediction> predictionsOf(const architectures::Network &network, const PassageBatch &batch,
                                      const at::Tensor &residual, const Run &run)
{
    const at::NoGradGuard noGradients;
    const at::Tensor rows = at::tensor(batch.rows, at::kLong).to(residual.device());
    const at::Tensor hidden = network.finalNorm(residual.flatten(0, 1).index_select(0, rows));
    return layers::predictions(hidden, network.head(), batch.classes, run);
}

} // namespace ecdysis::evaluation

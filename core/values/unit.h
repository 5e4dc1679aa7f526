// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ecdysis {

/// One thing that can go: a block, an SSM, an MLP, a group of channels, a weight tensor.
/// Its id is `kind:layer[:from-to]`, layers counted from 0 as in the checkpoint: `block:5`, `mlp_channels:7:0-1023`.
struct Unit
{
    std::string id;
    std::string kind; ///< "block", "ssm"
    int layer = -1;
    std::int64_t parameters = 0;      ///< that go with it
    std::int64_t bytes = 0;           ///< of those parameters as stored
    double flopsPerToken = 0;         ///< of a forward pass that go with it (2 per multiply-add)
    std::vector<std::string> tensors; ///< stored tensors that become unused
    bool stockLoadable = false;       ///< whether other software's stock loaders can represent its removal

    bool operator==(const Unit &) const = default;
};

/// The id of a unit that is a whole part of a layer.
inline std::string unitId(const std::string &kind, int layer)
{
    return kind + ":" + std::to_string(layer);
}

} // namespace ecdysis

// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/torch_writer.h"

#include <fmt/format.h>

#include "core/io/atomic_file.h"
#include "core/io/pickle_writer.h"
#include "core/io/zip_writer.h"

namespace ecdysis::io {

namespace {

/// A tensor that has a storage of its own.
PickledTensor described(const PendingTensor &tensor, std::size_t storage)
{
    PickledTensor view{.name = tensor.name,
                       .storage = std::to_string(storage),
                       .dtype = tensor.dtype,
                       .storageElements = 1,
                       .shape = tensor.shape,
                       .strides = std::vector<std::int64_t>(tensor.shape.size(), 1)};
    for (std::size_t i = tensor.shape.size(); i-- > 0;) {
        view.strides[i] = view.storageElements;
        view.storageElements *= tensor.shape[i];
    }
    return view;
}

} // namespace

Result<void> writeTorchFile(const std::filesystem::path &file, std::span<const PendingTensor> tensors,
                            std::span<const std::pair<std::string, std::string>> aliases)
{
    std::vector<PickledTensor> views;
    for (const PendingTensor &tensor : tensors)
        views.push_back(described(tensor, views.size()));
    const std::string folder = file.stem().string() + "/";
    return writeAtomically(file, [&](std::ostream &stream) -> Result<void> {
        ZipWriter zip(stream);
        zip.add(folder + "data.pkl", pickled(views, aliases));
        zip.add(folder + ".format_version", "1");
        zip.add(folder + ".storage_alignment", "64");
        zip.add(folder + "byteorder", "little");
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            const auto data = tensors[i].bytes();
            if (!data)
                return tl::unexpected(data.error());
            if (data->bytes.size() != static_cast<std::size_t>(tensors[i].size()))
                return failure(ErrorCode::InvalidArgument,
                               fmt::format("expected {} bytes, found {}", tensors[i].size(), data->bytes.size()),
                               fmt::format("{}: {}", file.string(), tensors[i].name));
            zip.add(folder + "data/" + views[i].storage, data->bytes);
        }
        zip.add(folder + "version", "3\n");
        zip.finish();
        return {};
    });
}

} // namespace ecdysis::io

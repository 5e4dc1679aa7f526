# SPDX-FileCopyrightText: 2026 The Ecdysis developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Safetensors files and random models with nothing but Python's own modules."""

import array
import json
import math
import pathlib
import random
import struct


def read(path):
    """Floats of each F32 tensor of a file by name."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        tensors = {}
        for name, info in header.items():
            if name == "__metadata__" or info["dtype"] != "F32":
                continue
            begin, end = info["data_offsets"]
            file.seek(8 + length + begin)
            tensors[name] = array.array("f", file.read(end - begin))
    return tensors


def write(path, tensors):
    """`tensors`: name → (dtype, shape, array)."""
    header, offset = {}, 0
    for name, (dtype, shape, values) in tensors.items():
        size = len(values) * values.itemsize
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, _, values in tensors.values():
            values.tofile(file)


class Numbers:
    """Normal deviates. They repeat after a while, which large models do not mind."""

    def __init__(self, seed):
        deviates = random.Random(seed)
        self.values = [deviates.gauss(0, 1) for _ in range(50021)]
        self.place = 0

    def normal(self, count, scale, mean=0.0):
        block = array.array("f", (mean + scale * value for value in self.values))
        start, self.place = self.place, (self.place + count) % len(block)
        whole = block[start:] + block * (count // len(block) + 1)
        return whole[:count]


def mamba_layer(config):
    """name → (shape, mean, standard deviation)."""
    width, inner, states = config["hidden_size"], config["intermediate_size"], config["state_size"]
    rank, taps = config["time_step_rank"], config["conv_kernel"]
    return {"in_proj.weight": ([2 * inner, width], 0, width**-0.5),
            "conv1d.weight": ([inner, 1, taps], 0, taps**-0.5), "conv1d.bias": ([inner], 0, 0.1),
            "x_proj.weight": ([rank + 2 * states, inner], 0, inner**-0.5),
            "dt_proj.weight": ([inner, rank], 0, rank**-0.5), "dt_proj.bias": ([inner], -3, 1),
            "A_log": ([inner, states], 1, 0.7), "D": ([inner], 1, 0.1),
            "out_proj.weight": ([width, inner], 0, inner**-0.5)}


def mamba2_layer(config):
    width, heads, states = config["hidden_size"], config["num_heads"], config["state_size"]
    inner, taps = heads * config["head_dim"], config["conv_kernel"]
    scanned = inner + 2 * config["n_groups"] * states
    return {"in_proj.weight": ([inner + scanned + heads, width], 0, width**-0.5),
            "conv1d.weight": ([scanned, 1, taps], 0, taps**-0.5), "conv1d.bias": ([scanned], 0, 0.1),
            "dt_bias": ([heads], -3, 1), "A_log": ([heads], 1, 0.7), "D": ([heads], 1, 0.1),
            "norm.weight": ([inner], 1, 0.1), "out_proj.weight": ([width, inner], 0, inner**-0.5)}


def random_model(folder, config):
    """Writes a model of a full config in float32, the same for equal configs."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    width = config["hidden_size"]
    shapes = {"backbone.embeddings.weight": ([config["vocab_size"], width], 0, 0.1)}
    layer = mamba_layer(config) if config["model_type"] == "mamba" else mamba2_layer(config)
    for index in range(config["num_hidden_layers"]):
        shapes[f"backbone.layers.{index}.norm.weight"] = ([width], 1, 0.1)
        shapes |= {f"backbone.layers.{index}.mixer.{name}": shape for name, shape in layer.items()}
    shapes["backbone.norm_f.weight"] = ([width], 1, 0.1)
    numbers = Numbers(1)
    write(folder / "model.safetensors",
          {name: ("F32", shape, numbers.normal(math.prod(shape), scale, mean))
           for name, (shape, mean, scale) in shapes.items()})

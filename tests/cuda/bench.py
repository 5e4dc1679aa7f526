# SPDX-FileCopyrightText: 2026 The Ecdysis developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures random models in the shapes of mamba-130m and mamba2-130m on the GPU: prefill of 2,048 tokens without head,
decoding, and a gradient pass of 1,024 tokens. Usage: bench.py PROGRAM WORK_FOLDER"""

import array
import json
import pathlib
import subprocess
import sys
import time

import tensors

program, work = sys.argv[1], pathlib.Path(sys.argv[2])
common = {"hidden_size": 768, "num_hidden_layers": 24, "tie_word_embeddings": True, "use_bias": False,
          "conv_kernel": 4}
models = {"mamba-130m": common | {"model_type": "mamba", "intermediate_size": 1536, "state_size": 16,
                                  "time_step_rank": 48, "vocab_size": 50280},
          "mamba2-130m": common | {"model_type": "mamba2", "num_heads": 24, "head_dim": 64, "expand": 2,
                                   "state_size": 128, "n_groups": 1, "vocab_size": 50288}}


def call(*arguments):
    command = [program, *map(str, arguments), "--device", "cuda", "--json"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


for name, config in models.items():
    tensors.random_model(work / name, config)
    for dtype in ("f32", "bf16"):
        for batch in (1, 8):
            report = call("bench", work / name, "--prefill", 2048, "--decode", 16, "--batch", batch, "--dtype", dtype)
            prefill, decode = report["prefill"], report["decode"]
            print(f"{report['device']}, {name}, {dtype}, batch {batch}: prefill {prefill['tokens_per_second']:,.0f} "
                  f"tokens/s ({prefill['milliseconds']['median']:.2f} ms), decode {decode['tokens_per_second']:,.0f} "
                  f"tokens/s, peak {report['peak_memory_bytes'] / 2**20:,.0f} MiB", flush=True)
    ids = work / "ids.safetensors"
    tensors.write(ids, {"input_ids": ("I64", [1, 1024], array.array("q", (i * 7919 % 50277 for i in range(1024))))})
    start = time.monotonic()
    call("gradients", work / name, "--ids", ids, "--out", work / "gradients.safetensors")
    print(f"{name}: gradients of 1,024 tokens, program start and files included: {time.monotonic() - start:.1f} s")

# SPDX-FileCopyrightText: 2026 The Ecdysis developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares what ecdysis-cli computes with --device cuda with reference answers, with the processor and with itself.
Usage: compare.py PROGRAM SOURCE_FOLDER WORK_FOLDER"""

import array
import json
import os
import pathlib
import random
import subprocess
import sys

import tensors

program, source, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
failures = 0


def check(what, good, figure):
    global failures
    failures += not good
    print(f"{'ok    ' if good else 'FAILED'} {what}: {figure}", flush=True)


def call(*arguments, device="cuda"):
    """The JSON that a command prints."""
    done = subprocess.run([program, *map(str, arguments), "--device", device, "--json"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, arguments))} --device {device}: {done.stderr}")
    return json.loads(done.stdout)


def difference(found, expected):
    """Of two arrays, relative to the largest magnitude expected."""
    largest = max(map(abs, expected)) or 1.0
    worst = 0.0
    for a, b in zip(found, expected, strict=True):
        worst = max(worst, abs(a - b)) if a == a else float("inf")
    return worst / largest


def compare(what, found, expected, limit=1e-4):
    name, worst = max(((name, difference(found[name], expected[name])) for name in expected), key=lambda pair: pair[1])
    check(what, worst < limit, f"{worst:.1e} at most, in {name}, of {len(expected)} tensors")


def outputs(model, ids, device="cuda", dtype="f32"):
    out = work / "logits.safetensors"
    call("logits", model, "--ids", ids, "--out", out, "--hidden", "--dtype", dtype, device=device)
    return tensors.read(out)


def gradients(model, ids, device="cuda"):
    out = work / "gradients.safetensors"
    call("gradients", model, "--ids", ids, "--out", out, device=device)
    return {name.replace("backbone.embedding.", "backbone.embeddings."): values
            for name, values in tensors.read(out).items()}


def fixtures():
    """Folders of models and the files of their answers; the original layout holds the weights of the other one."""
    for folder in sorted([*source.glob("tests/data/*"), *source.glob("../shared/fixtures/*")]):
        answers = [folder.parent / name / "expected.safetensors"
                   for name in (folder.name, folder.name.removesuffix("_original"))]
        answer = next(filter(pathlib.Path.exists, answers), None)
        config = folder / "config.json"
        if answer and config.exists():
            yield folder, answer


def against_references():
    for folder, answer in fixtures():
        expected = tensors.read(answer)
        forward = {name: values for name, values in expected.items() if name == "logits" or name.startswith("hidden.")}
        for device in ("cuda", "cpu"):
            compare(f"{folder.name} on {device}, logits and hidden states", outputs(folder, answer, device), forward)
        backward = {name: values for name, values in expected.items() if name.startswith("grad.")}
        if not backward:
            continue
        found = gradients(folder, answer)
        compare(f"{folder.name}, gradients", found, {name: backward[name] for name in backward if name in found},
                limit=1e-3 if folder.name == "zamba2" else 1e-4)
        check(f"{folder.name}, parameters with gradients", len(found) >= len(backward) - 1, len(found))


def against_processor():
    """Random models of odd sizes: more states than one pass takes, channels that fill no block, several groups."""
    common = {"hidden_size": 48, "num_hidden_layers": 2, "vocab_size": 97, "tie_word_embeddings": True,
              "use_bias": False}
    scan = {"model_type": "mamba", "intermediate_size": 100, "time_step_rank": 5}
    duality = {"model_type": "mamba2", "num_heads": 4, "head_dim": 24, "expand": 2}
    models = {"3 taps, 1 state": scan | {"state_size": 1, "conv_kernel": 3},
              "40 states": scan | {"state_size": 40, "conv_kernel": 4},
              "64 states, 2 groups": duality | {"state_size": 64, "n_groups": 2, "conv_kernel": 4},
              "128 states": duality | {"state_size": 128, "n_groups": 1, "conv_kernel": 4},
              "200 states": duality | {"state_size": 200, "n_groups": 4, "conv_kernel": 2}}
    deviates = random.Random(2)
    for shape in ([3, 45], [1, 300], [2, 2]):
        ids = work / "ids.safetensors"
        values = array.array("q", (deviates.randrange(97) for _ in range(shape[0] * shape[1])))
        tensors.write(ids, {"input_ids": ("I64", shape, values)})
        for index, (name, config) in enumerate(models.items()):
            model = work / f"model{index}"
            if not model.exists():
                tensors.random_model(model, common | config)
            what = f"{config['model_type']} of {name}, {shape[0]} × {shape[1]} tokens"
            compare(f"{what}, outputs", outputs(model, ids), outputs(model, ids, device="cpu"))
            compare(f"{what}, gradients", gradients(model, ids), gradients(model, ids, device="cpu"))


def on_the_demo():
    model, text = source / "resources/demo/model", source / "resources/demo/text.txt"
    windows = ["--text", text, "--window", 256]
    processor = call("eval", model, *windows, device="cpu")
    dense = call("eval", model, *windows)
    off = abs(dense["mean_nll"] - processor["mean_nll"])
    check("demo, mean loss", off < 2e-4, f"{dense['mean_nll']:.6f}, {off:.1e} from the processor's")
    rounded = call("eval", model, *windows, "--dtype", "bf16")
    off = abs(rounded["mean_nll"] - processor["mean_nll"])
    check("demo, mean loss in bfloat16", off < 2e-2, f"{rounded['mean_nll']:.6f}, {off:.1e} from float32")

    scan = ["scan", model, *windows, "--units", "block,ssm"]
    scanned = call(*scan)
    expected = {cell["unit"]: cell["nll"] for cell in call(*scan, device="cpu")["cells"]}
    off = max(abs(cell["nll"] - expected[cell["unit"]]) for cell in scanned["cells"])
    check(f"demo, {len(expected)} cells of a scan", len(expected) == 24 and off < 1e-3,
          f"{off:.1e} from the processor's")
    again = call(*scan)
    check("demo, the same bits twice", again["cells"] == scanned["cells"], f"{len(again['cells'])} cells")
    for unit in ("block:5", "ssm:7"):
        plan = work / "plan.json"
        plan.write_text(json.dumps({"removals": [unit]}))
        alone = call("eval", model, *windows, "--plan", plan)["mean_nll"]
        cell = next(cell for cell in scanned["cells"] if cell["unit"] == unit)
        check(f"demo, {unit} alone and in the scan", alone == cell["nll"], f"{alone!r}, {cell['nll']!r}")
    rounded = call(*scan, "--dtype", "bf16")
    off = max(abs(cell["nll"] - expected[cell["unit"]]) for cell in rounded["cells"])
    check("demo, scan in bfloat16", off < 5e-2, f"{off:.1e} from float32")


def tasks_on_the_demo():
    """Choices of unlike lengths that go on from the states behind a beginning they share."""
    words = (source / "resources/demo/text.txt").read_text().split()
    item = {"query": " ".join(words[:60]), "gold": 1,
            "choices": [" ".join(words[60:60 + count]) for count in (3, 9, 25)]}
    item["choices"][0] = " ".join(words[90:93])
    item["choices"][2] = " ".join(words[100:125])
    task = work / "task.jsonl"
    task.write_text(json.dumps(item))
    found, expected = (call("eval", source / "resources/demo/model", "--task", task, device=device)["tasks"]["task"]
                       for device in ("cuda", "cpu"))
    check("demo, choices behind a beginning", found["tokens"] < found["tokens_unshared"],
          f"{found['tokens']} tokens of {found['tokens_unshared']}")
    off = max(abs(a - b) for a, b in zip(found["first_item_loglik"], expected["first_item_loglik"], strict=True))
    check("demo, log-likelihoods of choices", off < 1e-3, f"{off:.1e} from the processor's")


def refused(what, code, words, arguments, environment):
    done = subprocess.run([program, *map(str, arguments), "--device", "cuda"], capture_output=True, text=True,
                          env=os.environ | environment)
    lines = [line for line in done.stderr.splitlines() if "error" in line.lower() or words in line]
    check(what, done.returncode == code and words in done.stderr, lines[-1] if lines else done.stderr[-500:])


def mistakes():
    model = source / "resources/demo/model"
    refused("no GPU", 1, "expected a GPU", ["bench", model], {"CUDA_VISIBLE_DEVICES": ""})
    refused("more than the GPU's memory", 1, "out of memory",
            ["bench", model, "--prefill", 2048, "--decode", 0, "--batch", 200000, "--repeat", 1], {})


against_references()
against_processor()
on_the_demo()
tasks_on_the_demo()
mistakes()
print(f"{failures} failed" if failures else "all passed")
sys.exit(failures > 0)

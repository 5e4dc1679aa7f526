# SPDX-FileCopyrightText: 2026 The Ecdysis developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small valid inputs for the fuzzers, made from the files of tests/data: the same structure with little data, since a
fuzzer learns nothing from weights. Usage: make_seeds.py TESTS_DATA OUTPUT_FOLDER"""

import io
import itertools
import json
import math
import pathlib
import struct
import sys
import zipfile

data = pathlib.Path(sys.argv[1])
output = pathlib.Path(sys.argv[2])
element_sizes = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}


def store(parser, name, content):
    folder = output / parser
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def safetensors(path, count):
    """The first tensors of a file, each dimension cut to three."""
    content = path.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    header, end = {}, 0
    for name, entry in itertools.islice(json.loads(content[8:8 + length]).items(), count):
        if name != "__metadata__":
            shape = [min(size, 3) for size in entry["shape"]]
            begin, end = end, end + math.prod(shape) * element_sizes[entry["dtype"]]
            entry = {"dtype": entry["dtype"], "shape": shape, "data_offsets": [begin, end]}
        header[name] = entry
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(end)


def small_archive(archive):
    """The records that describe the others, and a little of the first storage, stored as torch stores them."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_STORED) as small:
        for info in archive.infolist():
            folder, _, name = info.filename.partition("/")
            if not name.startswith("data/") or name == "data/0":
                small.writestr(zipfile.ZipInfo(f"{folder}/{name}"), archive.read(info)[:512])
    return kept.getvalue()


def varint(number):
    encoded = b""
    while number > 127:
        encoded += bytes([number & 127 | 128])
        number >>= 7
    return encoded + bytes([number])


def message(*fields):
    """A protocol buffer of (field number, value): text, bytes, bool and int, or float."""
    encoded = b""
    for number, value in fields:
        if isinstance(value, float):
            encoded += varint(number << 3 | 5) + struct.pack("<f", value)
        elif isinstance(value, int):
            encoded += varint(number << 3) + varint(value)
        else:
            content = value.encode() if isinstance(value, str) else value
            encoded += varint(number << 3 | 2) + varint(len(content)) + content
    return encoded


def rule_trie(rules):
    """A double array of bytes to bytes, the values lying behind it with a zero after each. Every node has a block of 256
    units of its own: longer than need be, and plain."""
    texts, offsets = b"", {}
    for source, target in rules.items():
        offsets[source] = len(texts)
        texts += target + b"\0"
    prefixes = sorted({source[:end] for source in rules for end in range(len(source) + 1)})
    block = {prefix: 256 * (index + 1) for index, prefix in enumerate(prefixes)}
    units = [1 << 31] * (256 * (len(prefixes) + 1))
    for prefix in prefixes:
        place = block[prefix[:-1]] ^ prefix[-1] if prefix else 0
        # A jump of less than 2^21 lies from bit 10 on, the flag of a value at bit 8, the byte that leads here below.
        units[place] = (place ^ block[prefix]) << 10 | (prefix in offsets) << 8 | (prefix[-1] if prefix else 0)
        if prefix in offsets:
            units[block[prefix]] = 1 << 31 | offsets[prefix]
    trie = struct.pack(f"<{len(units)}I", *units)
    return struct.pack("<I", len(trie)) + trie + texts


def piece_model(kind, byte_fallback, rules):
    pieces = [("<unk>", 0.0, 2), ("<s>", 0.0, 3), ("</s>", 0.0, 3), ("<user>", 0.0, 4)]
    if byte_fallback:
        pieces += [(f"<0x{byte:02X}>", 0.0, 6) for byte in range(256)]
    pieces += [(text, -float(rank), 1) for rank, text in enumerate(["▁a", "ab", "▁ab", "▁", "a", "b", "é", "c"])]
    normalizer = [(1, "rules"), (3, 1), (4, 0), (5, 1)] + ([(2, rule_trie(rules))] if rules else [])
    return message(*[(1, message((1, text), (2, score), (3, type))) for text, score, type in pieces],
                   (2, message((3, kind), (4, 272), (35, int(byte_fallback)))),
                   (3, message(*normalizer)))


tokenizers = {
    "llama": {
        "added_tokens": [{"id": 0, "content": "<unk>", "special": True, "normalized": False},
                         {"id": 1, "content": "<s>", "special": True, "single_word": True, "lstrip": True, "rstrip": True}],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
            {"type": "NFKD"}, {"type": "NFC"}, {"type": "Lowercase"},
            {"type": "Strip", "strip_left": True, "strip_right": False}]},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True},
        "post_processor": {"type": "TemplateProcessing", "single": [
            {"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [], "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
        "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True,
                  "vocab": {"<unk>": 0, "<s>": 1, "<0xC3>": 3, "<0xA9>": 4, "▁": 5, "a": 6, "b": 7, "▁a": 8, "ab": 9},
                  "merges": ["▁ a", ["a", "b"]]}},
    "neox": {
        "added_tokens": [{"id": 9, "content": "  ", "special": False, "normalized": True}],
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": "'s|\\p{N}{1,3}| ?[^\\s\\p{L}]+|\\s+(?!\\S)"}, "behavior": "Isolated",
             "invert": False},
            {"type": "Digits", "individual_digits": True}, {"type": "Punctuation", "behavior": "Contiguous"},
            {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}]},
        "post_processor": {"type": "ByteLevel"},
        "model": {"type": "BPE", "ignore_merges": True,
                  "vocab": {"Ġ": 0, "a": 1, "b": 2, "ab": 3, "Ġa": 4, "Ã": 5, "©": 6, "Ã©": 7},
                  "merges": ["a b", "Ġ a", "Ã ©"]}},
}
tokenizer_config = {"add_bos_token": True, "bos_token": {"content": "<s>"}, "add_prefix_space": True,
                    "added_tokens_decoder": {"9": {"content": "[PAD]", "special": True}}}
text = " ab a<s>b  é12 it's [PAD]<user>!".encode()

for model in sorted(data.glob("*/model.safetensors")):
    store("safetensors", model.parent.name, safetensors(model, 6))
for config in sorted(data.glob("*/*.json")):
    store("config", f"{config.parent.name}-{config.name}", config.read_bytes())
for checkpoint in sorted(data.glob("*/*.bin")):
    with zipfile.ZipFile(checkpoint) as archive:
        pickles = [name for name in archive.namelist() if name.endswith("data.pkl")]
        store("pickle", checkpoint.parent.name, archive.read(pickles[0]))
        store("zip", checkpoint.parent.name, small_archive(archive))
for session in sorted(data.glob("*/*.ecdysis")):
    store("session", session.name, session.read_bytes())
store("session", "untouched", b"")
for name, tokenizer in tokenizers.items():
    for ending, config in (("", b""), ("-config", json.dumps(tokenizer_config).encode())):
        store("tokenizer", name + ending,
              b"\0".join([json.dumps(tokenizer, ensure_ascii=False).encode(), config, text]))
for name, kind, byte_fallback, rules in [
        ("unigram", 1, False, {}), ("bpe", 2, True, {}), ("words", 3, False, {}), ("characters", 4, False, {}),
        ("rules", 1, False, {"é".encode(): b"e", b"it": b"that", b"i": b"I"})]:
    model = piece_model(kind, byte_fallback, rules)
    store("sentence_piece", name, struct.pack("<H", len(text)) + text + model)

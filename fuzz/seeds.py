#!/usr/bin/env python3
"""Copies seeds between seeds/NAME.json and corpus/NAME, which cargo-fuzz reads and extends.

    seeds.py unpack NAME          copies the seeds into the corpus
    seeds.py pack NAME BYTES      adds inputs of all sizes from the corpus to the seeds, until the
                                  seeds have this size; run `cargo fuzz cmin NAME` first

A seed is a UTF-8 string, or a list with one Base64 string.
"""
import base64
import hashlib
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent


def paths(name):
    return HERE / "seeds" / f"{name}.json", HERE / "corpus" / name


def text_of(data):
    try:
        return json.dumps(data.decode())
    except UnicodeDecodeError:
        return json.dumps([base64.b64encode(data).decode()])


def unpack(name):
    seeds, corpus = paths(name)
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in json.loads(seeds.read_text()):
        data = seed.encode() if isinstance(seed, str) else base64.b64decode(seed[0])
        (corpus / hashlib.sha1(data).hexdigest()).write_bytes(data)


def pack(name, most):
    seeds, corpus = paths(name)
    kept = [json.dumps(seed) for seed in json.loads(seeds.read_text())] if seeds.exists() else []
    size = sum(map(len, kept))
    # Their names are hashes, so this order mixes all sizes.
    for file in sorted(corpus.iterdir()):
        seed = text_of(file.read_bytes())
        if seed not in kept and size + len(seed) <= int(most):
            kept.append(seed)
            size += len(seed)
    seeds.write_text("[\n" + ",\n".join(kept) + "\n]\n")


{"unpack": unpack, "pack": pack}[sys.argv[1]](*sys.argv[2:])

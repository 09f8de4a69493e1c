#!/usr/bin/env python3
"""Unpacks the seeds of a target, seeds/NAME.json, into corpus/NAME, where cargo-fuzz looks for them; or packs what is there.

    seeds.py unpack NAME
    seeds.py pack NAME [BYTES]    the smallest ones, up to this many bytes

A seed is a string of UTF-8, or a list with one string of Base64.
"""
import base64
import hashlib
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent


def unpack(name):
    folder = HERE / "corpus" / name
    folder.mkdir(parents=True, exist_ok=True)
    for seed in json.loads((HERE / "seeds" / f"{name}.json").read_text()):
        data = seed.encode() if isinstance(seed, str) else base64.b64decode(seed[0])
        (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def pack(name, most=60_000):
    kept, size = [], 0
    for data in sorted((file.read_bytes() for file in (HERE / "corpus" / name).iterdir()), key=lambda data: (len(data), data)):
        try:
            seed = data.decode()
        except UnicodeDecodeError:
            seed = [base64.b64encode(data).decode()]
        size += len(json.dumps(seed))
        if size > int(most):
            break
        kept.append(seed)
    lines = ",\n".join(json.dumps(seed) for seed in kept)
    (HERE / "seeds").mkdir(exist_ok=True)
    (HERE / "seeds" / f"{name}.json").write_text(f"[\n{lines}\n]\n")


{"unpack": unpack, "pack": pack}[sys.argv[1]](*sys.argv[2:])

#!/usr/bin/env python3
"""Writes the modules of the spec scripts as files, one each: seeds for fuzz_text.

    seed_texts.py SPEC_DIR OUT_DIR

Quoted modules are unquoted, malformed ones included; binary ones are left out. Long ones are left out, too.
"""

import pathlib
import re
import sys

LONGEST = 4000
STRING = r'"(?:[^"\\]|\\.)*"'
TOKEN = re.compile(STRING + r"|;;[^\n]*|\(;.*?;\)|\(|\)", re.S)
ESCAPE = re.compile(rb'\\([0-9a-fA-F]{2}|[tnr"\'\\])')
LETTERS = {b"t": b"\t", b"n": b"\n", b"r": b"\r"}


def modules(text: str) -> list[str]:
    """Every "(module …)" of a script."""
    found, open_at = [], []
    for match in TOKEN.finditer(text):
        if match.group() == "(":
            open_at.append(match.start())
        elif match.group() == ")" and open_at:
            start = open_at.pop()
            if re.match(r"\(\s*module\b", text[start:start + 40]):
                found.append(text[start:match.end()])
    return found


def unquote(module: str) -> bytes:
    raw = b"".join(part[1:-1] for part in re.findall(STRING.encode(), module.encode("utf-8", "surrogateescape"), re.S))
    return ESCAPE.sub(lambda m: LETTERS.get(m[1], m[1]) if len(m[1]) == 1 else bytes.fromhex(m[1].decode()), raw)


def main() -> None:
    spec, out = map(pathlib.Path, sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(spec.rglob("*.wast")):
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
        for number, module in enumerate(modules(text)):
            kind = re.match(r"\(\s*module\s*(\$\S+\s+)?(\w*)", module)[2]
            source = unquote(module) if kind == "quote" else module.encode("utf-8", "surrogateescape")
            if kind != "binary" and len(source) <= LONGEST:
                (out / f"{path.stem}-{number}").write_bytes(source)


if __name__ == "__main__":
    main()

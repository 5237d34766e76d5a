"""Turns libc-surface.txt into the tables of surface.c: make_surface.py INPUT OUTPUT."""

import re
import sys

VERDICTS = ("absent", "declared", "library", "stub", "emulated", "constant", "portable")


def quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def fail(number: int, text: str) -> None:
    sys.exit(f"{sys.argv[1]}:{number}: {text}")


def main() -> None:
    groups: list[dict[str, str]] = []
    symbols: dict[str, tuple[int, bool]] = {}
    same: dict[str, str] = {}
    in_same = False
    with open(sys.argv[1], encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip() or line.startswith("#"):
                continue
            if line.startswith("[same]"):
                in_same = True
            elif match := re.fullmatch(r"\[([a-z0-9-]+)\] (\w+) (.+)\n", line):
                if match[2] not in VERDICTS:
                    fail(number, f"no verdict {match[2]}")
                groups.append({"id": match[1], "verdict": match[2], "detail": match[3]})
            elif match := re.fullmatch(r"(text|way) (.+)\n", line):
                groups[-1][match[1]] = match[2]
            elif line.startswith("\t") and in_same:
                same.update(pair.split("=") for pair in line.split())
            elif line.startswith("\t"):
                for word in line.split():
                    name = word.rstrip("+")
                    if name in symbols:
                        fail(number, f"{name} stands twice")
                    symbols[name] = (len(groups) - 1, word.endswith("+"))
            else:
                fail(number, "not understood")
    for made, written in same.items():
        if written not in symbols or made in symbols:
            sys.exit(f"{sys.argv[1]}: [same] {made}={written}: must lead from an unknown name to a known one")
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        out.write("/* Made from libc-surface.txt by make_surface.py. */\nstatic const struct surface_group groups[] = {\n")
        for group in groups:
            detail, way = ("NULL" if text == "-" else quote(text) for text in (group["detail"], group["way"]))
            out.write(f"\t{{ {quote(group['id'])}, SURFACE_{group['verdict'].upper()}, {detail}, "
                      f"{quote(group['text'])}, {way} }},\n")
        # Names within the rows: pointers would have to be relocated whenever the command starts.
        room = max(map(len, symbols)) + 1
        out.write(f"}};\n\n/* Sorted by name, as strcmp(3) does. */\nstatic const struct row {{\n\tchar name[{room}];\n"
                  "\tunsigned short group;\n\tbool newer;\n} rows[] = {\n")
        for name in sorted(symbols, key=str.encode):
            group, newer = symbols[name]
            out.write(f"\t{{ {quote(name)}, {group}, {str(newer).lower()} }},\n")
        out.write("};\n\nstatic const struct {\n\tconst char *made, *written;\n} same[] = {\n")
        for made, written in sorted(same.items()):
            out.write(f"\t{{ {quote(made)}, {quote(written)} }},\n")
        out.write("};\n")


main()

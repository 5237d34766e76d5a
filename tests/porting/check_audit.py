"""Checks what `wasiward audit` says of Debian's binaries against what the linker says: every symbol that each of them
imports is linked for wasm32-wasi with wasi-libc as installed, with and without the libraries that emulate.

    check_audit.py --wasiward PATH [--clang PROGRAM] [--table FILE] [BINARY…]

With --table, an object that imports every symbol of the table is judged, too.

Exit status: 0 all agree, 1 some do not, 77 there is no wasi-libc.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

# Packages that every Debian 12 machine with our build tools has.
BINARIES = ("bash", "bzip2", "cat", "cp", "dash", "date", "diff", "find", "gawk", "grep", "gzip", "ls", "mawk", "mv", "perl", "rm",
            "sed", "sort", "sqlite3", "tar", "touch", "xz", "zip", "unzip", "git", "make", "patch", "login", "ssh", "lua5.4")
WANTED = 20
LINKS = {"stub", "emulated", "constant", "portable"}
EMULATION = ["-lwasi-emulated-signal", "-lwasi-emulated-mman", "-lwasi-emulated-process-clocks", "-lwasi-emulated-getpid"]


def undefined(clang: str, scratch: pathlib.Path, symbols: dict[str, str], libraries: list[str]) -> set[str]:
    """Which of the symbols (name to kind) the linker does not find."""
    lines = ["typedef void function(void);"]
    for i, (name, kind) in enumerate(sorted(symbols.items())):
        # Named through asm labels, so that the compiler has no opinion on them.
        declared = f"extern char s{i}[]" if kind == "object" else f"void s{i}(void)"
        lines += [f'{declared} __asm__("{name}");', f"{'char' if kind == 'object' else 'function'} *p{i} = s{i};"]
    lines.append("int main(void) { return 0; }")
    source = scratch / "symbols.c"
    source.write_text("\n".join(lines) + "\n")
    result = subprocess.run([clang, "--target=wasm32-wasi", "--sysroot=/usr", "-w", "-fno-builtin", "-Wl,--error-limit=0",
                             "-Wl,--no-gc-sections", "-o", str(scratch / "symbols.wasm"), str(source), *libraries], capture_output=True, text=True)
    mistaken = set(re.findall(r"symbol type mismatch: (\S+)", result.stderr))
    if mistaken:
        # Objects do not say whether an import is data, and the linker gives up early over a wrong guess.
        kinds = {name: "object" if (kind == "object") != (name in mistaken) else "function" for name, kind in symbols.items()}
        return undefined(clang, scratch, kinds, libraries)
    missing = set(re.findall(r"undefined symbol: (\S+)", result.stderr))
    if result.returncode and not missing:
        sys.exit(f"the linker failed for another reason:\n{result.stderr[:2000]}")
    return missing


def import_all(clang: str, table: str, path: pathlib.Path) -> None:
    """An object that imports all symbols of libc-surface.txt."""
    names = {word.rstrip("+") for line in open(table) if line.startswith("\t") and "=" not in line for word in line.split()}
    path.with_suffix(".s").write_text(".data\n" + "".join(f'.quad "{name}"\n' for name in sorted(names)))
    subprocess.run([clang, "-c", path.with_suffix(".s"), "-o", path], check=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wasiward", required=True)
    parser.add_argument("--clang", default="clang-14")
    parser.add_argument("--table")
    parser.add_argument("binaries", nargs="*")
    options = parser.parse_args()
    if not os.path.exists("/usr/lib/wasm32-wasi/libc.a"):
        print("SKIPPED: wasi-libc is not installed")
        return 77
    found = [f"/usr/bin/{name}" for name in BINARIES if os.path.exists(f"/usr/bin/{name}")][:WANTED]
    paths = options.binaries or found
    scratch = tempfile.TemporaryDirectory()
    if options.table:
        paths.append(os.path.join(scratch.name, "all.o"))
        import_all(options.clang, options.table, pathlib.Path(paths[-1]))
    audit = subprocess.run([options.wasiward, "audit", "--format", "json", *paths], capture_output=True, text=True)
    if audit.returncode not in (0, 1):
        sys.exit(audit.stderr)
    files = json.loads(audit.stdout)["files"]
    judged: dict[str, dict[str, object]] = {}
    for file in files:
        for symbol in file["symbols"]:
            # Headers make these differently; another library's are not libc's.
            if symbol["group"] != "headers" and symbol["verdict"] != "foreign":
                judged[symbol["written"]] = symbol
    kinds = {name: str(symbol["kind"]) for name, symbol in judged.items()}
    without = undefined(options.clang, pathlib.Path(scratch.name), kinds, [])
    with_emulation = undefined(options.clang, pathlib.Path(scratch.name), kinds, EMULATION)
    bad = 0
    for name, symbol in sorted(judged.items()):
        links = symbol["verdict"] in LINKS and not symbol["newer"]
        emulated = symbol["verdict"] == "emulated" and not symbol["newer"]
        if links == (name in with_emulation) or (emulated and name not in without):
            bad += 1
            print(f"{name}: audit says {symbol['verdict']}{' (newer)' if symbol['newer'] else ''} in {symbol['group']}, the linker "
                  f"{'does not find it' if name in with_emulation else 'finds it'}"
                  f"{' even without emulation' if emulated and name not in without else ''}")
    print(f"audit of {len(files)} files: {len(judged)} symbols, {len(judged) - bad} passed, {bad} failed; "
          f"{len(with_emulation)} do not link")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

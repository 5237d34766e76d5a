"""Runs the commands of a walk-through and compares what they print with what it says.

    walk.py --wasiward PATH DOCUMENT FILES

Lines that begin with four blanks and a $ are commands; the indented lines behind them are what they print, on either stream.
"…" stands for any text, on a line of its own for any lines. "[exit status N]" is said of a command that fails. FILES is the
directory whose files the walk starts with.

Exit status: 0 all is as it says, 1 something is not, 77 a program that it needs is missing.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile


def steps(document: str) -> list[tuple[str, list[str]]]:
    """Each command with the lines that follow it."""
    found: list[tuple[str, list[str]]] = []
    within = False
    for line in document.splitlines():
        if line.startswith("    $ "):
            found.append((line[6:], []))
            within = True
        elif line.startswith("    ") and within:
            found[-1][1].append(line[4:])
        else:
            within = False
    return found


def pattern(lines: list[str]) -> str:
    parts = []
    for line in lines:
        if line == "…":
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append(".*?".join(re.escape(part) for part in line.split("…")) + r"\n")
    return "".join(parts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wasiward", required=True)
    parser.add_argument("document", type=pathlib.Path)
    parser.add_argument("files", type=pathlib.Path)
    options = parser.parse_args()
    missing = [name for name in ("cc", "clang-14") if not shutil.which(name)]
    if missing or not os.path.exists("/usr/lib/wasm32-wasi/libc.a"):
        print("SKIPPED: needs cc, clang-14 and wasi-libc")
        return 77
    environment = dict(os.environ, PATH=os.path.dirname(os.path.abspath(options.wasiward)) + ":" + os.environ["PATH"], LC_ALL="C")
    passed = failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for file in options.files.iterdir():
            shutil.copy(file, scratch)
        for command, lines in steps(options.document.read_text()):
            wanted = 0
            if lines and (match := re.fullmatch(r"\[exit status (\d+)\]", lines[-1])):
                wanted, lines = int(match[1]), lines[:-1]
            result = subprocess.run(["sh", "-c", command], cwd=scratch, env=environment, text=True, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, timeout=60)
            # Blank lines need not be shown.
            said = re.sub(r"\n(\s*\n)+", "\n", result.stdout)
            good = result.returncode == wanted and re.fullmatch(pattern(lines), said)
            passed, failed = passed + bool(good), failed + (not good)
            print(f"{'ok' if good else 'NOT AS IT SAYS'}: {command}")
            if not good:
                print(f"exit status {result.returncode}, printed:\n{result.stdout}")
    print(f"walk-through: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

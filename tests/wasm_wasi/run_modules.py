"""Runs small hand-written modules through the whole command: what the thunks, the engine and the core say together.

    run_modules.py --wasiward PATH

Each modules/*.wat is assembled with wat2wasm and run without any grant. Directives in its leading comments: @status N
(default 0), @stdout TEXT (exact, with backslash escapes; default empty), @stderr TEXT (must occur). Exit status: 0 all
as expected, 1 not, 77 there is no wat2wasm.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile


def run_module(source: pathlib.Path, wasiward: str, module: str) -> str:
    """Returns an empty string, or what is wrong."""
    wanted = dict(re.findall(r"^;; @(\w+) (.*)$", source.read_text(), re.M))
    subprocess.run(["wat2wasm", str(source), "-o", module], check=True)
    result = subprocess.run([wasiward, "run", module], stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    stderr = result.stderr.decode(errors="replace")
    stdout = wanted.get("stdout", "").encode().decode("unicode_escape").encode()
    if result.returncode != int(wanted.get("status", "0")):
        return f"exit status {result.returncode}; stderr: {stderr[-500:]}"
    if result.stdout != stdout:
        return f"stdout {result.stdout!r}"
    if wanted.get("stderr", "") not in stderr:
        return f"stderr {stderr!r}"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wasiward", required=True)
    wasiward = os.path.abspath(parser.parse_args().wasiward)
    if not shutil.which("wat2wasm"):
        print("SKIPPED ALL HAND-WRITTEN MODULES: no wat2wasm")
        return 77
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        sources = sorted((pathlib.Path(__file__).resolve().parent / "modules").glob("*.wat"))
        for source in sources:
            problem = run_module(source, wasiward, os.path.join(scratch, "module.wasm"))
            print(f"{source.stem}: {problem or 'as expected'}")
            failed += bool(problem)
    print(f"modules: {len(sources) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

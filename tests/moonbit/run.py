"""A module of a language with objects: compiles objects.mbt to WebAssembly (structures, arrays, function references, casts)
and to JavaScript with the same compiler, and compares what each function answers. Then functions that make much garbage are
run within little memory.

    run.py WASIWARD NODE MOONC-WORKER.JS

Exit status: 0 all alike, 1 not, 77 there is no compiler.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
FUNCTIONS = ["trees", "lists", "closures", "shapes", "rings", "sieve", "tables"]
ARGUMENTS = [0, 1, 2, 3, 7, 100, 1000]
# Megabytes that are allocated are many times those that are allowed.
FRUGAL = [("rings", 10000, 4 << 20), ("tables", 60000, 4 << 20), ("closures", 5, 1 << 20)]

ASK_NODE = """
import(process.argv[1]).then(m => {
  for (const [f, n] of JSON.parse(process.argv[2]))
    console.log(m[f](n));
});
"""


def main() -> int:
    wasiward, node, worker = sys.argv[1:]
    if not pathlib.Path(worker).exists():
        print(f"SKIPPED: no {worker}; ./bootstrap installs it")
        return 77
    failed = passed = 0
    with tempfile.TemporaryDirectory() as scratch:
        module, script = f"{scratch}/objects.wasm", f"{scratch}/objects.mjs"
        for target, output in ("wasm-gc", module), ("js", script):
            subprocess.run([node, HERE / "compile.js", worker, HERE / "objects.mbt", target, output, *FUNCTIONS], check=True)
        cases = [(name, n, 0) for name in FUNCTIONS for n in ARGUMENTS] + FRUGAL
        asked = json.dumps([case[:2] for case in cases])
        answers = subprocess.run([node, "-e", ASK_NODE, script, asked], capture_output=True, text=True, check=True)
        for (name, n, memory), want in zip(cases, answers.stdout.split(), strict=True):
            limit = ["--max-memory", str(memory)] if memory else []
            got = subprocess.run([wasiward, "run", *limit, "--invoke", name, module, str(n)], capture_output=True, text=True)
            if got.returncode == 0 and got.stdout.split() == [want]:
                passed += 1
                continue
            failed += 1
            print(f"FAILED {name}({n}): {got.stdout.strip()} {got.stderr.strip()}, expected {want}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

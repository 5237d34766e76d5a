"""Differential fuzzing: generated modules under this engine and under node must compute the same.

    differential.py --runner FUSION_RUNNER --generator DIR [--seeds N] [--first N] [--keep DIR]

The modules are those of tests/wasm/generate.py, one for each seed: the same seeds give the same modules. Compared are the
results or traps of every call, the globals and the memory. Exit status: 0 no difference, 1 a difference (the module is kept
in --keep), 77 there is no node or no wat2wasm.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BATCH = 20
HERE = pathlib.Path(__file__).resolve().parent


def normal(line: str) -> str:
    """A line of fusion_runner's as differential_node.js has it: no numbers of error kinds, the first words of traps."""
    call = re.fullmatch(r"(f\d+ \d+): (\d+) ([0-9a-f]+) ?(.*)", line)
    if not call:
        return line
    name, kind, result, message = call.groups()
    return f"{name}: 0 {result}" if kind == "0" else f"{name}: trap {message}"


def ours(runner: str, module: pathlib.Path) -> list[str]:
    done = subprocess.run([runner, str(module)], capture_output=True, text=True, timeout=120)
    if done.returncode:
        return [f"ended with {done.returncode}: {done.stderr.strip()}"]
    return [normal(line) for line in done.stdout.splitlines()]


def node(modules: list[pathlib.Path]) -> dict[str, list[str]]:
    done = subprocess.run(["node", str(HERE / "differential_node.js"), *map(str, modules)], capture_output=True, text=True,
                          timeout=600)
    if done.returncode:
        raise RuntimeError(f"node ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    results: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        if line.endswith(".wasm"):
            lines = results.setdefault(line, [])
        else:
            lines.append(line)
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runner", required=True)
    parser.add_argument("--generator", required=True)
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--keep", type=pathlib.Path)
    args = parser.parse_args()
    missing = [tool for tool in ("node", "wat2wasm") if not shutil.which(tool)]
    if missing:
        print(f"SKIPPED: no {' and no '.join(missing)} to compare with")
        return 77
    sys.path.insert(0, args.generator)
    import generate
    calls = traps = different = 0
    with tempfile.TemporaryDirectory() as scratch:
        for first in range(args.first, args.first + args.seeds, BATCH):
            modules = []
            for seed in range(first, min(first + BATCH, args.first + args.seeds)):
                text = pathlib.Path(scratch, f"{seed}.wat")
                text.write_text(generate.module(seed), encoding="utf-8")
                modules.append(text.with_suffix(".wasm"))
                subprocess.run(["wat2wasm", str(text), "-o", str(modules[-1])], check=True)
            expected = node(modules)
            for module in modules:
                mine, theirs = ours(args.runner, module), expected[str(module)]
                calls += sum(": " in line for line in theirs)
                traps += sum(": trap " in line for line in theirs)
                if mine == theirs:
                    continue
                different += 1
                pairs = [f"{a!r} here, {b!r} under node" for a, b in zip(mine, theirs) if a != b]
                print(f"seed {module.stem}: {'; '.join(pairs[:3]) or f'{len(mine)} lines here, {len(theirs)} under node'}")
                if args.keep:
                    args.keep.mkdir(parents=True, exist_ok=True)
                    shutil.copy(module.with_suffix(".wat"), args.keep)
    print(f"{args.seeds} modules, {calls} calls ({traps} traps) compared with node: {different} modules differ")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())

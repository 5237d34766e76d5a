"""The engine with and without fused instructions: same results on generated programs and on the kernels of bench/.

    check_fusion.py --pair FUSED UNFUSED [--seeds N] [--first N] [--kernel NAME.wasm]... [--coverage]

The two commands are builds of fusion_runner.c. Exit status 0: no difference, and with --coverage every fused instruction is
in the code of one of the programs at least.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

import generate


def differs(pair: list[str], module: str) -> str:
    outputs = [subprocess.run([runner, module], capture_output=True, timeout=300) for runner in pair]
    if any(o.returncode for o in outputs):
        return f"exit statuses {[o.returncode for o in outputs]}: {outputs[0].stderr!r} {outputs[1].stderr!r}"
    if outputs[0].stdout == outputs[1].stdout:
        return ""
    lines = zip(outputs[0].stdout.splitlines(), outputs[1].stdout.splitlines())
    return "; ".join(f"{a!r} and {b!r}" for a, b in lines if a != b)[:400]


def fused_names(runner: str) -> set[str]:
    return set(subprocess.run([runner, "--fused"], capture_output=True, text=True, check=True).stdout.split())


def compiled_names(runner: str, module: str) -> set[str]:
    """Of the instructions that the functions of a module consist of; those in chains, too."""
    dump = subprocess.run([runner, "--dump", module], capture_output=True, text=True, check=True, timeout=300).stdout
    return {part for name in re.findall(r"^ *\d+  (\w+)", dump, re.MULTILINE) for part in name.split("__")}


def check_coverage(fused: set[str], compiled: set[str]) -> bool:
    """Are there programs for all?"""
    print(f"{len(fused & compiled)} of {len(fused)} fused instructions compiled")
    if missing := sorted(fused - compiled):
        print(f"in no program, so generate.py or generate_forms.py lacks a shape: {' '.join(missing)}")
    return not missing


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pair", nargs=2, required=True)
    parser.add_argument("--seeds", type=int, default=60)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--kernel", action="append", default=[])
    parser.add_argument("--wat2wasm", default="wat2wasm")
    parser.add_argument("--coverage", action="store_true")
    args = parser.parse_args()
    failed = 0
    compiled: set[str] = set()
    for kernel in args.kernel:
        if args.coverage:
            compiled |= compiled_names(args.pair[0], kernel)
        if difference := differs(args.pair, kernel):
            failed += 1
            print(f"{kernel}: {difference}")
    with tempfile.TemporaryDirectory() as scratch:
        text, binary = os.path.join(scratch, "m.wat"), os.path.join(scratch, "m.wasm")
        for seed in range(args.first, args.first + args.seeds):
            with open(text, "w", encoding="utf-8") as f:
                f.write(generate.module(seed))
            subprocess.run([args.wat2wasm, text, "-o", binary], check=True)
            if args.coverage:
                compiled |= compiled_names(args.pair[0], binary)
            if difference := differs(args.pair, binary):
                failed += 1
                print(f"seed {seed}: {difference}")
    print(f"{len(args.kernel)} kernels and {args.seeds} generated programs, {failed} with differences")
    if args.coverage:
        failed += not check_coverage(fused_names(args.pair[0]), compiled)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

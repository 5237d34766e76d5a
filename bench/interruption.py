#!/usr/bin/env python3
"""What it costs that running code can be interrupted.

usage: interruption.py WASIWARD WITHOUT_POLLS [--runs N] [--only KERNEL] [--instructions]

WITHOUT_POLLS is the same built with -Dengine_polls=false: it never looks whether the stack is full or somebody wants
something. Against it: the ordinary build, the same with --timeout, and with --fuel, which counts. Times are user seconds, the
least of N interleaved runs; in brackets the ratio to the build without.

The two builds place the same handlers elsewhere, which alone makes some percent, in either direction. --instructions counts machine
instructions instead, millions of them at the kernels' small sizes, with valgrind: always the same, and without what starting takes.
"""
import argparse
import math
import os
import re
import subprocess
import tempfile

import kernels


def count_instructions(command):
    """Millions of machine instructions of a run."""
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not collected:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    return int(collected.group(1)) / 1e6


def empty_module(work):
    module = os.path.join(work, "empty.wasm")
    with open(module, "wb") as f: # exports a _start that returns
        f.write(b"\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\7\n\1\6_start\0\0\n\4\1\2\0\x0b")
    return module


def least_seconds(commands, module, runs):
    least = {name: math.inf for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            seconds, out = kernels.run([*command, module])
            if seconds is None:
                raise SystemExit(f"{name} fails: {out.decode(errors='replace')}")
            least[name] = min(least[name], seconds)
    return least


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wasiward")
    parser.add_argument("without_polls")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--instructions", action="store_true")
    parser.add_argument("--only", action="append")
    args = parser.parse_args()
    ours = [os.path.abspath(args.wasiward), "run", "--wall", "off"]
    commands = {"without": [os.path.abspath(args.without_polls), "run", "--wall", "off"], "ordinary": ours,
                "--timeout": [*ours, "--timeout", "3600"], "--fuel": [*ours, "--fuel", "1000000000000"]}
    logs = {name: [] for name in commands}
    print("kernel    " + "".join(f"{name:>17}" for name in commands))
    with tempfile.TemporaryDirectory() as work:
        if args.instructions:
            start = {name: count_instructions([*command, empty_module(work)]) for name, command in commands.items()}
        for kernel in args.only or kernels.names():
            module = kernels.compile_wasm(kernel, work, small=args.instructions)
            if args.instructions:
                least = {name: count_instructions([*command, module]) - start[name] for name, command in commands.items()}
            else:
                least = least_seconds(commands, module, args.runs)
            row = f"{kernel:10}"
            for name, seconds in least.items():
                logs[name].append(math.log(seconds / least["without"]))
                row += f"{seconds:8.2f} ({seconds / least['without']:6.3f})"
            print(row, flush=True)
    print("geo. mean " + "".join(f"{math.exp(sum(values) / len(values)):16.3f} " for values in logs.values()))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""What SIMD is worth: the kernels of bench/simd compiled with and without -msimd128, interleaved.

usage: simd.py WASIWARD [--runs N] [--only KERNEL] [--engine NAME=COMMAND …]

Both builds are clang -O3 of the same source; their outputs must be equal. Times are user seconds, medians of interleaved
runs. The ratio is scalar time to SIMD time: above 1 SIMD is faster. COMMAND is split at blanks; the module comes behind it.
"""
import argparse
import glob
import os
import shlex
import statistics
import subprocess
import tempfile

import kernels

HERE = os.path.dirname(os.path.abspath(__file__))


def compile_kernel(source, module, *options):
    subprocess.run(["clang-14", "--target=wasm32-wasi", "--sysroot=/usr", "-O3", *options, source, "-o", module], check=True)


def measure(command, modules, runs):
    """Median user seconds of the two builds, or the reason why there are none."""
    times, outputs = {module: [] for module in modules}, set()
    for _ in range(runs):
        for module in modules:
            seconds, output = kernels.run([*command, module])
            if seconds is None:
                return None, f"fails: {output[-200:]!r}"
            times[module].append(seconds)
            outputs.add(output)
    if len(outputs) != 1:
        return None, f"different outputs: {sorted(outputs)}"
    return [statistics.median(times[module]) for module in modules], ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("wasiward")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", action="append")
    parser.add_argument("--engine", action="append", default=[], metavar="NAME=COMMAND")
    args = parser.parse_args()
    commands = {"wasiward": [os.path.abspath(args.wasiward), "run"]}
    for text in args.engine:
        name, command = text.split("=", 1)
        commands[name] = shlex.split(command)
    print(f"{'kernel':10} {'engine':12} {'scalar s':>9} {'SIMD s':>9} {'ratio':>7}")
    with tempfile.TemporaryDirectory() as work:
        for source in sorted(glob.glob(os.path.join(HERE, "simd", "*.c"))):
            kernel = os.path.basename(source)[:-2]
            if args.only and kernel not in args.only:
                continue
            modules = [os.path.join(work, f"{kernel}-{build}.wasm") for build in ("scalar", "simd")]
            compile_kernel(source, modules[0])
            compile_kernel(source, modules[1], "-msimd128")
            for name, command in commands.items():
                medians, reason = measure(command, modules, args.runs)
                if medians:
                    print(f"{kernel:10} {name:12} {medians[0]:9.3f} {medians[1]:9.3f} {medians[0] / medians[1]:7.2f}")
                else:
                    print(f"{kernel:10} {name:12} {reason}")


if __name__ == "__main__":
    main()

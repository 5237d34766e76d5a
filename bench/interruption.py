#!/usr/bin/env python3
"""What it costs that running code can be interrupted.

usage: interruption.py WASIWARD WITHOUT_POLLS [--runs N] [--only KERNEL]

WITHOUT_POLLS is the same built with -Dengine_polls=false: it never looks whether the stack is full or somebody wants
something. Against it: the ordinary build, the same with --timeout, and with --fuel, which counts. Times are user seconds, the
least of N interleaved runs; in brackets the ratio to the build without.
"""
import argparse
import math
import os
import tempfile

import kernels


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wasiward")
    parser.add_argument("without_polls")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--only", action="append")
    args = parser.parse_args()
    ours = [os.path.abspath(args.wasiward), "run", "--wall", "off"]
    commands = {"without": [os.path.abspath(args.without_polls), "run", "--wall", "off"], "ordinary": ours,
                "--timeout": [*ours, "--timeout", "3600"], "--fuel": [*ours, "--fuel", "1000000000000"]}
    logs = {name: [] for name in commands}
    print("kernel    " + "".join(f"{name:>17}" for name in commands))
    with tempfile.TemporaryDirectory() as work:
        for kernel in args.only or kernels.names():
            module = kernels.compile_wasm(kernel, work)
            least = {name: math.inf for name in commands}
            for _ in range(args.runs):
                for name, command in commands.items():
                    seconds, out = kernels.run([*command, module])
                    if seconds is None:
                        raise SystemExit(f"{name} fails: {out.decode(errors='replace')}")
                    least[name] = min(least[name], seconds)
            row = f"{kernel:10}"
            for name, seconds in least.items():
                logs[name].append(math.log(seconds / least["without"]))
                row += f"{seconds:8.2f} ({seconds / least['without']:6.3f})"
            print(row, flush=True)
    print("geo. mean " + "".join(f"{math.exp(sum(values) / len(values)):16.3f} " for values in logs.values()))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Engines side by side: the kernels as native code and under every engine found, interleaved, ratios to native.

usage: engines.py WASIWARD [--runs N] [--only KERNEL] [--engine NAME=COMMAND …] [--plot FILE.svg]

Kernels are compiled here: natively with gcc -O2, to wasm with clang -O3. COMMAND is split at blanks; the module comes behind
it. wasm3, iwasm, toywasm, wasmtime, wasmer, wazero and wasmi_cli are used when they are on PATH, node always when it is. Times
are user seconds, medians of interleaved runs: on a machine that others use, too, wall-clock time measures them. Behind the
kernels, start-up of a module that prints one line (wall-clock milliseconds, the least: everything above it is the machine's)
and its peak memory. The plot needs gnuplot.
"""
import argparse
import glob
import math
import os
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
KNOWN = {"wasm3": "wasm3", "iwasm": "iwasm", "toywasm": "toywasm --wasi", "wasmtime": "wasmtime run",
         "wasmer": "wasmer run", "wazero": "wazero run", "wasmi": "wasmi_cli"}
NODE = """const { WASI } = require('node:wasi'); const fs = require('fs');
const wasi = new WASI({ version: 'preview1', args: process.argv.slice(2) });
WebAssembly.instantiate(fs.readFileSync(process.argv[2]), wasi.getImportObject()).then(r => wasi.start(r.instance));"""


HELLO = """(module (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
 (memory (export "memory") 1) (data (i32.const 8) "\\10\\00\\00\\00\\06\\00\\00\\00hello\\n")
 (func (export "_start") (drop (call $w (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))))"""


def run(argv):
    """User seconds and output of one run; None if it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(argv, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        return None, done.stderr
    return after.ru_utime - before.ru_utime, done.stdout


def start_up(argv):
    """Milliseconds from start to exit, and peak KB."""
    with open(os.devnull, "r+b") as null:
        start = time.perf_counter()
        child = subprocess.Popen(argv, stdin=null, stdout=null, stderr=null)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
        return (time.perf_counter() - start) * 1000, usage.ru_maxrss, status


def measure_start_up(engines, work, runs):
    module = os.path.join(work, "hello.wasm")
    with open(os.path.join(work, "hello.wat"), "w") as f:
        f.write(HELLO)
    subprocess.run(["wat2wasm", f.name, "-o", module], check=True)
    results = {name: [] for name in engines}
    for _ in range(runs):
        for name in engines:
            results[name].append(start_up([*engines[name], module]))
    for title, pick in (("start-up, ms", 0), ("peak memory, KB", 1)):
        row = f"{title:20} "
        for name in engines:
            ok = all(status == 0 for _, _, status in results[name])
            row += f"{min(r[pick] for r in results[name]):16.2f}" if ok else f"{'fails':>16}"
        print(row)


def plot(path, engines, table):
    """Bars of the ratios, grouped by kernel."""
    if not shutil.which("gnuplot"):
        print("no gnuplot: no plot", file=sys.stderr)
        return
    data = "\n".join(" ".join([kernel, *(str(ratios.get(name, "?")) for name in engines)]) for kernel, ratios in table)
    bars = ", ".join(f"$data using {i + 2}:xtic(1) title '{name}'" for i, name in enumerate(engines))
    script = (f"set terminal svg size 1200,500\nset output '{path}'\nset style data histograms\nset style fill solid\n"
              f"set ylabel 'time relative to native code'\nset yrange [0:*]\nset grid y\nset datafile missing '?'\n"
              f"$data << EOD\n{data}\nEOD\nplot {bars}\n")
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("wasiward")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", action="append")
    parser.add_argument("--plot", metavar="FILE.svg")
    parser.add_argument("--engine", action="append", default=[], metavar="NAME=COMMAND")
    args = parser.parse_args()

    with tempfile.TemporaryDirectory() as work:
        engines = {"wasiward": [os.path.abspath(args.wasiward), "run"]}
        for name, command in KNOWN.items():
            words = shlex.split(command)
            if shutil.which(words[0]):
                engines[name] = words
        for text in args.engine:
            name, command = text.split("=", 1)
            engines[name] = shlex.split(command)
        if shutil.which("node"):
            with open(os.path.join(work, "run.js"), "w") as f:
                f.write(NODE)
            engines["node"] = ["node", "--no-warnings", f.name]

        ratios = {name: [] for name in engines}
        table = []
        print("kernel     native s  " + "".join(f"{name:>16}" for name in engines))
        for source in sorted(glob.glob(os.path.join(HERE, "kernels", "*.c"))):
            kernel = os.path.basename(source)[:-2]
            if args.only and kernel not in args.only:
                continue
            native, module = os.path.join(work, kernel), os.path.join(work, kernel + ".wasm")
            subprocess.run(["gcc", "-O2", source, "-o", native, "-lm"], check=True)
            subprocess.run(["clang-14", "--target=wasm32-wasi", "--sysroot=/usr", "-O3", source, "-o", module, "-lm"],
                           check=True)
            times = {"native": []} | {name: [] for name in engines}
            expected = run([native])[1]
            for _ in range(args.runs):
                for name in times:
                    seconds, out = run([native] if name == "native" else [*engines[name], module])
                    if seconds is not None and out != expected:
                        print(f"{name}: wrong output of {kernel}: {out!r}", file=sys.stderr)
                        seconds = None
                    times[name].append(seconds)
            base = statistics.median(times["native"])
            row = f"{kernel:10} {base:8.2f}  "
            table.append((kernel, {}))
            for name in engines:
                if None in times[name]:
                    row += f"{'fails':>16}"
                    continue
                seconds = statistics.median(times[name])
                ratios[name].append(seconds / base)
                table[-1][1][name] = seconds / base
                row += f"{seconds:8.2f} {seconds / base:6.1f}x"
            print(row, flush=True)
        row = f"{'geo. mean':20} "
        for name, values in ratios.items():
            row += f"{math.exp(sum(map(math.log, values)) / len(values)):15.2f}x" if values else f"{'-':>16}"
        print(row)
        if not args.only:
            measure_start_up(engines, work, 50)
        if args.plot:
            plot(args.plot, list(engines), table)


if __name__ == "__main__":
    main()

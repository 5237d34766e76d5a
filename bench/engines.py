#!/usr/bin/env python3
"""Engines side by side: the kernels as native code and under every engine found, interleaved, ratios to native.

usage: engines.py WASIWARD [--runs N] [--only KERNEL] [--engine NAME=COMMAND …] [--start "FILE ARGS" …] [--plot FILE.svg]

Kernels are compiled here: natively with gcc -O2, to wasm with clang -O3. COMMAND is split at blanks; the module comes behind
it. wasm3, iwasm, toywasm, wasmtime, wasmer, wazero and wasmi_cli are used when they are on PATH, node always when it is. Times
are user seconds, medians of interleaved runs: on a machine that others use, too, wall-clock time measures them. Behind the
kernels, start-up of a module that prints one line, and of what --start names (wall-clock milliseconds, the least: everything
above it is the machine's), and peak memory. We run without the wall, which the others have not. The plot needs gnuplot.
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
    """Milliseconds from start to exit, and the status."""
    start = time.perf_counter()
    status = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
    return (time.perf_counter() - start) * 1000, status


def peak(argv):
    """Peak KB as time(1) sees it: a child of ours would count what it was forked with. None without time(1)."""
    if not os.path.exists("/usr/bin/time"):
        return None
    done = subprocess.run(["/usr/bin/time", "-f", "%M", *argv], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True)
    return int(done.stderr.split()[-1])


def measure_start_up(engines, work, runs, commands):
    module = os.path.join(work, "hello.wasm")
    with open(os.path.join(work, "hello.wat"), "w") as f:
        f.write(HELLO)
    subprocess.run(["wat2wasm", f.name, "-o", module], check=True)
    for command in [[module], *commands]:
        results = {name: [] for name in engines}
        for _ in range(runs if len(command) == 1 else max(runs // 5, 1)):
            for name in engines:
                results[name].append(start_up([*engines[name], *command]))
        what = os.path.basename(command[0])[:9]
        fails = {name for name in engines if any(status for _, status in results[name])}
        rows = {"ms": {name: min(ms for ms, _ in results[name]) for name in engines},
                "peak KB": {name: peak([*engines[name], *command]) for name in engines}}
        for title, values in rows.items():
            row = f"{what + ', ' + title:20} "
            for name, value in values.items():
                row += f"{'fails':>16}" if name in fails else f"{'-':>16}" if value is None else f"{value:16.2f}"
            print(row, flush=True)


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
    parser.add_argument("--start", action="append", default=[], metavar='"FILE ARGS"')
    parser.add_argument("--engine", action="append", default=[], metavar="NAME=COMMAND")
    args = parser.parse_args()

    with tempfile.TemporaryDirectory() as work:
        engines = {"wasiward": [os.path.abspath(args.wasiward), "run", "--wall", "off"]}
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
            measure_start_up(engines, work, 50, [shlex.split(command) for command in args.start])
        if args.plot:
            plot(args.plot, list(engines), table)


if __name__ == "__main__":
    main()

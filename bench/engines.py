#!/usr/bin/env python3
"""Engines side by side: programs as native code and under every engine found, interleaved, ratios to native.

usage: engines.py WASIWARD [--runs N] [--only NAME] [--engine NAME=COMMAND …] [--module "NAME=MODULE ARGS" …]
                  [--native "NAME=COMMAND" …] [--start "FILE ARGS" …] [--plot FILE.svg|FILE.png]

Kernels are compiled here: natively with gcc -O2, to wasm with clang -O3. --module adds a program that is there already, such as
CoreMark, Lua, SQLite or CPython; --native says what it is natively. Of both, "<FILE" at the end is what they read. So:

  --module "lua=lua.wasm - <queens.lua" --native "lua=lua5.4 - <queens.lua"
  --module "sqlite=sqlite3.wasm :memory: <queries.sql" --native "sqlite=sqlite3 :memory: <queries.sql"
  --module "python=python.wasm - <script.py" --module coremark=coremark.wasm --native coremark=./coremark

Outputs must be the same, unless the native program's differ from run to run (CoreMark prints times). Without --native there
are no ratios, and the first engine's output is what the others are compared with.

COMMAND is split at blanks; the module comes behind it. wasm3, iwasm, toywasm, wasmtime, wasmer, wazero and wasmi_cli are used
when they are on PATH, node always when it is; toywasm runs once, it is slow. Times are user seconds, medians of interleaved
runs, and the least in brackets: on a machine that others use, too, wall-clock time measures them. Behind that, start-up of a
module that prints one line, and of what --start names (wall-clock milliseconds, the least: everything above it is the
machine's), and peak memory. We run without the wall, which the others have not. The plot needs gnuplot.
"""
import argparse
import math
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import kernels

KNOWN = {"wasm3": "wasm3", "iwasm": "iwasm", "toywasm": "toywasm --wasi", "wasmtime": "wasmtime run",
         "wasmer": "wasmer run", "wazero": "wazero run", "wasmi": "wasmi_cli"}
ONCE = {"toywasm"}
NODE = """const { WASI } = require('node:wasi'); const fs = require('fs');
const wasi = new WASI({ version: 'preview1', args: process.argv.slice(2) });
WebAssembly.instantiate(fs.readFileSync(process.argv[2]), wasi.getImportObject()).then(r => wasi.start(r.instance));"""


HELLO = """(module (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
 (memory (export "memory") 1) (data (i32.const 8) "\\10\\00\\00\\00\\06\\00\\00\\00hello\\n")
 (func (export "_start") (drop (call $w (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))))"""


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
                row += f"{'fails':>23}" if name in fails else f"{'-':>23}" if value is None else f"{value:23.2f}"
            print(row, flush=True)


def plot(path, engines, table):
    """Bars of the ratios, grouped by program."""
    if not shutil.which("gnuplot"):
        print("no gnuplot: no plot", file=sys.stderr)
        return
    data = "\n".join(" ".join([name, *(str(ratios.get(engine, "?")) for engine in engines)]) for name, ratios in table if ratios)
    bars = ", ".join(f"$data using {i + 2}:xtic(1) title '{name}'" for i, name in enumerate(engines))
    terminal = "pngcairo" if path.endswith(".png") else "svg"
    script = (f"set terminal {terminal} size 1200,500\nset output '{path}'\nset style data histograms\nset style fill solid\n"
              f"set ylabel 'time relative to native code'\nset logscale y 2\nset grid y\nset key outside\n"
              f"set datafile missing '?'\n$data << EOD\n{data}\nEOD\nplot {bars}\n")
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def named_commands(texts):
    """NAME=WORDS <FILE: {name: (words, file or None)}."""
    ret = {}
    for text in texts:
        name, command = text.split("=", 1)
        command, _, stdin = command.partition("<")
        ret[name] = shlex.split(command), stdin.strip() or None
    return ret


def programs(args, work):
    """(name, native command or None, module and arguments, input); kernels are compiled when their turn comes."""
    for kernel in kernels.names():
        if not args.only or kernel in args.only:
            yield kernel, ([kernels.compile_native(kernel, work)], None), [kernels.compile_wasm(kernel, work)], None
    natives = named_commands(args.native)
    for name, (words, stdin) in named_commands(args.module).items():
        if not args.only or name in args.only:
            yield name, natives.get(name), words, stdin


def measure(engines, runs, native, words, stdin):
    """{name: [seconds]} without the engines that failed."""
    times = {"native": []} if native else {}
    times |= {name: [] for name in engines}
    outputs = []
    if native:
        outputs = [kernels.run(*native)[1] for _ in range(2)]
    for i in range(runs):
        for name in list(times):
            if name in ONCE and i > 0:
                continue
            seconds, out = kernels.run(*native) if name == "native" else kernels.run([*engines[name], *words], stdin)
            if seconds is None:
                print(f"{name}: {words[0]} fails: {out[-200:]!r}", file=sys.stderr)
            elif not outputs:
                outputs = [out]
            elif all(known == outputs[0] for known in outputs) and out != outputs[0]:
                print(f"{name}: wrong output of {words[0]}: {out[-200:]!r}", file=sys.stderr)
                seconds = None
            if seconds is None:
                del times[name]
            else:
                times[name].append(seconds)
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wasiward")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", action="append", metavar="NAME")
    parser.add_argument("--plot", metavar="FILE")
    parser.add_argument("--start", action="append", default=[], metavar='"FILE ARGS"')
    parser.add_argument("--engine", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--module", action="append", default=[], metavar='"NAME=MODULE ARGS"')
    parser.add_argument("--native", action="append", default=[], metavar='"NAME=COMMAND"')
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
        print("program    native s  " + "".join(f"{name:>23}" for name in engines))
        for program, native, words, stdin in programs(args, work):
            times = measure(engines, args.runs, native, words, stdin)
            base = statistics.median(times["native"]) if times.get("native") else None
            row = f"{program:10} {base:8.2f}  " if base else f"{program:10} {'-':>8}  "
            table.append((program, {}))
            for name in engines:
                if name not in times:
                    row += f"{'fails':>23}"
                    continue
                seconds, least = statistics.median(times[name]), min(times[name])
                row += f"{seconds:8.2f} ({least:6.2f})"
                if base:
                    ratios[name].append(seconds / base)
                    table[-1][1][name] = seconds / base
                    row += f" {seconds / base:5.1f}x"
                else:
                    row += f"{'-':>7}"
            print(row, flush=True)
        row = f"{'geo. mean':20} "
        for name, values in ratios.items():
            row += f"{math.exp(sum(map(math.log, values)) / len(values)):22.2f}x" if values else f"{'-':>23}"
        print(row)
        if not args.only:
            measure_start_up(engines, work, 50, [shlex.split(command) for command in args.start])
        if args.plot:
            plot(args.plot, list(engines), table)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Start-up: from start to exit, in milliseconds, medians of interleaved runs.

usage: startup.py WASIWARD [--python PYTHON.WASM] [--runs N]

Native `true` plain and under the shim (also behind bubblewrap if it is installed), a hello-world module, and CPython's module
printing, beside node's WASI if node is installed. Machines are noisy: every round runs each command once, so that what is
compared was measured together.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time

HELLO = """(module (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
 (memory (export "memory") 1) (data (i32.const 8) "\\10\\00\\00\\00\\06\\00\\00\\00hello\\n")
 (func (export "_start") (drop (call $w (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))))"""

NODE = """const { WASI } = require('node:wasi'); const fs = require('fs');
const wasi = new WASI({ version: 'preview1', args: process.argv.slice(2), preopens: { '.': '.' } });
WebAssembly.compile(fs.readFileSync(process.argv[2])).then(m => WebAssembly.instantiate(m, wasi.getImportObject()))
  .then(i => wasi.start(i));"""


def measure(commands, runs, cwd):
    """Interleaved wall-clock times of each command, after one warm-up."""
    times = {name: [] for name in commands}
    with open(os.devnull, "r+b") as null:
        for round_number in range(runs + 1):
            for name, argv in commands.items():
                start = time.perf_counter()
                subprocess.run(argv, stdin=null, stdout=null, stderr=null, check=True, cwd=cwd)
                if round_number:
                    times[name].append((time.perf_counter() - start) * 1000)
    return {name: (statistics.median(t), min(t)) for name, t in times.items()}


def report(title, results):
    base = next(iter(results.values()))[0]
    print(title)
    for name, (median, least) in results.items():
        print(f"  {name:32} median {median:9.2f} ms   least {least:9.2f} ms   +{median - base:8.2f} ms   x{median / base:6.2f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("wasiward")
    parser.add_argument("--python", help="CPython's module")
    parser.add_argument("--runs", type=int, default=200)
    args = parser.parse_args()
    wasiward = os.path.abspath(args.wasiward)
    with tempfile.TemporaryDirectory() as work:
        true = {"true": ["/usr/bin/true"], "wasiward run true": [wasiward, "run", "--wall", "auto", "--dir", work, "/usr/bin/true"],
                "the same, without the wall": [wasiward, "run", "--wall", "off", "--dir", work, "/usr/bin/true"]}
        if shutil.which("bwrap"):
            bwrap = ["bwrap", "--ro-bind", "/usr", "/usr", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64",
                     "--bind", work, work, "--unshare-all", "/usr/bin/true"]
            if subprocess.run(bwrap, capture_output=True).returncode == 0:
                true["bwrap true"] = bwrap
        report("native true", measure(true, args.runs, work))

        hello = os.path.join(work, "hello.wasm")
        with open(os.path.join(work, "hello.wat"), "w") as f:
            f.write(HELLO)
        subprocess.run(["wat2wasm", f.name, "-o", hello], check=True)
        report("hello-world module", measure(
            {"true": ["/usr/bin/true"], "wasiward run hello.wasm": [wasiward, "run", hello]}, args.runs, work))

        if args.python:
            python = os.path.abspath(args.python)
            words = ["-c", "print('hello')"]
            commands = {"wasiward run python.wasm": [wasiward, "run", "--dir", ".", python, *words]}
            if shutil.which("node"):
                script = os.path.join(work, "run.js")
                with open(script, "w") as f:
                    f.write(NODE)
                commands["node:wasi python.wasm"] = ["node", "--no-warnings", script, python, *words]
            report("CPython prints", measure(commands, 5, work))


if __name__ == "__main__":
    main()

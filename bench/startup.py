#!/usr/bin/env python3
"""Start-up: from start to exit, in milliseconds, and peak memory, of interleaved runs.

usage: startup.py WASIWARD [--python PYTHON.WASM] [--clang LLVM.WASM] [--runs N]

Native `true` plain, under the shim, behind the wall (also behind bubblewrap if it is installed), and a script that starts
programs; a hello-world module, CPython's module and LLVM's printing their versions, beside wasm3, toywasm, iwasm and node's WASI
as far as they are on PATH. Machines are noisy: every round runs each command once, so that what is compared was measured together.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time

from engines import HELLO, peak

NODE = """const { WASI } = require('node:wasi'); const fs = require('fs');
const wasi = new WASI({ version: 'preview1', args: process.argv.slice(2), preopens: { '.': '.' } });
WebAssembly.compile(fs.readFileSync(process.argv[2])).then(m => WebAssembly.instantiate(m, wasi.getImportObject()))
  .then(i => wasi.start(i));"""


def run(argv, null):
    """Milliseconds of one run, or None if it fails."""
    start = time.perf_counter()
    pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, null, fd) for fd in range(3)])
    status = os.waitpid(pid, 0)[1]
    return None if status else (time.perf_counter() - start) * 1000


def measure(commands, runs):
    """Interleaved runs of each command, after one to warm up; those that fail are left out."""
    times = {name: [] for name in commands}
    with open(os.devnull, "r+b") as null:
        for _ in range(runs + 1):
            for name, argv in commands.items():
                if name in times:
                    times[name].append(run(argv, null.fileno()))
                    if times[name][-1] is None:
                        print(f"  {name}: FAILED")
                        del times[name]
    return {name: t[1:] for name, t in times.items()}


def report(title, commands, runs):
    print(title)
    for name, times in measure(commands, runs).items():
        kilobytes = peak(commands[name])
        print(f"  {name:32} least {min(times):9.2f} ms   median {statistics.median(times):9.2f} ms"
              + (f"   peak {kilobytes / 1024:7.1f} MiB" if kilobytes else ""))


def engines(wasiward, module, words=(), argv0=None):
    """How each engine on PATH runs a module, without the wall."""
    name = ["--argv0", argv0] if argv0 else []
    ways = {"wasiward": [wasiward, "run", "--wall", "off", *name, module, *words]}
    for peer, options in {"wasm3": [], "toywasm": ["--wasi", "--"], "iwasm": []}.items():
        if shutil.which(peer):
            ways[peer] = [peer, *options, module, *words]
    return ways


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("wasiward")
    parser.add_argument("--python", help="CPython's module")
    parser.add_argument("--clang", help="the module with LLVM and clang")
    parser.add_argument("--runs", type=int, default=200)
    args = parser.parse_args()
    wasiward = os.path.abspath(args.wasiward)
    with tempfile.TemporaryDirectory() as work:
        started = [wasiward, "run", "--dir", work]
        true = {"true": ["/usr/bin/true"], "shim and wall": [*started, "/usr/bin/true"],
                "shim": [*started, "--wall", "off", "/usr/bin/true"]}
        if shutil.which("bwrap"):
            bwrap = ["bwrap", "--ro-bind", "/usr", "/usr", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64",
                     "--bind", work, work, "--unshare-all", "/usr/bin/true"]
            if subprocess.run(bwrap, capture_output=True, check=False).returncode == 0:
                true["bubblewrap"] = bwrap
        report("native true", true, args.runs)

        loop = os.path.join(work, "loop.sh")
        with open(loop, "w", encoding="utf-8") as f:
            f.write("i=0; while [ $i -lt 100 ]; do /usr/bin/true; i=$((i+1)); done\n")
        report("a shell that starts 100 programs", {
            "plain": ["sh", loop], "shim and wall": [*started, "sh", loop], "shim": [*started, "--wall", "off", "sh", loop],
        }, max(args.runs // 20, 1))

        hello = os.path.join(work, "hello.wasm")
        with open(os.path.join(work, "hello.wat"), "w", encoding="utf-8") as f:
            f.write(HELLO)
        subprocess.run(["wat2wasm", f.name, "-o", hello], check=True)
        report("hello-world module", {"true, native": ["/usr/bin/true"], **engines(wasiward, hello),
                                      "wasiward behind the wall": [wasiward, "run", hello]}, args.runs)

        if args.python:
            commands = engines(wasiward, os.path.abspath(args.python), ["--version"])
            if shutil.which("node"):
                script = os.path.join(work, "run.js")
                with open(script, "w", encoding="utf-8") as f:
                    f.write(NODE)
                commands["node"] = ["node", "--no-warnings", script, os.path.abspath(args.python), "--version"]
            report("CPython's module, --version", commands, max(args.runs // 10, 1))
        if args.clang:
            report("LLVM's module, clang --version", engines(wasiward, os.path.abspath(args.clang), ["--version"], "clang"),
                   max(args.runs // 40, 1))


if __name__ == "__main__":
    main()

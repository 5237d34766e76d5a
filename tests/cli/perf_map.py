#!/usr/bin/env python3
"""--perf-map: the file that perf(1) looks for, and, where perf can record, what perf makes of it.

usage: perf_map.py WASIWARD
"""
import os
import shutil
import subprocess
import sys
import tempfile

from checks import Checks

MODULE = """(module
  (func $sum (param i32) (result i32) (local i32)
    (loop (local.set 1 (i32.add (local.get 1) (local.get 0)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func $often (drop (call $sum (i32.const 30000))) (drop (call $sum (i32.const 30000))))
  (func $seldom (drop (call $sum (i32.const 6000))))
  (func (param i32))
  (func $"a\\nb;c d" (nop))
  (func $main (export "_start") (local i32)
    (local.set 0 (i32.const %d))
    (loop (call $often) (call $seldom) (call 3 (i32.const 1)) (call $"a\\nb;c d")
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
"""
LOOPS = 5000
checks = Checks("perf-map")
check = checks.check


def run_at(prepare, argv):
    """Runs it after a preparation by a shell that becomes it. Returns what came of it and the map's path."""
    shell = subprocess.Popen(["sh", "-c", f'{prepare}; exec "$@"', "sh", *argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = shell.communicate(timeout=60)
    return subprocess.CompletedProcess(argv, shell.returncode, out, err), f"/tmp/perf-{shell.pid}.map"


def read_map(path):
    """[(start, size, name)]; none if there is no such file."""
    try:
        with open(path) as f:
            lines = [line.rstrip("\n").split(" ", 2) for line in f]
        os.unlink(path)
    except FileNotFoundError:
        return []
    return [(int(start, 16), int(size, 16), name) for start, size, name in lines]


def names_functions(wasiward, module):
    done, path = run_at(":", [wasiward, "run", "--perf-map", module])
    rows = read_map(path)
    check(done.returncode == 0 and not done.stderr, f"run: {done.returncode} {done.stderr}")
    check([row[2] for row in rows] == ["sum", "often", "seldom", "function[3]", "a?b;c d", "main"], f"names: {rows}")
    check(all(a[0] + a[1] <= b[0] for a, b in zip(rows, rows[1:])) and all(row[1] for row in rows), f"overlap: {rows}")


def keeps_out_of_others_files(wasiward, module, work):
    victim = os.path.join(work, "victim")
    with open(victim, "w") as f:
        f.write("mine\n")
    done, path = run_at(f'ln -s "{victim}" /tmp/perf-$$.map', [wasiward, "run", "--perf-map", module])
    with open(victim) as f:
        check(f.read() == "mine\n", "a link in /tmp was followed")
    check(done.returncode == 0 and not os.path.islink(path) and read_map(path), f"a link in the way: {done.stderr}")
    done, path = run_at("mkdir /tmp/perf-$$.map", [wasiward, "run", "--perf-map", module])
    check(done.returncode == 125 and path in done.stderr, f"a directory in the way: {done.returncode} {done.stderr}")
    os.rmdir(path)


def perf_follows(wasiward, module, work):
    """Whether it could be tried at all."""
    data = os.path.join(work, "data")
    perf = shutil.which("perf")
    if not perf or subprocess.run([perf, "record", "-e", "cpu-clock:u", "-g", "-o", data, "true"], capture_output=True).returncode:
        print("SKIPPED WHAT PERF SEES: " + ("perf cannot record here" if perf else "there is no perf (Debian: linux-perf)"))
        return False
    recorded = subprocess.run([perf, "record", "-e", "cpu-clock:u", "-g", "-o", data, wasiward, "run", "--perf-map", module],
                              capture_output=True, text=True, timeout=60)
    check(recorded.returncode == 0, f"perf record: {recorded.stderr}")
    script = subprocess.run([perf, "script", "-i", data, "-F", "pid,ip,sym"], capture_output=True, text=True, timeout=60).stdout
    pids, chains = set(), []  # a sample is a line with the process, and one a frame, innermost first
    for pid, *frames in (sample.strip().splitlines() for sample in script.split("\n\n") if sample.strip()):
        pids.add(pid.strip())
        chains.append([frame.split(None, 1)[1] for frame in frames if " " in frame.strip()])
    for pid in pids:
        read_map(f"/tmp/perf-{pid}.map")
    within = [chain[1:] for chain in chains if "engine_call" in chain and chain[0].startswith("H_")]
    often = sum(chain[:3] == ["sum", "often", "main"] for chain in within)
    seldom = sum(chain[:3] == ["sum", "seldom", "main"] for chain in within)
    check(len(within) > 20, f"{len(within)} of {len(chains)} samples are of code: {chains[:5]}")
    check((often + seldom) > 0.8 * len(within), f"{often} + {seldom} of {len(within)} are of sum: {within[:5]}")
    check(often > 3 * seldom, f"often {often}, seldom {seldom}")
    return True


def main():
    wasiward = os.path.abspath(sys.argv[1])
    work = tempfile.mkdtemp(prefix="wasiward-perf-")
    try:
        module, short = os.path.join(work, "module.wat"), os.path.join(work, "short.wat")
        for name, loops in ((module, LOOPS), (short, 1)):
            with open(name, "w") as f:
                f.write(MODULE % loops)
        names_functions(wasiward, short)
        keeps_out_of_others_files(wasiward, short, work)
        tried = perf_follows(wasiward, module, work)
    finally:
        shutil.rmtree(work)
    return checks.finish(skipped=0 if tried else 1)


sys.exit(main())

#!/usr/bin/env python3
"""Reports are written whoever ends a run: a limit, a signal, a thread of the module; and it ends as it would without them.

usage: ending.py WASIWARD
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from checks import Checks

# Says that it runs, and then never ends: in code, or in a call.
BUSY = """(module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1) (data (i32.const 0) "\\10\\00\\00\\00\\04\\00\\00\\00") (data (i32.const 16) "runs")
  (func $work (param i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func $busy (call $work (i32.const 50000000)) (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64))) %s)
  (func (export "_start") (call $busy)))"""
SPINS = BUSY % "(loop (br 0))"
WAITS = BUSY % "(drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 64)))"
THREAD = """(module (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "env" "memory" (memory 1 1 shared)) (export "memory" (memory 0))
  (func $work (param i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "wasi_thread_start") (param i32 i32) (call $work (i32.const 50000000)) %s)
  (func (export "_start") (drop (call $spawn (i32.const 0))) (loop (br 0))))"""
EXITS, TRAPS = THREAD % "(call $exit (i32.const 7))", THREAD % "(unreachable)"
checks = Checks("ending")
check = checks.check


def in_call_on(pid, fd):
    """Whether the process waits in a call whose first argument is this descriptor. Where nobody may know, a second is enough."""
    try:
        with open(f"/proc/{pid}/syscall") as f:
            return f.read().split()[1:2] == [hex(fd)]
    except OSError:
        time.sleep(1)
        return True


class Run:
    """A run with reports. status: as of subprocess, minus the signal if one ended it."""

    def __init__(self, wasiward, work, text, options=(), send=None, waiting=False, ignored=None, reports=("--stats", "--samples", "samples")):
        with open(os.path.join(work, "module.wat"), "w") as f:
            f.write(text)
        samples = os.path.join(work, "samples")
        if os.path.exists(samples):
            os.unlink(samples)
        process = subprocess.Popen([wasiward, "run", *reports, *options, "module.wat"], cwd=work, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   preexec_fn=lambda: ignored and signal.signal(ignored, signal.SIG_IGN))
        try:
            self.out = process.stdout.read(4) if send or ignored else ""
            while waiting and not in_call_on(process.pid, 0):
                time.sleep(0.01)
            for one in (ignored, send):
                if one:
                    process.send_signal(one)
            if ignored:
                process.stdin.close()  # only if the signal does nothing does it come to that
            self.status = process.wait(timeout=60)
            self.out += process.stdout.read()
            self.err = process.stderr.read()
        finally:
            process.kill()
            for stream in (process.stdin, process.stdout, process.stderr):
                stream.close()
        self.samples = ""
        if os.path.exists(samples):
            with open(samples) as f:
                self.samples = f.read()

    def __str__(self):
        return f"status {self.status}, {self.out!r}, {self.err!r}, samples {self.samples!r}"


def main():
    wasiward = os.path.abspath(sys.argv[1])
    work = tempfile.mkdtemp(prefix="wasiward-ending-")

    def run(text, options=(), **more):
        return Run(wasiward, work, text, options, **more)
    known = "functions compiled"
    unknown = "--stats: the module did not come back from a call in time"
    try:
        for reports in ((), ("--stats", "--samples", "samples")):
            r = run(SPINS, ["--timeout", "3"], reports=reports)
            check(r.status == 124 and "ended after 3 seconds" in r.err, f"time: {r}")
            check(not reports or known in r.err and ";busy;work " in r.samples, f"reports at the end of the time: {r}")
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                r = run(SPINS, send=number, reports=reports)
                check(r.status == -number and "trap" not in r.err, f"{number.name}: {r}")
                check(not reports or known in r.err and ";busy;work " in r.samples, f"reports at {number.name}: {r}")
            r = run(WAITS, ["--max-output", "2"], reports=reports)
            check(r.status == 124 and r.out == "ru" and "2 bytes of output" in r.err, f"output: {r}")
            check(not reports or known in r.err and ";busy;work " in r.samples, f"reports at the end of the output: {r}")
            r = run(EXITS, reports=reports)
            check(r.status == 7, f"a thread exits: {r}")
            check(not reports or known in r.err and ";work " in r.samples, f"reports when a thread exits: {r}")
            r = run(TRAPS, reports=reports)
            check(r.status == 134 and "trap: unreachable" in r.err and r.err.count("trap") == 1, f"a thread traps: {r}")
            check(not reports or known in r.err and ";work " in r.samples, f"reports when a thread traps: {r}")
            r = run(WAITS, send=signal.SIGTERM, waiting=True, reports=reports)
            check(r.status == -signal.SIGTERM, f"in a call: {r}")
            check(not reports or unknown in r.err and ";busy;work " in r.samples, f"reports of a module in a call: {r}")
            r = run(WAITS, ignored=signal.SIGHUP, reports=reports)
            check(r.status == 0 and (not reports or known in r.err), f"an ignored signal: {r}")
    finally:
        shutil.rmtree(work)
    return checks.finish()


sys.exit(main())

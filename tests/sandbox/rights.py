#!/usr/bin/env python3
"""Drops each right and tries it: through the C library, from a module, and by raw system calls, the last as
docs/threat-model.md says who keeps it.

usage: rights.py WASIWARD THREAT_MODEL ESCAPE_RIGHTS RIGHTS_USE [RIGHTS_USE_WASM]
"""
import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile

# A grant has no sockets: these are tried on one that is standard input, of which the program drops the right itself.
SOCKET = {"sock_shutdown", "sock_accept"}

# The shim's fdatasync is content with fd_sync, which does more.
TOO = {"fd_datasync": ",-fd_sync"}


def table(path):
    """Right to what keeps it."""
    with open(path) as f:
        text = f.read().split("## Who keeps each right")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| (\w+) \| (.*) \|$", text, re.M))
    rows.pop("right")
    return rows


def fill(top):
    for name in ("a.txt", "move-me", "remove-me"):
        with open(os.path.join(top, name), "w") as f:
            f.write("hello\n")
    os.mkdir(os.path.join(top, "empty"))
    os.symlink("a.txt", os.path.join(top, "link"))


@contextlib.contextmanager
def standard_input(right):
    if right not in SOCKET:
        yield subprocess.DEVNULL
        return
    with tempfile.TemporaryDirectory() as where, socket.socket(socket.AF_UNIX) as here, socket.socket(socket.AF_UNIX) as there:
        here.bind(os.path.join(where, "socket"))
        here.listen()
        there.connect(os.path.join(where, "socket"))
        yield here if right == "sock_accept" else there


def try_one(wasiward, options, rights, program, right, *more):
    with tempfile.TemporaryDirectory() as top, standard_input(right) as given:
        fill(top)
        done = subprocess.run([wasiward, "run", *options, "--dir", f"{top}::{'/' if options else top}:{rights}", program, right, *more],
                              cwd=top, stdin=given, capture_output=True, text=True, timeout=60)
    return done.stdout.strip() or f"no answer: {done.stderr.strip()}"


def main():
    wasiward, model, raw, native, *wasm = (os.path.abspath(p) for p in sys.argv[1:])
    keepers = table(model)
    ways = {"libc": (["--profile", "strict"], native)}
    if wasm:
        ways["module"] = (["--wall", "auto"], wasm[0])
    else:
        print("SKIPPED: no clang with wasi-libc, so nothing is tried from modules")
    passed = failed = 0

    def check(fine, what):
        nonlocal passed, failed
        passed += fine
        failed += not fine
        if not fine:
            print(f"FAILED {what}")

    check(len(keepers) == 30, f"the threat model has {len(keepers)} rows")
    print("| right | libc | module | raw system call | kept by |\n|---|---|---|---|---|")
    for right, keeper in keepers.items():
        row = []
        for way, (options, program) in ways.items():
            less = ["rw", "drop"] if right in SOCKET else [f"rw,-{right}{TOO.get(right, '')}"]
            without = try_one(wasiward, options, less[0], program, right, *less[1:])
            check(without.startswith("refused"), f"{right}, {way}, without it: {without}")
            with_it = try_one(wasiward, options, "rw", program, right)
            check(with_it == "used", f"{right}, {way}, with it: {with_it}")
            row.append(without)
        if right in SOCKET:
            inherited = try_one(wasiward, [], "rw", raw, right).removeprefix(right + " ")
            check(inherited == "used" and "on an inherited one the core alone" in keeper, f"{right}, raw, inherited: {inherited}")
            made = try_one(wasiward, [], "rw", raw, "socket").removeprefix("socket ")
            check(made == "stopped EACCES" and keeper.startswith("seccomp"), f"{right}, raw, a new socket: {made}")
            print(f"| {right} | {' | '.join(row)} | inherited: {inherited}; new: {made} | {keeper} |")
            continue
        without = try_one(wasiward, [], f"rw,-{right}", raw, right).removeprefix(right + " ")
        # The kernel alone keeps what the table gives to Landlock without "together".
        kept = keeper.startswith("Landlock")
        check(without.startswith("stopped") == kept, f"{right}, raw, without it: {without}, but the table says: {keeper}")
        read_only = try_one(wasiward, [], "ro", raw, right).removeprefix(right + " ")
        kept = "a read-only mount" in keeper
        check(read_only.startswith("stopped") == kept, f"{right}, raw, read-only: {read_only}, but the table says: {keeper}")
        print(f"| {right} | {' | '.join(row)} | {without}; ro: {read_only} | {keeper} |")
    print(f"rights: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())

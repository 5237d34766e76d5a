#!/usr/bin/env python3
"""Runs the table of native tools: outside and inside, on the same data, and compares.

usage: run.py WASIWARD [--only TOOL] [--keep] [--list]
"""
import argparse
import hashlib
import os
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import time

import data

HERE = os.path.dirname(os.path.abspath(__file__))
STDIN = b"from standard input\nsecond line\n"
TIMEOUT = 60


def read_table(path):
    """Rows of (line number, tool, kind, command)."""
    with open(path) as f:
        for number, line in enumerate(f, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            tool, kind, command = line.split(" ", 2)
            assert kind in ("|", "!", "?"), f"{path}:{number}: neither | nor ! nor ?"
            yield number, tool, kind, command


def snapshot(root):
    """Everything about a tree that a tool's user would see, but times that the run itself made."""
    seen = {}
    for where, dirs, files in os.walk(root):
        dirs.sort()
        for name in dirs + sorted(files):
            path = os.path.join(where, name)
            st = os.lstat(path)
            what = [stat.filemode(st.st_mode), st.st_nlink if not stat.S_ISDIR(st.st_mode) else 0, st.st_uid, st.st_gid]
            if stat.S_ISREG(st.st_mode):
                with open(path, "rb") as f:
                    what += [st.st_size, hashlib.sha256(f.read()).hexdigest()]
            elif stat.S_ISLNK(st.st_mode):
                what.append(os.readlink(path))
            if st.st_mtime < 1_700_000_000:
                what.append(st.st_mtime_ns)
            seen[os.path.relpath(path, root)] = what
    return seen


def differences(a, b):
    for name in sorted(set(a) | set(b)):
        if a.get(name) != b.get(name):
            yield f"{name}: outside {a.get(name)} inside {b.get(name)}"


# Files whose bytes hold the time, or a number that differs from run to run.
def comparable(tree):
    kept = {}
    for name, what in tree.items():
        if name.endswith(".git/index"):
            what = what[:4] + ["index"]  # holds inode numbers and change times
        if name.endswith(("-wal", "-shm")):
            what = what[:5] + ["salted"]  # SQLite salts its log with random numbers
        kept[name] = what
    return kept


class Bench:
    def __init__(self, wasiward, work, wall):
        self.wasiward = wasiward
        self.wall = wall
        self.work = work
        self.template = os.path.join(work, "template")
        self.dir = os.path.join(work, "data")
        self.out = os.path.join(work, "outside")
        self.secret = "SECRET-" + os.urandom(8).hex()
        data.make(self.template, os.path.join(HERE, "scripts"))
        data.make_outside(os.path.join(work, "outside-template"), self.secret)
        self.env = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/nonexistent",
                    "PYTHONDONTWRITEBYTECODE": "1", **data.GIT_ENV}

    def fresh(self):
        shutil.rmtree(self.dir, ignore_errors=True)
        # cp keeps hard links, sparse files, the FIFO and times as they are.
        subprocess.run(["cp", "-a", self.template, self.dir], check=True)
        shutil.rmtree(self.out, ignore_errors=True)
        subprocess.run(["cp", "-a", os.path.join(self.work, "outside-template"), self.out], check=True)

    def run(self, argv):
        try:
            done = subprocess.run(argv, cwd=self.dir, env=self.env, input=STDIN, capture_output=True, timeout=TIMEOUT)
            return done.returncode, done.stdout, done.stderr
        except subprocess.TimeoutExpired:
            return "timeout", b"", b""

    def inside(self, argv, options):
        options = options + [word for name in self.env for word in ("--env", name)]
        return [self.wasiward, "run", "--wall", self.wall, "--dir", self.dir, *options, "--", *argv]

    def compare(self, argv, options):
        self.fresh()
        expected = self.run(argv)
        tree = comparable(snapshot(self.dir))
        self.fresh()
        got = self.run(self.inside(argv, options))
        problems = []
        for what, a, b in zip(("exit status", "standard output", "standard error"), expected, got):
            if a != b:
                problems.append(f"{what}: outside {a!r:.1500} inside {b!r:.1500}")
        return problems + list(differences(tree, comparable(snapshot(self.dir))))

    def deny(self, argv, options):
        self.fresh()
        before = snapshot(self.out)
        code, out, err = self.run(self.inside(argv, options))
        problems = []
        if code == 0 or code == "timeout":
            problems.append(f"exit status {code}")
        if code == 125:
            problems.append(f"wasiward itself failed: {err!r}")
        tree = b"".join(p.encode(errors="surrogateescape") for p in find_text(self.dir, self.secret))
        if self.secret.encode() in out + err or tree:
            problems.append(f"the secret came out: {out!r:.300} {err!r:.300} {tree!r:.300}")
        problems += list(differences(before, snapshot(self.out)))
        return problems


def find_text(root, text):
    for where, _, files in os.walk(root):
        for name in files:
            path = os.path.join(where, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                with open(path, "rb") as f:
                    if text.encode() in f.read():
                        yield path


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("wasiward")
    parser.add_argument("--only", action="append", help="run the rows of this tool, or of this line number")
    parser.add_argument("--wall", default="off", help="the option of wasiward run")
    parser.add_argument("--keep", action="store_true", help="leave the data behind for a look")
    args = parser.parse_args()

    work = os.path.realpath(tempfile.mkdtemp(prefix="wasiward-tools-"))
    bench = Bench(os.path.abspath(args.wasiward), work, args.wall)
    passed = failed = 0
    skipped = []
    start = time.monotonic()
    for number, tool, kind, command in read_table(os.path.join(HERE, "table.txt")):
        if args.only and tool not in args.only and str(number) not in args.only:
            continue
        options = []
        if command.startswith("["):
            options, command = (part.strip() for part in command[1:].split("]", 1))
            options = shlex.split(options)
        argv = [word.replace("{out}", bench.out) for word in shlex.split(command)]
        if not shutil.which(tool, path=bench.env["PATH"]):
            if kind == "?":
                skipped.append(tool)
                print(f"SKIP   line {number}: {tool} is not installed")
                continue
            problems = [f"{tool} is not installed"]
        else:
            problems = bench.deny(argv, options) if kind == "!" else bench.compare(argv, options)
        if problems:
            failed += 1
            print(f"FAILED line {number}: {tool} {kind} {command}")
            for problem in problems[:12]:
                print(f"    {problem}")
        else:
            passed += 1
            print(f"ok     line {number}: {tool} {kind} {command}", flush=True)
    if args.keep:
        print(f"kept {work}")
    else:
        shutil.rmtree(work)
    print(f"{time.monotonic() - start:.1f} s")
    print(f"tools: {passed} passed, {failed} failed, {len(skipped)} skipped")
    return failed > 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())

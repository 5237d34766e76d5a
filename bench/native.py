#!/usr/bin/env python3
"""Native tools under the shim, behind the wall and under both, beside their plain runs and bubblewrap.

usage: native.py WASIWARD [--runs N] [--only WORKLOAD]… [--way shim|wall|both|bwrap]… [--cpu]

Makes its data on a tmpfs if there is one, and runs each workload in rounds: every round has one run of each way to run it, so
that what is compared was measured together. Of the times the least one counts, since a busy machine only adds. The last two
rows are geometric means over the workloads without `true`: as measured, and with each way's time for `true` taken off, which
is what it costs once a program runs.

On a machine that others use, too, --cpu counts the processor time of all processes in place of the time that passes, for all
but bubblewrap, which does not wait for all of them.

The wall alone is what `wasiward run` gives a statically linked program, which no shim can enter: one that executes the tool.
"""
import argparse
import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

SHM = "/dev/shm"


def make_tree(top):
    """20,000 small files in 200 directories; one line in a hundred files has the word that grep looks for."""
    for d in range(200):
        here = os.path.join(top, "tree", f"dir{d:03}")
        os.makedirs(here)
        for f in range(100):
            with open(os.path.join(here, f"file{f:03}.txt"), "w") as out:
                out.write(f"file {d} {f}\n" + "some text that nobody looks for\n" * (f % 5) + ("needle\n" if f == 7 else ""))


def make_repository(top):
    """A repository of 4,000 files."""
    repo = os.path.join(top, "repo")
    for d in range(40):
        os.makedirs(os.path.join(repo, f"d{d}"))
        for f in range(100):
            with open(os.path.join(repo, f"d{d}", f"f{f}"), "w") as out:
                out.write(f"{d} {f}\n")
    git = ["git", "-C", repo, "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", "init", "-q", repo], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)


SQL = """PRAGMA journal_mode=MEMORY; CREATE TABLE t(a INTEGER, b TEXT);
""" + "".join("BEGIN;" + "".join(f"INSERT INTO t VALUES({i * 10 + k}, 'row {k}');" for k in range(10)) + "COMMIT;\n" for i in range(5000))
PYTHON = """import os
for i in range(200000):
    name = 'tree/dir%03d/file%03d.txt' % (i % 200, i % 100)
    os.stat(name)
    fd = os.open(name, os.O_RDONLY)
    os.read(fd, 100)
    os.close(fd)
"""
COMMIT = """cd repo && date +%N > d0/f0 && git add . && git -c user.name=a -c user.email=a@b commit -qm next && git status -s &&
git log --oneline -n 3"""


def make(top):
    make_tree(top)
    make_repository(top)
    with open(os.path.join(top, "work.sql"), "w") as f:
        f.write(SQL)
    with open(os.path.join(top, "work.py"), "w") as f:
        f.write(PYTHON)
    with open(os.path.join(top, "lines"), "w") as f:
        value = 12345
        for _ in range(1_500_000):
            value = (value * 1103515245 + 12345) % (1 << 31)
            f.write(f"{value:010} some line of text\n")


WORKLOADS = {
    "true": ["/usr/bin/true"],
    "find, 20,000 files": ["find", "tree", "-type", "f", "-size", "+1000"],
    "tar of them": ["tar", "cf", "tree.tar", "tree"],
    "grep -r": ["grep", "-r", "needle", "tree"],
    "rg": ["rg", "-u", "needle", "tree"],
    "sqlite3, 5,000 transactions": ["sh", "-c", "rm -f db && sqlite3 db < work.sql"],
    "git status, 4,000 files": ["git", "-C", "repo", "status", "-s"],
    "git add, commit, status, log": ["sh", "-c", COMMIT],
    "python3, 200,000 files": ["/usr/bin/python3", "work.py"],
    "dd, 1 GB in 4 KiB blocks": ["dd", "if=/dev/zero", "of=/dev/null", "bs=4k", "count=262144"],
    "sort, 48 MB": ["sort", "-o", "sorted", "lines"],
}


EXEC = "#include <unistd.h>\nint main(int argc, char **argv) { return argc < 2 || execvp(argv[1], argv + 1); }\n"


def make_ways(wasiward, top, wanted, cpu):
    """What to put before each command line."""
    run = [wasiward, "run", "--dir", top, "--env", "LC_ALL", "--env", "HOME"]
    ways = {"shim": [*run, "--wall", "off", "--"]}
    execute = os.path.join(top, "execute")
    made = subprocess.run(["cc", "-O2", "-static", "-x", "c", "-o", execute, "-"], input=EXEC.encode(), check=False)
    if made.returncode == 0:
        ways["wall"] = [*run, "--wall", "auto", "--", execute]
    ways["both"] = [*run, "--wall", "auto", "--"]
    if shutil.which("bwrap") and not cpu:
        ways["bwrap"] = ["bwrap", "--ro-bind", "/usr", "/usr", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64",
                         "--symlink", "usr/bin", "/bin", "--dev", "/dev", "--proc", "/proc", "--bind", top, top, "--chdir", top,
                         "--unshare-all", "--"]
    return {name: prefix for name, prefix in ways.items() if not wanted or name in wanted}


def mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else math.nan


def processor_ms():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (usage.ru_utime + usage.ru_stime) * 1000


def once(argv, cwd, clock):
    with open(os.devnull, "r+b") as null:
        start = clock()
        done = subprocess.run(argv, cwd=cwd, stdin=null, stdout=null, stderr=subprocess.PIPE, env=ENV)
        took = clock() - start
    if done.returncode > 1:  # grep's 1 is an answer
        sys.exit(f"{' '.join(argv[:12])}: {done.returncode} {done.stderr.decode(errors='replace')[:300]}")
    return took


ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wasiward")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--only", action="append", help="the beginning of a workload's name")
    parser.add_argument("--way", action="append", help="shim, wall, both or bwrap; all of them if none is named")
    parser.add_argument("--cpu", action="store_true", help="count processor time")
    args = parser.parse_args()
    clock = processor_ms if args.cpu else lambda: time.perf_counter() * 1000
    wasiward = os.path.abspath(args.wasiward)
    with tempfile.TemporaryDirectory(dir=SHM if os.access(SHM, os.W_OK) else None) as top:
        make(top)
        ways = make_ways(wasiward, top, args.way, args.cpu)
        ratios = {name: ([], []) for name in ways}
        start = {}
        print(f"{'':32} {'plain ms':>10}" + "".join(f" {name + ' ms':>12} {'ratio':>6}" for name in ways))
        for title, argv in WORKLOADS.items():
            if args.only and not any(title.startswith(only) for only in [*args.only, "true"]):
                continue
            if not shutil.which(argv[0], path=ENV["PATH"]):
                print(f"{title:32} SKIPPED: {argv[0]} is not installed")
                continue
            least = {name: math.inf for name in ("plain", *ways)}
            for _ in range(args.runs + 1):
                least["plain"] = min(least["plain"], once(argv, top, clock))
                for name, prefix in ways.items():
                    least[name] = min(least[name], once(prefix + argv, top, clock))
            row = f"{title:32} {least['plain']:10.2f}"
            for name in ways:
                start.setdefault(name, least[name] - least["plain"])
                if title != "true":
                    ratios[name][0].append(least[name] / least["plain"])
                    ratios[name][1].append((least[name] - start[name]) / least["plain"])
                row += f" {least[name]:12.2f} {least[name] / least['plain']:6.2f}"
            print(row, flush=True)
        for i, title in enumerate(["geometric mean without true", "the same, once it runs"]):
            print(f"{title:32} {'':10}" + "".join(f" {'':12} {mean(r[i]):6.2f}" for r in ratios.values()))


if __name__ == "__main__":
    main()

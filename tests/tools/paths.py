#!/usr/bin/env python3
"""Traces one row of each tool of the table with strace, and looks for system calls with a path that the core did not make.

The core names everything relative to a granted directory that is open: `openat2(905, "a/b", …)`. A path that starts at the
root or at the current directory of the host is somebody else's. Theirs to give are those of the loader, before the shim has
read its policy, and of the runtime's own data, which the C library opens itself (docs/shim.md).

usage: paths.py WASIWARD [--only TOOL]
"""
import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import run

# Where ours begin: POLICY_FD_FLOOR of sandbox/policy.h. The shim reads its policy from there.
FLOOR = 900
RUNTIME = re.compile(r"""
    /etc/ld\.so\.(cache|preload)$
  | /(usr/)?lib(64)?/.*\.so(\.[0-9.]+)?$          # libraries, found by name or granted
  | /(usr/)?lib(64)?(/(.*/)?(glibc-hwcaps|tls|lib|[^/]+_64|[^/]+-linux-gnu)(/.*)?)?$  # where the loader looks for their kin
  | /usr/(lib|share)/locale(/|$) | /(usr/)?lib/[^/]+/gconv/ | /usr/share/locale-langpack/
  | /usr/share/zoneinfo/ | /etc/localtime$
  | /sys/devices/system/cpu/ | /proc/(stat|cpuinfo|meminfo|sys/vm/overcommit_memory)$  # how much the machine has
  | /proc/self/(exe|fd/\d+|maps|task/\d+/comm)$   # what the process itself has
""", re.VERBOSE)
CALL = re.compile(r"^(\d+) +(\w+)\((.*)$")
RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>.*\) += (-?\d+)")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
DIRECTORY = re.compile(r"^(-?\d+|AT_FDCWD)(?:<[^>]*>)?, ")
# Calls whose strings are no names, or not only.
NO_NAME = {"memfd_create", "pread64"}


def strangers(log):
    """The lines of a trace that name something and are not the core's."""
    state = {}
    pending = {}
    for line in log:
        if m := RESUMED.match(line):
            pid, call, result = m[1], m[2], int(m[3])
            if call in ("execve", "execveat") and result == 0:
                state[pid] = "loader"
            continue
        m = CALL.match(line)
        if not m:
            continue
        pid, call, rest = m[1], m[2], m[3]
        if not state:
            state[pid] = "launcher"
        mine = state.setdefault(pid, "guest")  # a child of one that had started
        finished = re.search(r"\) += (-?\d+)", rest)
        succeeded = finished and int(finished[1]) >= 0
        if call == "pread64":
            number = re.match(r"(\d+)", rest)
            if mine == "loader" and number and int(number[1]) >= FLOOR:
                state[pid] = "guest"
            continue
        if mine == "guest" and call not in NO_NAME:
            arguments = re.split(r"\) += ", rest)[0]
            if call in ("execve", "execveat"):
                # The program alone: arguments and environment are strings, too.
                arguments = ", ".join(arguments.split(", ")[:1 if call == "execve" else 2])
            yield from judge(line, call, arguments)
        if call in ("execve", "execveat") and succeeded:
            state[pid] = "loader"


# Strings that a link holds, not names that are looked up: symlinkat("contents", dir, "name").
def judge(line, call, arguments):
    if call in ("symlinkat", "symlink"):
        arguments = arguments[STRING.match(arguments).end():] if STRING.match(arguments) else arguments
        arguments = arguments.removeprefix(", ")
    if call in ("readlinkat", "readlink"):
        # name and result
        found = STRING.search(arguments)
        arguments = arguments[:found.end()] if found else arguments
    at = 0
    for name in STRING.finditer(arguments):
        path = name[1]
        directory = re.search(r"(-?\d+|AT_FDCWD), $", arguments[at:name.start()])
        at = name.end()
        beneath = directory and directory[1] != "AT_FDCWD" and not path.startswith("/")
        if not beneath and not RUNTIME.match(os.path.normpath(path)):
            yield line.strip()
            return


SAMPLE = r'''
1 execve("/bin/wasiward", ["wasiward"], 0x1) = 0
1 openat(AT_FDCWD, "/etc/launcher", O_RDONLY) = 3
1 execve("/usr/bin/cat", ["cat", "/x"], 0x1 /* 3 vars */) = 0
1 openat(AT_FDCWD, "/any/thing", O_RDONLY) = 3
1 pread64(912, "policy", 64, 0) = 6
1 openat2(905, "a/b", {flags=O_RDONLY, resolve=RESOLVE_BENEATH}, 24) = 3
1 statx(905, "", AT_EMPTY_PATH, STATX_ALL, 0x1) = 0
1 openat(AT_FDCWD, "/usr/share/zoneinfo/UTC", O_RDONLY) = 4
1 symlinkat("/contents", 905, "name") = 0
1 openat(AT_FDCWD, "/etc/passwd", O_RDONLY) = 3
1 stat("here", {st_mode=S_IFREG}) = 0
2 openat(905, "/etc/shadow", O_RDONLY) = -1 EACCES
2 renameat2(905, "a", AT_FDCWD, "b", 0) = 0
2 execveat(7, "", ["sh", "/y"], 0x1, AT_EMPTY_PATH <unfinished ...>
2 <... execveat resumed>) = 0
2 access("/etc/ld.so.preload", R_OK) = -1 ENOENT
2 readlinkat(905, "link", "/target", 4095) = 7
2 pread64(901, "policy", 64, 0) = 6
2 execve("/bin/sh", ["sh"], 0x1) = 0
'''


def check_ourselves():
    found = [line.split("(")[1][:20] for line in strangers(SAMPLE.splitlines())]
    expected = ['AT_FDCWD, "/etc/pass', '"here", {st_mode=S_I', '905, "/etc/shadow", ', '905, "a", AT_FDCWD, ', '"/bin/sh", ["sh"], 0']
    assert found == expected, found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("wasiward")
    parser.add_argument("--only", action="append")
    args = parser.parse_args()
    check_ourselves()
    work = os.path.realpath(tempfile.mkdtemp(prefix="wasiward-paths-"))
    bench = run.Bench(os.path.abspath(args.wasiward), work, "off")
    log = os.path.join(work, "trace")
    seen, failed, skipped = set(), 0, []
    for number, tool, kind, command in run.read_table(os.path.join(run.HERE, "table.txt")):
        if kind == "!" or tool in seen or args.only and tool not in args.only:
            continue
        if not shutil.which(tool, path=bench.env["PATH"]):
            if kind == "?":
                skipped.append(tool)
                print(f"SKIP   line {number}: {tool} is not installed")
            continue
        seen.add(tool)
        options = []
        if command.startswith("["):
            options, command = (part.strip() for part in command[1:].split("]", 1))
            options = shlex.split(options)
        argv = [word.replace("{out}", bench.out) for word in shlex.split(command)]
        bench.fresh()
        bench.run(["strace", "-f", "--seccomp-bpf", "-qq", "-s", "4096", "-e", "trace=%file,pread64", "-e", "signal=none",
                   "-o", log, *bench.inside(argv, options)])
        with open(log, errors="replace") as f:
            lines = f.readlines()
        bad = list(strangers(lines))
        # A trace without any call of the core's would prove nothing.
        cores = sum(bool(re.search(r'\(9\d\d, "[^"]', line)) for line in lines)
        if bad or not cores:
            failed += 1
            print(f"FAILED line {number}: {tool} {command}")
            for line in bad[:6] or ["the trace has no call of the core's"]:
                print(f"    {line[:300]}")
        else:
            print(f"ok     line {number}: {tool}", flush=True)
    shutil.rmtree(work)
    print(f"paths: {len(seen) - failed} passed, {failed} failed, {len(skipped)} skipped")
    return failed > 0 or not seen


if __name__ == "__main__":
    sys.exit(main())

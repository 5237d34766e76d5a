#!/usr/bin/env python3
"""Compares shim/wrap.def with what the C library exports and reaches, and with what the shim defines.

usage: table.py WRAP_DEF LIST SHIM_SO [LIBC_SO]
"""
import platform
import re
import subprocess
import sys

import reach

# Prefixes of families that glibc exports under many more names than anybody calls: their rows are by hand.
ACCOUNTED = re.compile(r"^(_IO_|_nss_|__nss_|__libc_|_thread_db|xdr|svc|clnt|key_|auth|__rpc|_obstack)")
# Words that in a new symbol of the library would call for a row.
SUSPICIOUS = re.compile(r"^(open(?!_w?memstream)|mk(?!time)|unlink|exec|posix_spawn|mount|f?chmod|f?chown|rename|sym?link|stat|l?stat)")

# System calls that concern nothing but the calling process and what it has: time, memory, threads, its own signals.
HARMLESS = set("""brk clock_gettime exit exit_group futex getcpu getpid gettid madvise mmap mprotect mremap munmap
    rt_sigaction rt_sigprocmask rt_sigreturn sched_yield tgkill""".split())
# Not to be looked behind: the end of a program with a message on descriptor 2, whoever asks for it.
THE_END = {"__libc_fatal", "__fortify_fail", "__assert_fail", "abort"}


def rows(path):
    text = re.sub(r"/\*.*?\*/", "", open(path).read(), flags=re.S)
    wraps = re.findall(r"^WRAP\((\w+), (\w+), (.+?)\)$", text, flags=re.M)
    passed = re.findall(r'^PASSED\((\w+), (\w+), "(.+)"\)$', text, flags=re.M)
    return wraps, passed


def symbols(path):
    """Names that a library defines for others, whatever their version."""
    out = subprocess.run(["readelf", "-W", "--dyn-syms", path], check=True, capture_output=True, text=True).stdout
    found = set()
    for line in out.splitlines():
        part = line.split()
        if len(part) >= 8 and part[0].rstrip(":").isdigit() and part[6] != "UND" and part[4] != "LOCAL":
            found.add(part[7].split("@")[0])
    return found


def libc_of(shim):
    for line in subprocess.run(["ldd", shim], check=True, capture_output=True, text=True).stdout.splitlines():
        if "libc.so.6" in line:
            return line.split("=>")[1].split()[0]
    raise SystemExit("no libc.so.6")


def main():
    wrap_def, names, shim = sys.argv[1:4]
    library = sys.argv[4] if len(sys.argv) > 4 else libc_of(shim)
    libc = symbols(library)
    wraps, passed = rows(wrap_def)
    wrapped = [name for name, _, _ in wraps]
    everything = wrapped + [name for name, _, _ in passed]
    known = set(everything)
    listed = {line.strip() for line in open(names) if line.strip() and not line.startswith("#")}
    ours = symbols(shim)
    failures = 0

    def check(title, bad):
        nonlocal failures
        bad = sorted(bad)
        failures += len(bad)
        print(f"{'FAILED' if bad else 'ok':6} {title}" + (": " + " ".join(bad) if bad else ""))

    check("no symbol has two rows", {n for n in known if everything.count(n) > 1})
    check("what reaches the system has a row", (listed & libc) - known)
    check("every row is a symbol of the library", known - libc)
    check("every wrapped symbol is defined by the shim", set(wrapped) - ours)
    # Those of <wasi/api.h> are tested as a table of their own (tests/core/wasi-core.symbols).
    check("the shim defines nothing else", {n for n in ours - set(wrapped) if not n.startswith("__wasi_")})
    check("names that sound like the system have a row",
          {n for n in libc if SUSPICIOUS.match(n) and not ACCOUNTED.match(n)} - known)
    if platform.machine() == "x86_64":
        reached = reach.reach(library, {name for name, _, _ in passed} | THE_END)
        check("what reaches the kernel has a row",
              {f"{n}({','.join(sorted(calls - HARMLESS))})" for n, calls in reached.items() if calls - HARMLESS and n not in known})
        check("the code was understood", {n for n, calls in reached.items() if "?" in calls} - known)
        known_calls = {"open": "openat", "rename": "rename", "kill": "kill", "socket": "socket", "opendir": "openat"}
        blind = {n for n, call in known_calls.items() if call not in reached.get(n, ())}
        check("the reader of the code sees what is there", blind)
    else:
        print("SKIPPED what reaches the kernel has a row: the code of this machine is not read")
    print(f"{len(wraps)} wrapped, {len(passed)} passed, {len(listed)} listed, {len(libc)} in the library")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Compares shim/wrap.def with what a C library exports and reaches, and with what the shim for it defines.

usage: table.py WRAP_DEF LIST SHIM_SO [LIBC_SO]
       table.py WRAP_DEF LIST SHIM_SO LIBC_SO LIBC_A      for musl, whose code is read from its archive
"""
import platform
import re
import subprocess
import sys

import reach
import reach_archive

# Prefixes of families that glibc exports under many more names than anybody calls: their rows are by hand.
ACCOUNTED = re.compile(r"^(_IO_|_nss_|__nss_|__libc_|_thread_db|xdr|svc|clnt|key_|auth|__rpc|_obstack)")
# Words that in a new symbol of the library would call for a row.
SUSPICIOUS = re.compile(r"^(open(?!_w?memstream)|mk(?!time)|unlink|exec|posix_spawn|mount|f?chmod|f?chown|rename|sym?link|stat|l?stat)")

# System calls that concern nothing but the calling process and what it has: time, memory, threads, its own signals.
HARMLESS = set("""brk clock_gettime exit exit_group futex getcpu getpid gettid madvise mmap mprotect mremap munmap
    rt_sigaction rt_sigprocmask rt_sigreturn sched_yield tgkill""".split())
# What musl asks of the kernel in the same matters; fallbacks where there is no vDSO among it.
HARMLESS_IN_MUSL = HARMLESS | set("""get_robust_list gettimeofday membarrier sched_getparam sched_getscheduler sched_setparam
    set_robust_list tkill""".split())
# Entries of musl's loader into itself.
LOADER = {"__dls2b", "__dls3", "_dl_debug_state"}
# Not to be looked behind: the end of a program with a message on descriptor 2, whoever asks for it.
THE_END = {"__libc_fatal", "__fortify_fail", "__assert_fail", "abort"}


def rows(path):
    """Kind of row → names."""
    text = re.sub(r"/\*.*?\*/", "", open(path).read(), flags=re.S)
    found = {kind: [] for kind in ("WRAP", "GLIBC", "MUSL", "KERNEL", "PASSED")}
    for kind, name in re.findall(r"^(WRAP|GLIBC|MUSL|KERNEL)\((\w+), \w+, .+\)$", text, flags=re.M):
        found[kind].append(name)
    found["PASSED"] = re.findall(r'^PASSED\((\w+), \w+, ".+"\)$', text, flags=re.M)
    return found


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
    archive = sys.argv[5] if len(sys.argv) > 5 else None
    libc = symbols(library)
    found = rows(wrap_def)
    wrapped = found["WRAP"] + (found["MUSL"] if archive else found["GLIBC"] + found["KERNEL"])
    passed = [name for name in found["PASSED"] if not archive or name not in found["MUSL"]]
    everything = wrapped + passed
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
    if archive:
        # Most functions that only pass are glibc's.
        check("every row of WRAP and MUSL is a symbol of the library: others are rows of GLIBC", set(wrapped) - libc)
        check("what is a row of GLIBC or KERNEL is none", set(found["GLIBC"] + found["KERNEL"]) & libc)
    else:
        check("every row is a symbol of the library", known - libc)
    check("every wrapped symbol is defined by the shim", set(wrapped) - ours)
    # Those of <wasi/api.h> are tested as a table of their own (tests/core/wasi-core.symbols).
    check("the shim defines nothing else", {n for n in ours - set(wrapped) if not n.startswith("__wasi_")})
    check("names that sound like the system have a row",
          {n for n in libc if SUSPICIOUS.match(n) and not ACCOUNTED.match(n)} - known)
    if platform.machine() == "x86_64":
        harmless = HARMLESS_IN_MUSL if archive else HARMLESS
        beyond = set(passed) | THE_END
        reached = reach_archive.reach(library, archive, beyond) if archive else reach.reach(library, beyond)
        if archive:
            known |= LOADER
        check("what reaches the kernel has a row",
              {f"{n}({','.join(sorted(calls - harmless))})" for n, calls in reached.items() if calls - harmless and n not in known})
        check("the code was understood", {n for n, calls in reached.items() if "?" in calls} - known)
        opening = "open" if archive else "openat"
        known_calls = {"open": opening, "rename": "rename", "kill": "kill", "socket": "socket", "opendir": opening}
        if not archive:
            known_calls["mbrtowc"] = "openat"  # through an address and a table only
        blind = {n for n, call in known_calls.items() if call not in reached.get(n, ())}
        check("the reader of the code sees what is there", blind)
    else:
        print("SKIPPED what reaches the kernel has a row: the code of this machine is not read")
    print(f"{len(wrapped)} wrapped, {len(passed)} passed, {len(listed)} listed, {len(libc)} in the library")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Compares shim/stray.def with what the wall lets pass and with the rows of the C library's functions.

usage: strays.py STRAY_DEF WRAP_DEF SYSCALLS_DEF
"""
import re
import sys


def without_comments(path):
    return re.sub(r"/\*.*?\*/", "", open(path).read(), flags=re.S)


def main():
    stray_def, wrap_def, syscalls_def = map(without_comments, sys.argv[1:4])
    rows = re.findall(r"^(STRAY|SPECIAL|OWN|POSIX|REFUSED)\((\w+)(?:, (\w+))?", stray_def, flags=re.M)
    wrapped = dict(re.findall(r"^(?:WRAP|GLIBC|KERNEL)\((\w+), \w+, (.+)\)$", wrap_def, flags=re.M))
    may = set(re.findall(r"^(?:ALLOW|BOTH)\((\w+),", syscalls_def, flags=re.M))
    may_not = set(re.findall(r"^REFUSE\((\w+),", syscalls_def, flags=re.M))
    names = [name for _, name, _ in rows]
    failures = 0

    def check(title, bad):
        nonlocal failures
        bad = sorted(bad)
        failures += len(bad)
        print(f"{'FAILED' if bad else 'ok':6} {title}" + (": " + " ".join(bad) if bad else ""))

    check("no call has two rows", {n for n in names if names.count(n) > 1})
    check("what passes the wall has a row", may - set(names))
    check("every row is known to the wall", set(names) - may - may_not)
    check("what leads to a function leads to one with a row",
          {symbol for kind, _, symbol in rows if kind == "STRAY"} - set(wrapped))
    check("what leads to a function has a row with musl, too",
          {symbol for kind, _, symbol in rows if kind == "STRAY"} & set(re.findall(r"^GLIBC\((\w+),", wrap_def, flags=re.M)))
    check("with musl, such a row does not pass: there is nobody to pass to",
          set(re.findall(r"^KERNEL\((\w+), \w+, .*\bPASS\b.*\)$", wrap_def, flags=re.M)))
    # The kernel would answer these: they must not be refused to the function of the same name.
    check("what the kernel answers passes as a function, too",
          {name for kind, name, _ in rows if kind in ("OWN", "POSIX") and re.search(r"NO\(\w+, (?!ENOSYS)\w+\)$", wrapped.get(name, ""))})
    check("what the core answers as a function is not the kernel's to answer",
          {name for kind, name, _ in rows if kind in ("OWN", "POSIX") and re.search(r"(CORE|EMUL)\(\w+\)$", wrapped.get(name, ""))
           and name not in ("epoll_pwait", "epoll_pwait2", "ppoll")})
    check("nobody may what the wall refuses",
          {name for kind, name, _ in rows if name in may_not and kind not in ("STRAY", "REFUSED")})
    print(f"{len(rows)} rows")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())

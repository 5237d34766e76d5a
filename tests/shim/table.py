#!/usr/bin/env python3
"""Compares shim/wrap.def with what the C library exports and with what the shim defines.

usage: table.py WRAP_DEF LIST SHIM_SO [LIBC_SO]
"""
import re
import subprocess
import sys

# Prefixes of families that glibc exports under many more names than anybody calls: their rows are by hand.
ACCOUNTED = re.compile(r"^(_IO_|_nss_|__nss_|__libc_|_thread_db|xdr|svc|clnt|key_|auth|__rpc|_obstack)")
# Words that in a new symbol of the library would call for a row.
SUSPICIOUS = re.compile(r"^(open(?!_w?memstream)|mk(?!time)|unlink|exec|posix_spawn|mount|f?chmod|f?chown|rename|sym?link|stat|l?stat)")


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
    libc = symbols(sys.argv[4] if len(sys.argv) > 4 else libc_of(shim))
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
    check("the shim defines nothing else", ours - set(wrapped))
    check("names that sound like the system have a row",
          {n for n in libc if SUSPICIOUS.match(n) and not ACCOUNTED.match(n)} - known)
    print(f"{len(wraps)} wrapped, {len(passed)} passed, {len(listed)} listed, {len(libc)} in the library")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())

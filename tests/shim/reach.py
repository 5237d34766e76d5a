"""Which exported functions of a C library reach which system calls: from its code, not from its documentation.

The functions are the ranges of .eh_frame (named or not), the edges are direct calls and jumps between them, and what a
`syscall` instruction asks for is the last constant put into %eax before it. Calls through pointers are not followed; in
glibc those are the operations of a FILE, which act on a descriptor that the guest has, and hooks of the program's own.
x86-64 only: elsewhere the comparison is skipped, and says so.
"""
import bisect
import re
import subprocess
from collections import defaultdict

INSN = re.compile(r"^\s*([0-9a-f]+):\s+(.*)$")
EAX = re.compile(r"^mov\s+\$0x([0-9a-f]+),%[er]ax")
ZERO = re.compile(r"^xor\s+%eax,%eax")
EAX_COPY = re.compile(r"^mov\s+%([er]\w+),%[er]ax")
CONSTANT = re.compile(r"^mov\s+\$0x([0-9a-f]+),%([er]\w+)")
GOES = re.compile(r"^(?:notrack )?(?:call|jmp|j[a-z]+)\s+(?:\*)?([0-9a-f]+)\b")


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def functions(path):
    """Sorted (start, end) of every function that has unwind information."""
    found = set()
    for m in re.finditer(r"pc=([0-9a-f]+)\.\.([0-9a-f]+)", run("objdump", "--dwarf=frames", path)):
        start, end = int(m[1], 16), int(m[2], 16)
        if start < end:
            found.add((start, end))
    return sorted(found)


def exported(path, private=False):
    """name → addresses of every exported function that programs can link against; private: also of those that only the
    C library's own parts can."""
    found = defaultdict(set)
    for line in run("readelf", "-W", "--dyn-syms", path).splitlines():
        part = line.split()
        if len(part) >= 8 and part[3] in ("FUNC", "IFUNC") and part[6] != "UND" and part[4] != "LOCAL" \
                and (private or not part[7].endswith("@GLIBC_PRIVATE")):
            found[part[7].split("@")[0]].add(int(part[1], 16))
    return found


def number_names():
    """System call number → name, from the headers of the machine that runs the test."""
    text = subprocess.run(["cc", "-E", "-dM", "-include", "sys/syscall.h", "-"], input="", check=True,
                          capture_output=True, text=True).stdout
    return {int(n): name for name, n in re.findall(r"^#define __NR_(\w+) (\d+)$", text, flags=re.M)}


def normal(register):
    """One name for a register and its lower half."""
    return register[1:] if register[0] in "er" and not register[1:2].isdigit() else register.rstrip("d")


def reach(path, explained=()):
    """Exported name → set of the system calls it reaches. A number that cannot be told is '?'. What is reached only
    through a function whose name is in `explained` does not count."""
    ranges = functions(path)
    starts = [start for start, _ in ranges]
    names = number_names()
    calls, edges = defaultdict(set), defaultdict(set)
    constants, eax = {}, "?"
    current = None

    def owner(address):
        i = bisect.bisect_right(starts, address) - 1
        return ranges[i][0] if i >= 0 and address < ranges[i][1] else None

    for line in run("objdump", "-d", "--no-show-raw-insn", path).splitlines():
        m = INSN.match(line)
        if not m:
            continue
        at, text = int(m[1], 16), m[2]
        here = owner(at)
        if here != current:
            current, constants, eax = here, {}, "?"
        if here is None:
            continue
        if m := EAX.match(text):
            eax = int(m[1], 16)
        elif ZERO.match(text):
            eax = 0
        elif m := EAX_COPY.match(text):
            eax = constants.get(normal(m[1]), eax)
        elif m := CONSTANT.match(text):
            constants[normal(m[2])] = int(m[1], 16)
        elif text.startswith("syscall"):
            calls[here].add(names.get(eax, "?") if eax != "?" else "?")
        elif m := GOES.match(text):
            target = owner(int(m[1], 16))
            if target is not None and target != here:
                edges[here].add(target)

    everything = exported(path, private=True)
    ends = {owner(a) for name in explained for a in everything.get(name, ())}

    def closure(start):
        seen, todo, result = {start} | ends, [start], set()
        while todo:
            f = todo.pop()
            result |= calls[f]
            for g in edges[f] - seen:
                seen.add(g)
                todo.append(g)
        return result

    return {name: set().union(*(closure(owner(a)) for a in addresses if owner(a) is not None))
            for name, addresses in exported(path).items()}

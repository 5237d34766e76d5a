"""Which exported functions of a C library reach which system calls: from its code, not from its documentation.

The functions are the ranges of .eh_frame (named or not), and what a `syscall` instruction asks for is the last constant put into
%eax before it. The edges between functions are

  * direct calls and jumps;
  * addresses of functions that code takes: what is handed to pthread_once, qsort, a thread;
  * pointers in data that code loads or takes the address of: the operations of a FILE where one is made, tables of functions; a
    table ends where more than one word is no pointer.

Not followed are pointers that only exist at run time: what dlsym gives (name services, conversions: opening their library is
seen), functions of the program's own, and the operations of a FILE that somebody else made, which act on its descriptor.
x86-64 only: elsewhere the comparison is skipped, and says so.
"""
import bisect
import re
import struct
import subprocess
from collections import defaultdict

INSN = re.compile(r"^\s*([0-9a-f]+):\s+(.*)$")
EAX = re.compile(r"^mov\s+\$0x([0-9a-f]+),%[er]ax")
ZERO = re.compile(r"^xor\s+%eax,%eax")
EAX_COPY = re.compile(r"^mov\s+%([er]\w+),%[er]ax")
CONSTANT = re.compile(r"^mov\s+\$0x([0-9a-f]+),%([er]\w+)")
GOES = re.compile(r"^(?:notrack )?(?:call|jmp|j[a-z]+)\s+(?:\*)?([0-9a-f]+)\b")


NAMES_ADDRESS = re.compile(r"# ([0-9a-f]+)\b")


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


def pointers(path):
    """Sorted [(where, what)] of the pointers in data that the loader relocates: the packed list of .relr.dyn, whose addends
    stand where the pointers will."""
    image = open(path, "rb").read()
    places = {}
    for m in re.finditer(r"\] (\.\S+)\s+\w+\s+([0-9a-f]{16}) ([0-9a-f]+) ([0-9a-f]+)", run("readelf", "-W", "-S", path)):
        places[m[1]] = (int(m[2], 16), int(m[3], 16), int(m[4], 16))
    if ".relr.dyn" not in places:
        raise SystemExit(f"{path}: its pointers are not packed; read .rela.dyn here")
    _, offset, size = places[".relr.dyn"]
    found, where = [], 0
    for (word,) in struct.iter_unpack("<Q", image[offset:offset + size]):
        if not word & 1:
            found.append(word)
            where = word + 8
            continue
        found += [where + 8 * bit for bit in range(63) if word >> (bit + 1) & 1]
        where += 8 * 63

    def what(address):
        for start, offset, size in places.values():
            if start and start <= address < start + size:
                return struct.unpack_from("<Q", image, offset + address - start)[0]
        return 0

    return sorted((address, what(address)) for address in found)


def number_names():
    """System call number → name, from the headers of the machine that runs the test."""
    text = subprocess.run(["cc", "-E", "-dM", "-include", "sys/syscall.h", "-"], input="", check=True,
                          capture_output=True, text=True).stdout
    return {int(n): name for name, n in re.findall(r"^#define __NR_(\w+) (\d+)$", text, flags=re.M)}


def normal(register):
    """One name for a register and its lower half."""
    return register[1:] if register[0] in "er" and not register[1:2].isdigit() else register.rstrip("d")


def closure(start, calls, edges, ends):
    """What a function calls, itself and through those it goes to; those of `ends` are not looked into."""
    seen, todo, result = {start} | ends, [start], set()
    while todo:
        f = todo.pop()
        result |= calls[f]
        for g in edges[f] - seen:
            seen.add(g)
            todo.append(g)
    return result


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

    table = pointers(path)
    slots = [where for where, _ in table]

    def table_at(address):
        """Functions whose addresses stand in the table that begins here: neighbouring pointers, with gaps of one word."""
        i = bisect.bisect_left(slots, address)
        last = address
        while i < len(table) and table[i][0] - last <= 16:
            where, what = table[i]
            target = owner(what)
            if target == what:
                yield target
            last = where
            i += 1

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
        if m := NAMES_ADDRESS.search(text):
            address = int(m[1], 16)
            target = owner(address)
            if target is not None:
                if target == address and target != here:
                    edges[here].add(target)
            else:
                edges[here].update(t for t in table_at(address) if t != here)
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

    return {name: set().union(*(closure(owner(a), calls, edges, ends) for a in addresses if owner(a) is not None))
            for name, addresses in exported(path).items()}

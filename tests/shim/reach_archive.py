"""As reach.py, for a C library of which there is an archive of object files (musl): every function is a symbol there, and every
call to another file a relocation. Calls of a cancellation point's helper name the system call in their first argument.
"""
import bisect
import re
from collections import defaultdict

from reach import CONSTANT, EAX, EAX_COPY, INSN, ZERO, closure, exported, normal, number_names, run

EDI_ZERO = re.compile(r"^xor\s+%edi,%edi")
EDI_COPY = re.compile(r"^mov\s+%([er]\w+),%[er]di")
GOES = re.compile(r"^(?:notrack )?(?:call|jmp|j[a-z]+)\s+([0-9a-f]+)\b")
RELOCATION = re.compile(r"^\s+[0-9a-f]+: R_X86_64_(?:PLT32|PC32|PLTOFF64)\s+([\w.$]+)(?:([-+])0x([0-9a-f]+))?$")
HELPERS = {"__syscall_cp", "__syscall_cp_c"}


class Archive:
    def __init__(self, path):
        self.functions = defaultdict(list)  # (member, section) → sorted (start, end)
        self.names = {}                     # global name → (member, section, start)
        self.local = {}                     # (member, name) → the same
        member = None
        for line in run("objdump", "-t", path).splitlines():
            if m := re.match(r"^(\S+):\s+file format", line):
                member = m[1]
            elif m := re.match(r"^([0-9a-f]+) (.{7}) (\.text\S*|\.init\S*)\s+([0-9a-f]+)\s+(?:\.hidden |\.internal |\.protected )?(\S+)$", line):
                start, kind, section, size, name = int(m[1], 16), m[2], m[3], int(m[4], 16), m[5]
                if "d" in kind and "F" not in kind:
                    continue
                where = (member, section, start)
                if (start, start + size) not in self.functions[member, section]:
                    self.functions[member, section].append((start, start + size))
                self.local[member, name] = where
                if kind[0] != "l":
                    self.names[name] = where
        for ranges in self.functions.values():
            ranges.sort()
        self.starts = {key: [start for start, _ in ranges] for key, ranges in self.functions.items()}

    def owner(self, member, section, address):
        """The function at an address; those that come from assembly may have no size."""
        i = bisect.bisect_right(self.starts.get((member, section), []), address) - 1
        return (member, section, self.functions[member, section][i][0]) if i >= 0 else None

    def target(self, member, symbol, offset):
        if symbol.startswith(".text"):
            return self.owner(member, symbol, offset)
        return self.local.get((member, symbol)) or self.names.get(symbol)


def reach(path, archive_path, explained=()):
    """Exported name of the library at `path` → set of the system calls that it reaches. See reach.reach."""
    archive = Archive(archive_path)
    names = number_names()
    calls, edges = defaultdict(set), defaultdict(set)
    member = section = current = None
    constants, eax, edi = {}, "?", "?"
    helpers = {archive.names.get(name) for name in HELPERS}

    def goes(target):
        if target in helpers and current not in helpers:
            calls[current].add(names.get(edi, "?") if edi != "?" else "?")
        elif target is not None and target != current:
            edges[current].add(target)

    for line in run("objdump", "-dr", "--no-show-raw-insn", archive_path).splitlines():
        if m := re.match(r"^(\S+):\s+file format", line):
            member = m[1]
        elif m := re.match(r"^Disassembly of section (\S+):", line):
            section = m[1]
        elif m := RELOCATION.match(line):
            offset = int(m[3] or "0", 16) * (-1 if m[2] == "-" else 1)
            goes(archive.target(member, m[1], offset + 4))
        elif m := INSN.match(line):
            at, text = int(m[1], 16), m[2]
            here = archive.owner(member, section, at)
            if here != current:
                current, constants, eax, edi = here, {}, "?", "?"
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
                if normal(m[2]) == "di":
                    edi = int(m[1], 16)
            elif EDI_ZERO.match(text):
                edi = 0
            elif m := EDI_COPY.match(text):
                edi = constants.get(normal(m[1]), edi)
            elif text.startswith("syscall"):
                calls[here].add(names.get(eax, "?") if eax != "?" else "?")
            elif (m := GOES.match(text)) and int(m[1], 16) != at:
                # Without a relocation it stays in its section; with one, the line behind says where it leads.
                target = archive.owner(member, section, int(m[1], 16))
                if target != here and not re.search(r"<.*\+0x[0-9a-f]+>$", text):
                    goes(target)

    ends = {archive.names.get(name) for name in explained}

    return {name: closure(archive.names[name], calls, edges, ends) if name in archive.names else {"?"}
            for name in exported(path)}

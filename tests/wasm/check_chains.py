"""chains.def is what the engine takes it for: every chain's beginning is a chain, none is there twice, and nothing stands before
another instruction that never runs on into it. No calls and returns at all: see handlers_chains.c.

    check_chains.py CHAINS.DEF
"""
import re
import sys

NEVER_RUNS_ON = re.compile(r"(br|br_loop|br_table\w*|trap_unreachable)$")
NOT_AT_ALL = re.compile(r"call|return_|leave_|throw")


def main() -> int:
    with open(sys.argv[1], encoding="utf-8") as file:
        rows = re.findall(r"^CHAIN(\d)\((.*)\)$", file.read(), re.MULTILINE)
    chains = [tuple(names.split(", ")) for _, names in rows]
    known = set(chains)
    errors = [f"{chain}: twice" for chain in known if chains.count(chain) > 1] if len(known) < len(chains) else []
    for (length, _), chain in zip(rows, chains):
        if len(chain) != int(length):
            errors.append(f"{chain}: not {length} instructions")
        if len(chain) > 2 and chain[:-1] not in known:
            errors.append(f"{chain}: is not found, since its beginning is no chain")
        errors += [f"{chain}: {name} never runs on" for name in chain[:-1] if NEVER_RUNS_ON.match(name)]
        errors += [f"{chain}: {name} stays out of chains" for name in chain if NOT_AT_ALL.match(name)]
    print(f"{len(chains)} chains, {len(errors)} errors")
    print("\n".join(errors[:20]))
    return 1 if errors or not chains else 0


if __name__ == "__main__":
    sys.exit(main())

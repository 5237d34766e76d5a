#!/usr/bin/env python3
"""Chooses the chains of chains.def: sequences of instructions that get a handler of their own.

usage: choose_chains.py [--chains N] [--longest N] [--output FILE] LISTING[=WEIGHT] …

A listing is what `wasiward run --stats=code` prints for a program, and its weight what the program counts beside the others (1).
Chains grow by one instruction at a time, from those that run most often: each round simulates all programs with the chains
there are, and takes from what would save most jumps from handler to handler. So every chain's beginning is a chain, too, which
is how the engine finds them. Says for each program how many handlers it runs per instruction before writing chains.def, to
standard output if no file is named. To be run from anywhere; needs a C compiler (CC), which tells what may be part of a chain.
"""
import argparse
import collections
import os
import re
import subprocess
import sys
import textwrap

HERE = os.path.dirname(os.path.abspath(__file__))
ROUND = 100  # chains taken at once
# Never run on into the instruction behind them, so that nothing may follow.
LAST = re.compile(r"br$|br_loop$|br_table")
# Are predicted better if all jump from one place (handlers_chains.c), or are rare and long.
NEVER = re.compile(r"return_|move_n$|zero_n$|fuel$|poll_|trap_")
HEADER = """\
/* Instructions that often follow each other, each sequence with a handler of its own, which executes one after the other without
 * the way between them (handlers_chains.c). Every chain but its last instruction is a chain, too, or one instruction. CHAIN2 to
 * CHAIN4 are defined by the includer.
 *
 * Written by choose_chains.py from what these programs execute:
 * {programs}. */

#if !defined(WASIWARD_LOOP_DISPATCH)
"""


def instructions():
    """The names of those that handlers_chains.c has bodies of."""
    source = subprocess.run([*os.environ.get("CC", "cc").split(), "-E", "-D_GNU_SOURCE", f"-I{HERE}",
                             os.path.join(HERE, "handlers_chains.c")], capture_output=True, text=True, check=True).stdout
    return {name for name in re.findall(r"enum way H_(\w+)_body\(", source) if not NEVER.match(name)}


class Program:
    """Functions as lists of (instruction, times it ran, times it ran on into the one behind it)."""

    def __init__(self, argument):
        self.file, _, weight = argument.partition("=")
        self.name = os.path.splitext(os.path.basename(self.file))[0]
        self.weight = float(weight or 1)
        self.functions = []
        with open(self.file, encoding="utf-8", errors="replace") as listing:
            for line in listing:
                if re.match(r"function \d+", line):
                    self.functions.append([])
                row = re.match(r" *(\d+) +\d+  (\w+)", line)
                if row and self.functions:
                    self.functions[-1].append((row.group(2), int(row.group(1))))
        self.functions = [self.add_runs_on(function) for function in self.functions]
        self.total = sum(times for function in self.functions for _, times, _ in function)
        if not self.total:
            sys.exit(f"{self.file}: no listing of code that ran; see wasiward run --stats=code")

    @staticmethod
    def add_runs_on(function):
        """A conditional branch runs on at most as often as what is behind it ran; everything else does so always."""
        behind = [times for _, times in function[1:]] + [0]
        return [(name, times, 0 if LAST.match(name) or name.startswith("return_") else min(times, behind[i]))
                for i, (name, times) in enumerate(function)]

    def simulate(self, chains, longest, saved):
        """How many handlers run with these chains. Adds to saved what each longer chain would save, as part of the whole."""
        handlers = 0
        for function in self.functions:
            arrives = [0.0] * (len(function) + 1)
            for i, (_, times, _) in enumerate(function):
                arrives[i] += max(0, times - (function[i - 1][2] if i else 0))
                if not arrives[i]:
                    continue
                handlers += arrives[i]
                n = 1
                while n < longest and i + n < len(function) and tuple(row[0] for row in function[i:i + n + 1]) in chains:
                    n += 1
                leaves = arrives[i]
                for _, ran, on in function[i:i + n]:
                    leaves *= on / ran if ran else 0
                arrives[i + n] += leaves
                if leaves and n < longest and i + n < len(function):
                    saved[tuple(row[0] for row in function[i:i + n + 1])] += leaves * self.weight / self.total
        return handlers / self.total


def choose(programs, known, n_chains, longest):
    chains = set()
    while True:
        saved = collections.Counter()
        ratios = {program.name: program.simulate(chains, longest, saved) for program in programs}
        possible = [chain for chain in sorted(saved, key=lambda chain: (-saved[chain], chain))
                    if known.issuperset(chain) and not any(LAST.match(name) for name in chain[:-1])]
        if len(chains) == n_chains or not possible:
            return chains, ratios
        chains.update(possible[:min(ROUND, n_chains - len(chains))])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chains", type=int, default=2500, help="how many at most (2500)")
    parser.add_argument("--longest", type=int, default=4, choices=(2, 3, 4), help="instructions in a chain at most (4)")
    parser.add_argument("--output", help="where to write them")
    parser.add_argument("listings", nargs="+", metavar="LISTING[=WEIGHT]")
    args = parser.parse_args()
    programs = [Program(argument) for argument in args.listings]
    chains, ratios = choose(programs, instructions(), args.chains, args.longest)
    for name, ratio in ratios.items():
        print(f"{name}: {ratio:.2f} handlers per instruction", file=sys.stderr)
    names = ", ".join(program.name for program in programs)
    text = HEADER.format(programs="\n * ".join(textwrap.wrap(names, 120)))
    for n in range(2, args.longest + 1):
        text += "".join(f"CHAIN{n}({', '.join(chain)})\n" for chain in sorted(chains) if len(chain) == n)
    text += "#endif\n\n#undef CHAIN2\n#undef CHAIN3\n#undef CHAIN4\n"
    with (open(args.output, "w", encoding="utf-8") if args.output else sys.stdout) as out:
        out.write(text)


if __name__ == "__main__":
    main()

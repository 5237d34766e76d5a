#!/usr/bin/env python3
"""What single calls cost under wasiward, beside the same program without.

usage: calls.py WASIWARD [--rounds N] [--wall off|auto] [-- RUN OPTION…]

Compiles calls.c and runs it in rounds: plain, under wasiward, and both with a second thread in the process. Of each call the
least time of all rounds counts; the difference is what the shim adds. Strays are system calls by an instruction of the
program's own.
"""
import argparse
import os
import subprocess
import sys
import tempfile


def run(argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(argv)}: {done.returncode}")
    return {name: float(ns) for name, ns in (line.split("\t") for line in done.stdout.splitlines())}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wasiward")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--wall", default="off")
    parser.add_argument("options", nargs="*", help="more options of wasiward run")
    args = parser.parse_args()
    here = os.path.dirname(os.path.abspath(__file__))
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as top:
        calls = [os.path.join(top, name) for name in ("calls", "strays")]
        for program in calls:
            strays = program.endswith("strays")
            subprocess.run(["gcc", "-O2", "-pthread", f"-DSTRAYS={int(strays)}", "-o", program, os.path.join(here, "calls.c")],
                           check=True)
        ward = [os.path.abspath(args.wasiward), "run", "--wall", args.wall, "--dir", top, *args.options, "--"]
        columns = [("plain", [calls[0], top]), ("wasiward", [*ward, calls[0], top]),
                   ("plain, threads", [calls[0], top, "threads"]), ("wasiward, threads", [*ward, calls[0], top, "threads"]),
                   ("plain, strays", [calls[1], top]), ("wasiward, strays", [*ward, calls[1], top])]
        least = {title: {} for title, _ in columns}
        for _ in range(args.rounds):
            for title, argv in columns:
                for name, ns in run(argv).items():
                    least[title][name] = min(ns, least[title].get(name, ns))
    print(f"{'nanoseconds':28}" + "".join(f" {title:>10} {'more':>8}" for title in ("plain", "threads", "strays")))
    for name in least["plain, strays"]:
        row = f"{name:28}"
        for kind in ("", ", threads", ", strays"):
            plain, ward = (least[way + kind].get(name) for way in ("plain", "wasiward"))
            row += f" {plain:10.1f} {ward - plain:+8.1f}" if plain is not None else f" {'':10} {'':8}"
        print(row)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Fails unless a shared library exports exactly the names of a list. Usage: check_symbols.py NM LIBRARY LIST"""
import subprocess
import sys


def main():
    nm, library, expected = sys.argv[1:]
    out = subprocess.run([nm, "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    got = {line.split()[-1] for line in out.splitlines()}
    with open(expected, encoding="utf-8") as file:
        want = set(file.read().split())
    for name in sorted(got - want):
        print(f"exported, not in the list: {name}")
    for name in sorted(want - got):
        print(f"in the list, not exported: {name}")
    sys.exit(got != want)


main()

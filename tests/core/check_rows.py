#!/usr/bin/env python3
"""Fails unless every row of the .def files given has a test suite of its name. Usage: check_rows.py TESTS DEF..."""
import re
import subprocess
import sys


def main():
    tests, *lists = sys.argv[1:]
    listing = subprocess.run([tests, "--list"], capture_output=True, text=True, check=True).stdout
    listing = re.sub(r"\x1b\[[0-9;]*m", "", listing)
    suites = dict(re.findall(r"^(\w+): (\d+) tests?", listing, re.M))
    rows = []
    for path in lists:
        with open(path, encoding="utf-8") as file:
            rows += re.findall(r"^(?:WASI|NATIVE)\((\w+),", file.read(), re.M)
    missing = [row for row in rows if int(suites.get(row, 0)) == 0]
    if missing or len(rows) < 46:
        sys.exit(f"{len(rows)} rows; without a test: {' '.join(missing)}")
    print(f"{len(rows)} rows, each with a suite")


main()

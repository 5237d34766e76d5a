#!/usr/bin/env python3
"""The runner of the spec scripts finds every false claim of faults.wast, and nothing else.

    check_faults.py RUNNER FAULTS
"""

import re
import subprocess
import sys


def main() -> int:
    runner, faults = sys.argv[1:]
    with open(faults, encoding="utf-8") as file:
        want = {number for number, line in enumerate(file, 1) if re.match(r"\((assert|invoke)", line)}
    output = subprocess.run([runner, faults], capture_output=True, text=True, timeout=60).stdout
    found = [int(line) for line in re.findall(r"^FAIL (\d+):", output, re.M)]
    missed = sorted(want - set(found))
    wrong = sorted(set(found) - want)
    for line in missed:
        print(f"line {line}: the runner believes it")
    for line in wrong:
        print(f"line {line}: the runner does not believe it")
    total = re.search(r"^SUM 0 (\d+) 0 ", output, re.M)
    consistent = total is not None and int(total[1]) == len(found) == len(set(found))
    if not consistent:
        print(f"the runner's sums are not {len(found)} failures and nothing passed: {output.splitlines()[-1:]}")
    failed = len(missed) + len(wrong) + (not consistent)
    print(f"{len(want) - len(missed)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Counts what ran, from meson's log: one line a build directory; with --details a line a test, and what the spec scripts
and skipped tests say of themselves; with --total the sum over such lines.

Criterion binaries print how many of their tests passed, the scripts a line "… N passed, N failed[, N skipped]"; a test
that prints neither counts as one. A line that says N passed, N failed ends each run.
"""
import json
import re
import sys

CRITERION = re.compile(r"Tested: (\d+) \| Passing: (\d+) \| Failing: (\d+) \| Crashing: (\d+)")
PLAIN = re.compile(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?")


def count(test):
    text = (test.get("stdout") or "") + (test.get("stderr") or "")
    result = test["result"]
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    criterion = CRITERION.findall(text)
    if criterion:
        tested, passing, failing, crashing = map(int, criterion[-1])
        return passing, failing + crashing, max(0, tested - passing - failing - crashing)
    plain = PLAIN.findall(text)
    if plain:
        passed, failed, skipped = plain[-1]
        failed = int(failed)
        if result not in ("OK", "SKIP") and not failed:
            failed = 1
        return int(passed), failed, int(skipped or 0)
    if result == "SKIP":
        return 0, 0, 1
    return (1, 0, 0) if result == "OK" else (0, 1, 0)


def details(test):
    passed, failed, skipped = count(test)
    name = test["name"].split(" / ")[-1]
    print(f"  {name}: {passed} passed, {failed} failed, {skipped} skipped")
    text = test.get("stdout") or ""
    if name == "spec":
        start = text.find("\nAssertions skipped")
        print("    " + text[max(start, 0):].strip().replace("\n", "\n    ") if start >= 0 else text[-2000:])
    elif test["result"] == "SKIP":
        print("    " + text.strip().split("\n")[0])


def main():
    total = [0, 0, 0]
    if sys.argv[1] == "--details":
        with open(sys.argv[2]) as f:
            for line in f:
                details(json.loads(line))
        return
    if sys.argv[1] == "--total":
        with open(sys.argv[2]) as f:
            for line in f:
                numbers = re.search(r"(\d+) passed, (\d+) failed, (\d+) skipped", line)
                total = [a + int(b) for a, b in zip(total, numbers.groups())]
        print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
        return
    with open(sys.argv[1]) as f:
        for line in f:
            total = [a + b for a, b in zip(total, count(json.loads(line)))]
    print(f"{sys.argv[1].split('/')[0]}: {total[0]} passed, {total[1]} failed, {total[2]} skipped")


main()

#!/usr/bin/env python3
"""Runs the WebAssembly spec scripts, each in a process of its own, and adds up the counts.

    run_spec.py --runner PATH [--spec DIR] [--only NAME]... [-- RUNNER OPTIONS]

Prints one line a script, every skip reason with its count, every failure, and totals. Exit status: 0 all passed, 1
something failed, 77 there are no scripts.
"""

import argparse
import collections
import fnmatch
import pathlib
import re
import subprocess
import sys

SECONDS_PER_SCRIPT = 120


class Totals:
    def __init__(self) -> None:
        self.passed = self.failed = self.skipped = self.other_words = 0
        self.reasons: collections.Counter[str] = collections.Counter()
        self.failures: list[str] = []

    def skip(self, reason: str, count: int = 1) -> None:
        self.skipped += count
        self.reasons[reason] += count


def read_skips(path: pathlib.Path) -> list[tuple[str, str]]:
    lines = [line.split(maxsplit=1) for line in path.read_text().splitlines() if line.strip() and line[0] != "#"]
    return [(pattern, reason) for pattern, reason in lines]


def count_assertions(path: pathlib.Path) -> int:
    return len(re.findall(rb"^\(assert_", path.read_bytes(), re.M))


def run(runner: list[str], script: str) -> tuple[int, str]:
    """Exit status (negative: a signal, -99: too slow) and output of the runner."""
    try:
        result = subprocess.run([*runner, script], capture_output=True, text=True, errors="replace",
                                timeout=SECONDS_PER_SCRIPT)
    except subprocess.TimeoutExpired:
        return -99, ""
    return result.returncode, result.stdout + result.stderr


def last_line_reached(runner: list[str], script: str) -> str:
    _, output = run([*runner, "--verbose"], script)
    return next((line[3:] for line in reversed(output.splitlines()) if line.startswith("AT ")), "?")


def run_script(path: pathlib.Path, name: str, runner: list[str], skips: list[tuple[str, str]], totals: Totals) -> None:
    lines = {place.rpartition(":")[2]: reason for place, reason in skips if place.startswith(name + ":")}
    runner = [*runner, *(f"--skip={line}" for line in lines)]
    if name.startswith("legacy/"):
        runner.append("--legacy-exceptions")
    if name.startswith("proposals/threads/"):  # they are older than several memories and tables
        runner.append("--one-memory-and-table")
    status, output = run(runner, str(path))
    summary = None
    for line in output.splitlines():
        if line.startswith("FAIL "):
            totals.failures.append(f"{name}:{line[5:]}")
        elif line.startswith("SKIP "):
            where, reason = line[5:].split(": ", 1)
            totals.skip(lines.get(where, reason))
        elif line.startswith("SUM "):
            summary = [int(word) for word in line.split()[1:]]
    if summary is None:
        totals.failed += 1
        how = "does not end" if status == -99 else f"dies with status {status}"
        where = last_line_reached(runner, str(path))
        totals.failures.append(f"{name}:{where}: runner {how}: {output.strip()[-2000:]}")
        print(f"{name}: FAIL (runner {how} at line {where})")
        return
    passed, failed, skipped, other_words = summary
    totals.passed += passed
    totals.failed += failed
    totals.other_words += other_words
    print(f"{name}: {passed} passed, {failed} failed, {skipped} skipped")


def main() -> int:
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runner", required=True)
    parser.add_argument("--spec", default="", help="directory of the scripts; empty: ../shared/spec beside the source tree")
    parser.add_argument("--only", action="append", help="run this script only (name or glob pattern)")
    parser.add_argument("options", nargs="*", help="options of the runner, after --")
    args = parser.parse_args()
    spec = pathlib.Path(args.spec) if args.spec else here.parents[1].parent / "shared" / "spec"
    scripts = sorted(spec.rglob("*.wast")) if spec.is_dir() else []
    if not scripts:
        print(f"SKIPPED ALL SPEC SCRIPTS: no .wast files in {spec}")
        return 77
    skips = read_skips(here / "skips.txt")
    totals = Totals()
    ran = 0
    for path in scripts:
        name = path.relative_to(spec).as_posix()
        if args.only and not any(fnmatch.fnmatchcase(name, pattern) for pattern in args.only):
            continue
        reason = next((reason for pattern, reason in skips if fnmatch.fnmatchcase(name, pattern)), "")
        if reason and not args.only:
            totals.skip("script skipped: " + reason, count_assertions(path))
            print(f"{name}: SKIP ({reason})")
            continue
        ran += 1
        run_script(path, name, [args.runner, *args.options], skips, totals)
    print("\nAssertions skipped, by reason:")
    for reason, count in totals.reasons.most_common():
        print(f"{count:7} {reason}")
    if totals.failures:
        print("\nFailures:")
        print("\n".join(totals.failures))
    print(f"\n{totals.other_words} refusals use other words than the script expects (spec_runner --verbose shows them)")
    print(f"{ran} scripts run, {len(scripts) - ran} not: assertions {totals.passed} passed, {totals.failed} failed, "
          f"{totals.skipped} skipped")
    return 1 if totals.failed else 0


if __name__ == "__main__":
    sys.exit(main())

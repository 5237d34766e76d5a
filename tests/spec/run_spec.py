"""Runs the WebAssembly spec scripts: converts each with wast2json, hands it to spec_runner, adds up the counts.

    run_spec.py --runner PATH [--spec DIR] [--only NAME]... [-- RUNNER OPTIONS]

Prints one line a script, every skip reason with its count, every failure, and totals. Exit status: 0 all passed, 1
something failed, 77 there is nothing to run (no scripts or no wast2json).
"""

import argparse
import collections
import fnmatch
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import wast

# What this engine does not have is switched off, so that conversion fails where a script needs it.
WAST2JSON_OPTIONS = ["--disable-simd", "--enable-multi-memory", "--enable-extended-const", "--enable-tail-call",
                     "--enable-memory64", "--enable-threads"]
SECONDS_PER_SCRIPT = 120


class Totals:
    def __init__(self) -> None:
        self.passed = self.failed = self.skipped = 0
        self.reasons: collections.Counter[str] = collections.Counter()
        self.failures: list[str] = []

    def skip(self, reason: str, count: int = 1) -> None:
        self.skipped += count
        self.reasons[reason] += count


def read_skips(path: pathlib.Path) -> list[tuple[str, str]]:
    lines = [line.split(maxsplit=1) for line in path.read_text().splitlines() if line.strip() and line[0] != "#"]
    return [(pattern, reason) for pattern, reason in lines]


def count_assertions(path: pathlib.Path) -> int:
    forms = wast.split(path.read_text(encoding="utf-8", errors="surrogateescape"))
    return sum(form.is_assertion for form in forms)


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


def run_script(path: pathlib.Path, name: str, runner: list[str], scratch: str, totals: Totals) -> None:
    converted = wast.convert(str(path), scratch, WAST2JSON_OPTIONS)
    if not converted.ok:
        totals.skip(converted.reason, sum(form.is_assertion for form in converted.forms))
        print(f"{name}: SKIP ({converted.reason})")
        return
    left_out = [reason for reason, is_assertion in converted.reasons() if is_assertion]
    for reason in left_out:
        totals.skip(reason)
    status, output = run(runner, scratch + ".json")
    summary = None
    skipped = len(left_out)
    for line in output.splitlines():
        if line.startswith("FAIL "):
            totals.failures.append(f"{name}:{line[5:]}")
        elif line.startswith("SKIP "):
            totals.skip(line.split(": ", 1)[1])
            skipped += 1
        elif line.startswith("SUM "):
            summary = [int(word) for word in line.split()[1:]]
    if summary is None:
        totals.failed += 1
        how = "does not end" if status == -99 else f"dies with status {status}"
        where = last_line_reached(runner, scratch + ".json")
        totals.failures.append(f"{name}:{where}: runner {how}: {output.strip()[-2000:]}")
        print(f"{name}: FAIL (runner {how} at line {where})")
        return
    totals.passed += summary[0]
    totals.failed += summary[1]
    print(f"{name}: {summary[0]} passed, {summary[1]} failed, {skipped} skipped")


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
    if not scripts or not shutil.which("wast2json"):
        print(f"SKIPPED ALL SPEC SCRIPTS: {'no wast2json' if scripts else f'no .wast files in {spec}'}")
        return 77
    skips = read_skips(here / "skips.txt")
    totals = Totals()
    ran = 0
    with tempfile.TemporaryDirectory() as scratch:
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
            run_script(path, name, [args.runner, *args.options], os.path.join(scratch, name.replace("/", "_")[:-5]), totals)
    print("\nAssertions skipped, by reason:")
    for reason, count in totals.reasons.most_common():
        print(f"{count:7} {reason}")
    if totals.failures:
        print("\nFailures:")
        print("\n".join(totals.failures))
    print(f"\n{ran} scripts run, {len(scripts) - ran} not: assertions {totals.passed} passed, {totals.failed} failed, "
          f"{totals.skipped} skipped")
    return 1 if totals.failed else 0


if __name__ == "__main__":
    sys.exit(main())

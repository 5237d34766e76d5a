"""Runs the preview1 tests of the official wasi-testsuite (prebuilt modules: branch prod/testsuite-base or -all).

    run.py --suite DIR --wasiward PATH [--only NAME]... [--permissive]

Each test runs in a fresh copy of its root directory. The Rust tests accept errnos of several systems unless an
environment variable names one: here they must give Unix's, except with --permissive. Exit status: 0 all passed, 1 some
failed, 77 there is no suite.
"""

import argparse
import dataclasses
import fnmatch
import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SECONDS_PER_TEST = 30


@dataclasses.dataclass
class Expectation:
    args: list[str]
    env: dict[str, str]
    roots: list[tuple[str, str]]  # directory beside the module, and its name in the guest
    exit_code: int = 0
    stdout: str | None = None
    stderr: str | None = None


def load_adapter(wasiward: str):
    os.environ["WASIWARD"] = wasiward
    spec = importlib.util.spec_from_file_location("adapter", pathlib.Path(__file__).with_name("wasiward.py"))
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    return module


def find_tests(suite: pathlib.Path) -> list[tuple[str, pathlib.Path]]:
    """(language, module) of every preview1 test."""
    tests = []
    for language in ("c", "rust", "assemblyscript"):
        directory = suite / "tests" / language / "testsuite" / "wasm32-wasip1"
        tests += [(language, path) for path in sorted(directory.glob("*.wasm"))]
    return tests


def read_expectation(module: pathlib.Path) -> Expectation:
    path = module.with_suffix(".json")
    config = json.loads(path.read_text()) if path.exists() else {}
    known = {"args", "env", "root", "dirs", "exit_code", "stdout", "stderr"}
    if not set(config) <= known:
        raise ValueError(f"{path}: unknown keys {sorted(set(config) - known)}")
    roots = [(config["root"], "/")] if config.get("root") else [(name, name) for name in config.get("dirs", [])]
    return Expectation(config.get("args", []), config.get("env", {}), roots, config.get("exit_code", 0),
                       config.get("stdout"), config.get("stderr"))


def run_test(adapter, language: str, module: pathlib.Path, permissive: bool) -> str:
    """Returns an empty string, or what went wrong."""
    want = read_expectation(module)
    env = dict(want.env)
    if language == "rust" and not permissive:
        env["ERRNO_MODE_UNIX"] = "1"
    with tempfile.TemporaryDirectory() as scratch:
        pairs = []
        for name, guest in want.roots:
            source, copy = module.parent / name, pathlib.Path(scratch) / name
            # An empty directory does not survive in git, so it may be missing.
            if source.is_dir():
                shutil.copytree(source, copy, symlinks=True)
            else:
                copy.mkdir(parents=True)
            pairs.append((str(copy), guest))
        argv = adapter.compute_argv(str(module), (want.args, env, pairs), [], "wasi:cli/command", "wasm32-wasip1")
        try:
            result = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS_PER_TEST)
        except subprocess.TimeoutExpired:
            return f"does not end within {SECONDS_PER_TEST} s"
    stdout, stderr = (text.decode(errors="replace") for text in (result.stdout, result.stderr))
    problems = []
    if result.returncode != want.exit_code:
        problems.append(f"exit status {result.returncode}, expected {want.exit_code}")
    if want.stdout is not None and stdout != want.stdout:
        problems.append(f"stdout {stdout!r}, expected {want.stdout!r}")
    if want.stderr is not None and stderr != want.stderr:
        problems.append(f"stderr {stderr!r}, expected {want.stderr!r}")
    if problems and want.stderr is None and stderr:
        problems.append("stderr:\n    " + "\n    ".join(stderr.strip().splitlines()[:20]))
    return "; ".join(problems)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--suite", default="", help="root of the testsuite")
    parser.add_argument("--wasiward", required=True, help="the command")
    parser.add_argument("--only", action="append", help="run this test only (name or glob pattern)")
    parser.add_argument("--permissive", action="store_true", help="accept errnos of any system where a test does")
    args = parser.parse_args()
    tests = find_tests(pathlib.Path(args.suite)) if args.suite else []
    if not tests:
        where = f"no prebuilt preview1 tests beneath {args.suite}" if args.suite else "the option wasi_testsuite is not set"
        print(f"SKIPPED THE OFFICIAL WASI TESTSUITE: {where}")
        return 77
    adapter = load_adapter(os.path.abspath(args.wasiward))
    counts: dict[str, list[int]] = {}
    for language, module in tests:
        if args.only and not any(fnmatch.fnmatchcase(module.stem, pattern) for pattern in args.only):
            continue
        problem = run_test(adapter, language, module, args.permissive)
        count = counts.setdefault(language, [0, 0])
        count[0] += not problem
        count[1] += 1
        if problem:
            print(f"FAIL {language}/{module.stem}: {problem}")
    for language, (passed, total) in counts.items():
        print(f"{language}: {passed} of {total} passed")
    passed, total = (sum(count[i] for count in counts.values()) for i in (0, 1))
    print(f"wasi-testsuite: {passed} passed, {total - passed} failed")
    return 0 if passed == total else 1


if __name__ == "__main__":
    sys.exit(main())

"""Runs each twin program as a native program, as a native program that is linked with musl, and as a wasm module, in fresh copies
of the same directory, and compares standard output, exit status and the tree of files that results.

    run_twins.py --wasiward PATH --build DIR [--only NAME]... [--show] [--keep DIR]

DIR holds NAME.native, NAME.wasm and, if it can be built, NAME.musl. Directives stand in the comment that a program starts with:

    @args WORDS     arguments, in shell quoting
    @env K=V        an environment variable (repeatable)
    @dir GRANT      an option --dir (repeatable; default data::/; none: no grant)
    @stdin TEXT     standard input, with backslash escapes
    @option WORD    an option of run (repeatable)

Exit status: 0 all pairs agree, 1 some differ, 77 there are no programs to run.
"""

import argparse
import difflib
import fnmatch
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

SECONDS = 60
NATIVE = ["--profile", "strict"]
SIDES = {"native": NATIVE, "musl": NATIVE, "wasm": []}


def make_fixture(top: pathlib.Path) -> None:
    """The directories that a run starts with: data is granted, outside is not unless a program says so."""
    data, outside = top / "data", top / "outside"
    for directory in (data / "dir" / "sub", data / "empty", outside):
        directory.mkdir(parents=True)
    for path, text in (("hello.txt", "hello, world\n"), ("dir/a", "file a"), ("dir/b", "file b"), ("dir/sub/deep", "deep down")):
        (data / path).write_text(text)
    (outside / "secret").write_text("not for the guest")
    for path, target in (("link", "hello.txt"), ("to-dir", "dir"), ("dangling", "gone"), ("loop", "loop"), ("escape", "../outside"),
                         ("escape-file", "../outside/secret"), ("absolute", "/etc/passwd"), ("dir/up", "../../outside")):
        (data / path).symlink_to(target)


def describe(top: pathlib.Path) -> list[str]:
    """One line for everything beneath a directory, with what a program can leave behind."""
    lines = []
    for path in sorted(top.rglob("*")):
        info = path.lstat()
        name = path.relative_to(top).as_posix()
        if path.is_symlink():
            lines.append(f"{name} link to {os.readlink(path)}")
        elif path.is_dir():
            lines.append(f"{name} directory {info.st_mode & 0o7777:o}")
        else:
            lines.append(f"{name} file {info.st_mode & 0o7777:o} nlink {info.st_nlink} {path.read_bytes()[:20000]!r}")
    return lines


def directives(source: pathlib.Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"args": [], "env": [], "dir": [], "stdin": [], "option": []}
    comment = source.read_text().split("*/", 1)[0]
    for name, text in re.findall(r"@(\w+) (.*)", comment):
        found[name].append(text if name == "stdin" else text.strip())
    return found


def run_side(side: str, name: str, options: argparse.Namespace, wanted: dict[str, list[str]], top: pathlib.Path) -> list[str]:
    """Everything that is compared, as lines."""
    make_fixture(top)
    grants = wanted["dir"] or ["data::/"]
    argv = [options.wasiward, "run", *SIDES[side]]
    if side != "wasm":  # for those against <wasi/api.h>
        argv += ["--runtime", os.path.normpath(os.path.join(options.build, "../..", "wasi-core" if side == "native" else "shim"))]
    for grant in grants if grants != ["none"] else []:
        argv += ["--dir", grant]
    for variable in wanted["env"]:
        argv += ["--env", variable]
    argv += wanted["option"]
    argv += [os.path.join(options.build, f"{name}.{side}"), *shlex.split(" ".join(wanted["args"]))]
    stdin = "".join(wanted["stdin"]).encode().decode("unicode_escape").encode()
    try:
        result = subprocess.run(argv, input=stdin, capture_output=True, cwd=top, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return [f"does not end within {SECONDS} s"]
    stdout = result.stdout.decode(errors="replace").splitlines()
    if options.show:
        print(f"--- {name} {side}", *stdout, result.stderr.decode(errors="replace"), sep="\n")
    # A native program that a signal ends is seen by a shell as 128 and the signal's number, which is what a trap gives.
    status = result.returncode if result.returncode >= 0 else 128 - result.returncode
    return [*stdout, f"[exit status {status}]", *(f"[{line}]" for line in describe(top))]


def run_program(source: pathlib.Path, options: argparse.Namespace, scratch: pathlib.Path) -> bool:
    wanted = directives(source)
    results = {side: run_side(side, source.stem, options, wanted, scratch / source.stem / side) for side in options.sides}
    difference = [line for side in options.sides if side != "wasm"
                  for line in difflib.unified_diff(results[side], results["wasm"], side, "wasm", lineterm="", n=1)]
    print(f"{source.stem}: {'DIFFERS' if difference else 'same'} ({len(results['wasm'])} lines)")
    for line in difference[:80]:
        print("    " + line)
    if len(difference) > 80:
        print(f"    … and {len(difference) - 80} lines more")
    return not difference


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wasiward", required=True)
    parser.add_argument("--build", required=True, help="directory of the built programs")
    parser.add_argument("--only", action="append", help="run this program only (name or glob pattern)")
    parser.add_argument("--show", action="store_true", help="print both outputs")
    parser.add_argument("--keep", help="work in this directory and leave it there")
    options = parser.parse_args()
    options.wasiward, options.build = os.path.abspath(options.wasiward), os.path.abspath(options.build)
    here = pathlib.Path(__file__).resolve().parent
    sources = [source for source in sorted(here.glob("*.c"))
               if not options.only or any(fnmatch.fnmatchcase(source.stem, pattern) for pattern in options.only)]
    if not any(os.path.exists(os.path.join(options.build, source.stem + ".wasm")) for source in sources):
        print("SKIPPED ALL TWIN PROGRAMS: they are not built for wasm (clang, lld, wasi-libc and its builtins are needed)")
        return 77
    options.sides = [side for side in SIDES
                     if any(os.path.exists(os.path.join(options.build, f"{source.stem}.{side}")) for source in sources)]
    if "musl" not in options.sides:
        print(f"SKIPPED {len(sources)} TWIN PROGRAMS ON MUSL'S SIDE: they are not built with it (musl-gcc is needed)")
    os.umask(0o022)
    scratch = pathlib.Path(options.keep or tempfile.mkdtemp())
    same = [run_program(source, options, scratch) for source in sources]
    if not options.keep:
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"twin programs: {sum(same)} passed, {len(same) - sum(same)} failed ({', '.join(options.sides)})")
    return 0 if all(same) else 1


if __name__ == "__main__":
    sys.exit(main())

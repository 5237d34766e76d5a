"""Records every twin program, makes the smallest policy from the recording, and runs the program under it: it must do the same,
and be refused nothing that it was not refused before.

    check_policies.py --wasiward PATH --build DIR [--only NAME]…

Exit status: 0 all is so, 1 something is not, 77 there are no programs to run.
"""

import argparse
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "programs"))
import run_twins  # noqa: E402

# Programs whose output depends on rights that no call of theirs used.
ASKS = "tries what it is not granted, and with fewer rights another check refuses first"
LEFT_OUT = {
    "api_files wasm": "asks for more rights on opening than it uses",
    **{f"{name} {side}": ASKS for name in ("nested_dirs", "refused_readonly") for side in run_twins.SIDES},
    "stat_access wasm": "wasi-libc's access(W_OK) looks at the rights of the directory",
}


def refused(text: str) -> set[str]:
    """The denials: call and path. Which rights were missing depends on what there were."""
    return set(re.findall(r"^wasiward: denied: ([^:]*)", text, re.M))


def check(source: pathlib.Path, side: str, options: argparse.Namespace, top: pathlib.Path) -> str:
    wanted = run_twins.directives(source)
    program = [os.path.join(options.build, f"{source.stem}.{side}"), *shlex.split(" ".join(wanted["args"]))]
    stdin = "".join(wanted["stdin"]).encode().decode("unicode_escape").encode()
    grants = [] if wanted["dir"] == ["none"] else wanted["dir"] or ["data::/"]
    flags = [*run_twins.SIDES[side], *wanted["option"]]
    for grant in grants:
        flags += ["--dir", grant]
    for variable in wanted["env"]:
        flags += ["--env", variable]

    def run(name: str, *argv: str) -> subprocess.CompletedProcess:
        place = top / source.stem / side / name
        run_twins.make_fixture(place)
        return subprocess.run([options.wasiward, *argv], input=stdin, capture_output=True, cwd=place, timeout=60)

    recording = top / f"{source.stem}.{side}.calls"
    first = run("first", "trace", "--explain", "-o", str(recording), *flags, "--", *program)
    made = subprocess.run([options.wasiward, "policy", "from-trace", str(recording)], capture_output=True, text=True)
    if made.returncode:
        return f"no policy: {made.stderr}"
    policy = top / f"{source.stem}.{side}.yaml"
    policy.write_text(made.stdout)
    second = run("second", "run", "--explain", "--policy", str(policy), "--", *program)
    fresh = refused(second.stderr.decode(errors="replace")) - refused(recording.read_text(errors="replace"))
    if fresh:
        return "refused under its own policy:\n" + "\n".join(sorted(fresh)) + "\n" + made.stdout
    # A signal's end is seen as 128 and its number by trace.
    statuses = {first.returncode % 256, (second.returncode if second.returncode >= 0 else 128 - second.returncode) % 256}
    if first.stdout != second.stdout or len(statuses) != 1:
        return f"does not do the same (exit status {statuses}):\n{made.stdout}"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wasiward", required=True)
    parser.add_argument("--build", required=True, help="directory of the built programs")
    parser.add_argument("--only", action="append")
    options = parser.parse_args()
    options.wasiward, options.build = os.path.abspath(options.wasiward), os.path.abspath(options.build)
    sources = [source for source in sorted(pathlib.Path(run_twins.__file__).parent.glob("*.c"))
               if os.path.exists(os.path.join(options.build, source.stem + ".wasm")) and (not options.only or source.stem in options.only)]
    if not sources:
        print("SKIPPED ALL: the twin programs are not built")
        return 77
    os.umask(0o022)
    passed = failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for source in sources:
            for side in run_twins.SIDES:
                if not os.path.exists(os.path.join(options.build, f"{source.stem}.{side}")):
                    print(f"SKIPPED {source.stem} {side}: it is not built")
                    continue
                if f"{source.stem} {side}" in LEFT_OUT:
                    print(f"SKIPPED {source.stem} {side}: {LEFT_OUT[f'{source.stem} {side}']}")
                    continue
                trouble = check(source, side, options, pathlib.Path(scratch))
                passed += not trouble
                failed += bool(trouble)
                if trouble:
                    print(f"FAILED: {source.stem} {side}: {trouble}")
    print(f"policies from traces: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

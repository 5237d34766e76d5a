"""Installs the project into a scratch directory and builds a program against <wasi/api.h> as a user does, with pkg-config; then
runs it alone, where it is granted nothing, and under wasiward, where it has its policy.

    api_installed.py --build DIR --source FILE.c --cc COMMAND…
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile


def run(*argv: str, **more) -> subprocess.CompletedProcess:
    return subprocess.run(argv, capture_output=True, text=True, check=False, **more)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True, help="build directory")
    parser.add_argument("--source", required=True)
    parser.add_argument("--cc", required=True, nargs="+")
    options = parser.parse_args()
    if not shutil.which("pkg-config"):
        print("SKIPPED: needs pkg-config")
        return 77
    failed = 0

    def expect(what: str, fine: bool, shown: object) -> None:
        nonlocal failed
        failed += not fine
        print(f"{'ok' if fine else 'FAILED'}: {what}" + ("" if fine else f"\n{shown}"))

    with tempfile.TemporaryDirectory() as scratch:
        top = pathlib.Path(scratch)
        install = run("meson", "install", "-C", options.build, "--no-rebuild", "--quiet", "--destdir", str(top / "root"))
        expect("the project can be installed", install.returncode == 0, install.stderr)
        pc = next((top / "root").rglob("wasi-core.pc"))
        environment = dict(os.environ, PKG_CONFIG_PATH=str(pc.parent), PKG_CONFIG_SYSROOT_DIR=str(top / "root"))
        flags = run("pkg-config", "--cflags", "--libs", "wasi-core", env=environment)
        expect("pkg-config knows it", flags.returncode == 0 and "-lwasi-core" in flags.stdout, flags.stderr)
        program, library = top / "program", pc.parent.parent
        built = run(*options.cc, "-Wall", "-Wextra", "-pedantic", "-Werror", "-o", str(program), options.source, *flags.stdout.split(),
                    f"-Wl,-rpath,{library}")
        expect("a program builds without a warning", built.returncode == 0, built.stderr)
        alone = run(str(program))
        expect("alone it has no directory", "__wasi_fd_prestat_get(3, &prestat): 8\n" in alone.stdout, alone.stdout + alone.stderr)
        (top / "data").mkdir()
        granted = run(str(next((top / "root").rglob("bin/wasiward"))), "run", "--profile", "strict", "--runtime", str(library), "--dir", f"{top}/data::/", str(program))
        expect("under wasiward it has its grants",
               "__wasi_fd_prestat_get(3, &prestat): 0\n" in granted.stdout and "10 bytes: hello|, api\n" in granted.stdout,
               granted.stdout + granted.stderr)
        expect("what it made is there", (top / "data" / "new" / "moved").read_text() == "hello, api", list((top / "data").iterdir()))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Builds real programs twice, natively and for wasm32-wasi, and compares both under `wasiward compare`: output, exit status, files
and calls.

    real.py --wasiward PATH --clang PATH --sources DIR [--only NAME]… [--update]

DIR holds Debian's sources of the programs, as `./bootstrap sources` unpacks them; what is built is kept in DIR/built. A program
whose source is missing is skipped, loudly. Programs of our own text are built in any case. Known differences of a run stand in
known/NAME-ARGUMENTS.known here, each with its reason; --update writes them anew.

Exit status: 0 all agree, 1 some differ or do not build, 77 all that was to be done was skipped.
"""

import argparse
import concurrent.futures
import dataclasses
import glob
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable

HERE = pathlib.Path(__file__).resolve().parent
EMULATED = ["signal", "process-clocks", "mman", "getpid"]
WASM = ["--target=wasm32-wasi", "--sysroot=/usr", "-isystem", str(HERE / "include"), "-include", "absent.h",
        *(f"-D_WASI_EMULATED_{name.upper().replace('-', '_')}" for name in EMULATED)]
LIBRARIES = [f"-lwasi-emulated-{name}" for name in EMULATED]
SETJMP = ["-mllvm", "-wasm-enable-sjlj", "-mexception-handling", str(HERE / "setjmp.c")]


@dataclasses.dataclass
class Case:
    """One comparison: arguments, options of compare, what is read as standard input."""
    arguments: list[str]
    options: list[str] = dataclasses.field(default_factory=list)
    stdin: bytes = b""


@dataclasses.dataclass
class Program:
    name: str
    source: str  # directory beneath DIR, a pattern; empty: of our own text, here
    files: list[str]  # patterns
    cases: list[Case]
    flags: list[str] = dataclasses.field(default_factory=list)
    without: list[str] = dataclasses.field(default_factory=list)
    native: list[str] = dataclasses.field(default_factory=list)
    wasm: list[str] = dataclasses.field(default_factory=list)
    ignore: list[str] = dataclasses.field(default_factory=list)  # for compare, in all cases
    prepare: Callable[[pathlib.Path, pathlib.Path], None] | None = None  # source directory, generated files


def prepare_sqlite(source: pathlib.Path, generated: pathlib.Path) -> None:
    """The amalgamation, made by the project's own scripts."""
    if not (generated / "sqlite3.c").exists():
        subprocess.run([str(source / "configure"), "--quiet", "--disable-tcl"], cwd=generated, check=True, capture_output=True)
        subprocess.run(["make", "sqlite3.c", "shell.c"], cwd=generated, check=True, capture_output=True)


def prepare_jq(source: pathlib.Path, generated: pathlib.Path) -> None:
    """The library of jq's own language as a C string, as its Makefile makes it."""
    (generated / "src").mkdir(exist_ok=True)
    lines = (source / "src/builtin.jq").read_text().splitlines()
    quoted = ("".join('"' + line.replace("\\", "\\\\").replace('"', '\\"') + '\\n"\n' for line in lines))
    (generated / "src/builtin.inc").write_text(quoted)
    (generated / "src/version.h").write_text('#define JQ_VERSION "1.6"\n')


def prepare_lua(source: pathlib.Path, generated: pathlib.Path) -> None:
    (generated / "lua5.4-deb-multiarch.h").write_text('#define DEB_HOST_MULTIARCH "none"\n')


REPEATABLE = ["--clock", "fixed:1709209800", "--random", "seed:7"]
JSON = b'{"name": "x", "list": [3, 1, 2, {"deep": [true, null, 1.5e3]}], "text": "\\u00e4\\n"}\n[1, 2]\n'

PROGRAMS = [
    Program("lua", "lua5.4-*/src", ["l*.c"], without=["luac.c", "ltests.c"], prepare=prepare_lua, native=["-lm"],
            wasm=["-DLUA_TMPNAMBUFSIZE=32", "-Dlua_tmpnam(b,e)=((e)=1)", *SETJMP],
            cases=[Case(["/all.lua"], [*REPEATABLE, "--wasm", "legacy-exceptions", "--env", "LETTER=x"], b"first\n42 and\nthe rest"),
                   Case(["-e", "error('top level')"], ["--wasm", "legacy-exceptions"]),
                   Case(["/missing.lua"], ["--wasm", "legacy-exceptions"])]),
    Program("sqlite3", "sqlite3-*", ["@sqlite3.c", "@shell.c"], prepare=prepare_sqlite, native=["-lm"],
            flags=["-DSQLITE_THREADSAFE=0", "-DSQLITE_OMIT_LOAD_EXTENSION", "-DSQLITE_OMIT_WAL",
                   '-DSQLITE_DEFAULT_UNIX_VFS="unix-none"'],
            cases=[Case(["/data.db"], REPEATABLE, (HERE / "all.sql").read_bytes()),
                   Case(["-json", "/data.db", "create table t(a); insert into t values (1), ('two'), (null); select * from t"]),
                   Case(["-csv", ":memory:", ".import /table.csv t", "select city, sum(n) from t group by city"]),
                   Case(["/hello.txt", "select * from sqlite_master"])]),
    Program("minigzip", "zlib-*", ["test/minigzip.c", "*.c"], flags=["-DHAVE_UNISTD_H"],
            cases=[Case(["/big.txt"]), Case(["-c", "/big.txt"]), Case(["-9"], stdin=b"standard input " * 500),
                   Case(["-d", "/packed.gz"]), Case(["-d", "/hello.txt"]), Case(["/missing"])]),
    Program("bzip2", "bzip2-*", ["bzip2.c", "blocksort.c", "huffman.c", "crctable.c", "randtable.c", "compress.c", "decompress.c", "bzlib.c"],
            cases=[Case(["-c", "/big.txt"]), Case(["-k", "/big.txt"]), Case(["-d"], stdin=b"no bzip2 at all"), Case(["-tv", "/packed.bz2"]),
                   Case(["-dc", "/packed.bz2"]), Case(["-z"], stdin=b"standard input " * 500), Case(["/missing"])]),
    Program("jq", "jq-*", ["src/*.c"], without=["inject_errors.c"], flags=["-DIEEE_8087", "-D_GNU_SOURCE", "-Isrc"], prepare=prepare_jq,
            native=["-lm", "-lpthread"],
            # Debian's wasi-libc has no realpath; the native one looks at its argument.
            ignore=[r'trace:^path_filestat_get\(fd=/, flags=0, path="\."\) = success$'],
            cases=[Case([".", "/data.json"]), Case(["-c", "[.. | numbers] | sort", "/data.json"]), Case(["-r", ".text, @base64 \"\\(.name)\""],
                        stdin=JSON.splitlines()[0]), Case(["-n", "[range(50)] | map(select(. % 7 == 0)) | add"]),
                   Case([".a"], stdin=b"[1,"), Case([".a.b", "/data.json"]), Case(["{"], stdin=b"null"),
                   Case(["-n", "reduce range(1000) as $i (0; . + $i), (try error(\"x\") catch .), env.LETTER"], ["--env", "LETTER=x"])]),
    Program("tools", "", ["tools.c"],
            cases=[Case(["ls", "-R", "/"]), Case(["cat", "/hello.txt", "/missing", "/dir/a"]), Case(["wc", "/big.txt", "/hello.txt", "/dir"]),
                   Case(["sort", "/table.csv"]), Case(["sort", "-r"], stdin=b"b\na\nc\n"), Case(["uniq", "-c"], stdin=b"a\na\nb\na\n"),
                   Case(["head", "-n", "3", "/big.txt"]), Case(["tail", "-n", "2", "/big.txt"]), Case(["cp", "-r", "/dir", "/copy"]),
                   Case(["cp", "/missing", "/x"]), Case(["mv", "/hello.txt", "/dir/moved"]), Case(["mv", "/dir", "/dir/sub"]),
                   Case(["rm", "-r", "/dir"]), Case(["rm", "/dir"]), Case(["mkdir", "-p", "/x/y/z"]), Case(["mkdir", "/dir"]),
                   Case(["ln", "-s", "hello.txt", "/soft"]), Case(["ln", "/hello.txt", "/hard"]), Case(["find", "/"]),
                   Case(["cut", "-d", ",", "-f", "2", "/table.csv"]), Case(["tr", "a-y", "b-z"], stdin=b"hal"), Case(["cksum", "/big.txt"]),
                   Case(["touch", "/new", "/hello.txt"]), Case(["pwd"]), Case(["du", "/dir"]), Case(["readlink", "/link"]),
                   Case(["nonsense"])]),
]


def make_files(top: pathlib.Path) -> None:
    (top / "dir/sub").mkdir(parents=True)
    (top / "hello.txt").write_text("hello, world\n")
    (top / "dir/a").write_text("file a\n")
    (top / "dir/sub/deep").write_text("deep down\n")
    (top / "link").symlink_to("hello.txt")
    (top / "big.txt").write_text("".join(f"{i} of many lines, {i * i % 997}\n" for i in range(4000)))
    (top / "table.csv").write_text("city,n\n" + "".join(f"{'abc'[i % 3]},{i}\n" for i in range(30)))
    (top / "data.json").write_bytes(JSON)
    shutil.copy(HERE / "all.lua", top)
    import bz2
    import gzip
    (top / "packed.gz").write_bytes(gzip.compress(b"packed by another\n" * 100, mtime=0))
    (top / "packed.bz2").write_bytes(bz2.compress(b"packed by another\n" * 100))


def find_source(program: Program, sources: pathlib.Path) -> pathlib.Path | None:
    if not program.source:
        return HERE
    found = [pathlib.Path(path) for path in glob.glob(str(sources / program.source)) if os.path.isdir(path)]
    return found[0] if found else None


def build(program: Program, source: pathlib.Path, options: argparse.Namespace) -> dict[str, pathlib.Path]:
    """Both programs; what was built by the same commands from the same files is taken again."""
    built = options.built / program.name
    generated = built / "generated"
    generated.mkdir(parents=True, exist_ok=True)
    if program.prepare:
        program.prepare(source, generated)
    files: list[str] = []
    for pattern in program.files:
        base = generated if pattern.startswith("@") else source
        files += sorted(path for path in glob.glob(str(base / pattern.lstrip("@")))
                        if path not in files and os.path.basename(path) not in program.without)
    common = ["-O1", "-w", f"-I{generated}", f"-I{generated}/src", f"-I{source}", *program.flags]
    commands = {
        "native": ["cc", *common, *files, *program.native],
        "wasm": [options.clang, *WASM, *common, *program.wasm, *files, str(HERE / "absent.c"), *LIBRARIES],
    }
    results = {}
    for side, command in commands.items():
        digest = hashlib.sha256(repr(command).encode())
        for path in sorted({*files, *map(str, HERE.glob("*.c")), *map(str, HERE.glob("include/*"))}):
            digest.update(pathlib.Path(path).read_bytes())
        results[side] = built / digest.hexdigest()[:16] / f"{program.name}.{side}"
        results[side].parent.mkdir(exist_ok=True)
        if not results[side].exists():
            unfinished = results[side].with_suffix(f".{os.getpid()}")
            run = subprocess.run([*command, "-o", str(unfinished)], cwd=source, capture_output=True, text=True)
            if run.returncode:
                raise RuntimeError(f"does not build ({side}):\n" + "\n".join(run.stderr.splitlines()[-15:]))
            unfinished.rename(results[side])
    return results


def compare(program: Program, built: dict[str, pathlib.Path], options: argparse.Namespace, scratch: pathlib.Path) -> list[tuple[str, bool, str]]:
    results = []
    with tempfile.TemporaryDirectory(dir=scratch) as top:
        for case in program.cases:
            name = re.sub(r"[^a-z0-9]+", "-", " ".join([program.name, *case.arguments]).lower()).strip("-")[:50]
            known = HERE / "known" / f"{name}.known"
            stdin = pathlib.Path(top) / "stdin"
            stdin.write_bytes(case.stdin)
            argv = [options.wasiward, "compare", "--timeout", "120", "--stdin", str(stdin), "--known", str(known), "--dir", f"{scratch}/files::/",
                    *(["--update"] if options.update else []), *(f"--ignore={rule}" for rule in program.ignore),
                    *case.options, str(built["native"]), str(built["wasm"]), "--", *case.arguments]
            run = subprocess.run(argv, capture_output=True, text=True, errors="replace")
            results.append((" ".join([program.name, *case.arguments])[:100], run.returncode == 0, run.stdout + run.stderr))
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wasiward", required=True)
    parser.add_argument("--clang", required=True)
    parser.add_argument("--sources", required=True, type=pathlib.Path)
    parser.add_argument("--only", action="append")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--built", type=pathlib.Path, help="where to keep what is built; default: DIR/built")
    options = parser.parse_args()
    os.umask(0o022)
    options.wasiward = os.path.abspath(options.wasiward)
    options.built = (options.built or options.sources / "built").resolve()
    passed = failed = 0
    skipped = []
    with tempfile.TemporaryDirectory() as top, concurrent.futures.ThreadPoolExecutor(2) as pool:
        scratch = pathlib.Path(top)
        (scratch / "files").mkdir()
        make_files(scratch / "files")
        chosen = [program for program in PROGRAMS if not options.only or program.name in options.only]
        jobs = {}
        for program in chosen:
            source = find_source(program, options.sources)
            if source:
                jobs[program.name] = pool.submit(build, program, source.resolve(), options)
            else:
                skipped.append(program.name)
        for program in chosen:
            if program.name not in jobs:
                continue
            try:
                results = compare(program, jobs[program.name].result(), options, scratch)
            except (RuntimeError, subprocess.CalledProcessError) as error:
                results = [(program.name, False, str(error))]
            for what, fine, text in results:
                passed += fine
                failed += not fine
                print(f"{'ok' if fine else 'FAILED'}: {what}" + ("" if fine else "\n" + text))
    for name in skipped:
        print(f"SKIPPED {name.upper()}: its source is not in {options.sources}; ./bootstrap sources gets it")
    print(f"real programs: {passed} passed, {failed} failed, {len(skipped)} skipped")
    if failed:
        return 1
    return 0 if passed else 77


if __name__ == "__main__":
    sys.exit(main())

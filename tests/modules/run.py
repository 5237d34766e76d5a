#!/usr/bin/env python3
"""CPython as a WebAssembly module and as a native program, on the same script and the same grants.

usage: run.py WASIWARD PYTHON.WASM   (exit status 77, a skip, when the module is not there)
"""
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
passed = failed = 0


def check(name, good, detail=""):
    global passed, failed
    print(f"{'ok    ' if good else 'FAILED'} {name}", "" if good else detail)
    passed, failed = passed + bool(good), failed + (not good)


def run(argv):
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def tree(root):
    seen = {}
    for where, dirs, files in os.walk(root):
        for name in dirs + files:
            path = os.path.join(where, name)
            if os.path.islink(path):
                seen[os.path.relpath(path, root)] = os.readlink(path)
            elif os.path.isdir(path):
                seen[os.path.relpath(path, root)] = "directory"
            else:
                with open(path, "rb") as f:
                    seen[os.path.relpath(path, root)] = f.read()
    return seen


def main():
    wasiward, module = sys.argv[1:3]
    if not os.path.exists(module):
        print(f"SKIPPED: {module} is not there; ./bootstrap packages installs it")
        print("modules: 0 passed, 0 failed, 1 skipped")
        return 77
    work = tempfile.mkdtemp(prefix="wasiward-modules-")
    out = os.path.join(work, "outside")
    os.mkdir(out)
    with open(os.path.join(out, "secret"), "w") as f:
        f.write("SECRET")
    results = {}
    for name, python in (("module", [module]), ("native", ["/usr/bin/python3"])):
        data = os.path.join(work, name)
        shutil.copytree(HERE, os.path.join(data, "scripts"), ignore=shutil.ignore_patterns("meson.build"))
        os.symlink("../outside/secret", os.path.join(data, "way-out"))
        code, stdout, stderr = run([wasiward, "run", "--dir", f"{data}::/data", *python, "/data/scripts/files.py"])
        check(f"{name}: the script runs", code == 0, stderr)
        results[name] = stdout, tree(data)
        before = tree(work)
        for what, dirs, code in (
                ("reads through ..", "rw", "print(open('/data/../outside/secret').read())"),
                ("reads through a link", "rw", "print(open('/data/way-out').read())"),
                ("reads by the host's path", "rw", f"print(open('{out}/secret').read())"),
                ("writes where it may only look", "ro", "open('/data/new', 'w')"),
                ("truncates where it may only look", "ro", "import os; os.open('/data/out.json', os.O_RDONLY | os.O_TRUNC)"),
                ("removes where it may only look", "ro", "import os; os.unlink('/data/out.json')"),
                ("renames without the right", "rw,-path_rename_source", "import os; os.rename('/data/out.json', '/data/x')")):
            status, stdout, stderr = run([wasiward, "run", "--dir", f"{data}::/data:{dirs}", *python, "-c", code])
            check(f"{name}: refused when it {what}", status == 1 and "Error" in stderr and "SECRET" not in stdout + stderr
                  and tree(work) == before, f"{status} {stdout} {stderr}")
    check("both print the same", results["module"][0] == results["native"][0], results)
    check("both leave the same files", results["module"][1] == results["native"][1])
    shutil.rmtree(work)
    print(f"modules: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())

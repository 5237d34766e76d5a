#!/usr/bin/env python3
"""LLVM's clang and linker as a WebAssembly module: they compile and link a C file in the sandbox, and what comes out runs.

usage: clang.py WASIWARD LLVM.WASM RESOURCES.TAR   (exit status 77, a skip, when the module is not there)

One module is all of LLVM's tools, chosen by argv[0]. Its driver cannot start processes: with -### it prints what it would
start, and we start that, as the package's own wrapper does.
"""
import os
import resource
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile

PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	char line[100];
	long sum = 0;
	while (fgets(line, sizeof line, stdin))
		sum += strtol(line, NULL, 10);
	printf("%d arguments, the last is %s, sum %ld\n", argc - 1, argv[argc - 1], sum);
	return sum == 42 ? 0 : 3;
}
"""
START_CPU_SECONDS = 0.5

passed = failed = 0


def check(name, good, detail=""):
    global passed, failed
    print(f"{'ok    ' if good else 'FAILED'} {name}", "" if good else detail)
    passed, failed = passed + bool(good), failed + (not good)


class Sandbox:
    """The tools and the directories as the module sees them: /usr to read, /job and /tmp to write."""

    def __init__(self, wasiward, llvm, root):
        self.start = [wasiward, "run", "--dir", f"{root}/usr::/usr:ro", "--dir", f"{root}/job::/job", "--dir", f"{root}/tmp::/tmp"]
        self.llvm = llvm

    def run(self, tool, *args):
        done = subprocess.run([*self.start, "--argv0", tool, self.llvm, *args], capture_output=True, text=True, timeout=240)
        return done.returncode, done.stdout, done.stderr

    def drive(self, *args):
        """What clang does with these arguments, one tool after the other."""
        status, _, plan = self.run("clang", "-###", *args)
        if status:
            return status, plan
        for line in plan.splitlines():
            if not line.startswith(' "'):
                continue
            words = [word for word in shlex.split(line) if word]
            status, _, errors = self.run(*words)
            if status:
                return status, errors
        return 0, plan


def cpu_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def make_root(resources):
    root = tempfile.mkdtemp(prefix="wasiward-clang-")
    for name in ("usr", "job", "tmp", "outside"):
        os.mkdir(os.path.join(root, name))
    with tarfile.open(resources) as tar:
        tar.extractall(os.path.join(root, "usr"))
    files = {"job/sum.c": PROGRAM, "job/broken.c": "int main(void) { return undeclared; }\n", "outside/secret.h": "SECRET\n",
             "job/up.c": '#include "../outside/secret.h"\n', "job/through_link.c": '#include "way-out.h"\n',
             "job/host.c": '#include "/etc/passwd"\n'}
    for name, text in files.items():
        with open(os.path.join(root, name), "w") as f:
            f.write(text)
    os.symlink("../outside/secret.h", os.path.join(root, "job", "way-out.h"))
    return root


def main():
    wasiward, llvm, resources = sys.argv[1:4]
    if not os.path.exists(llvm) or not os.path.exists(resources):
        print(f"SKIPPED: {llvm} is not there; ./bootstrap packages installs it")
        print("clang: 0 passed, 0 failed, 1 skipped")
        return 77
    root = make_root(resources)
    box = Sandbox(wasiward, llvm, root)

    before = cpu_of_children()
    status, out, err = box.run("clang", "--version")
    cpu = cpu_of_children() - before
    check("clang says its version", status == 0 and out.startswith("clang version"), f"{status} {out} {err}")
    check(f"its start takes less than {START_CPU_SECONDS} s of CPU ({cpu:.2f})", cpu < START_CPU_SECONDS)

    status, text = box.drive("-O1", "-Wall", "-Werror", "/job/sum.c", "-o", "/job/sum.wasm")
    check("a C file is compiled and linked", status == 0, f"{status} {text}")
    done = subprocess.run([wasiward, "run", f"{root}/job/sum.wasm", "first", "last"], input="40\n2\n", capture_output=True, text=True)
    check("the program runs", (done.returncode, done.stdout) == (0, "2 arguments, the last is last, sum 42\n"), done)

    status, text = box.drive("/job/broken.c", "-o", "/job/broken.wasm")
    check("an error of the program's is reported", status == 1 and "undeclared identifier" in text, f"{status} {text}")
    check("and leaves nothing", not os.path.exists(f"{root}/job/broken.wasm"))

    for name in ("up", "through_link", "host"):
        status, out, err = box.run("clang", "-E", f"/job/{name}.c")
        check(f"no header from outside: {name}", status == 1 and "SECRET" not in out + err and "root:" not in out + err and
              "fatal error" in err, f"{status} {out} {err}")
    status, _, err = box.run("clang", "-c", "/job/sum.c", "-o", "/usr/sum.o")
    check("nothing is written where it may only look", status == 1 and not os.path.exists(f"{root}/usr/sum.o"), f"{status} {err}")
    status, _, err = box.run("clang", "-c", "/job/sum.c", "-o", "/job/../outside/sum.o")
    check("nor outside", status == 1 and os.listdir(f"{root}/outside") == ["secret.h"], f"{status} {err}")

    shutil.rmtree(root)
    print(f"clang: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())

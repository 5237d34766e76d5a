"""The kernels of bench/: compiling them, and measuring runs."""
import glob
import os
import resource
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


def names():
    return sorted(os.path.basename(source)[:-2] for source in glob.glob(os.path.join(HERE, "kernels", "*.c")))


def compile_wasm(kernel, work, small=False):
    """The module, by clang -O3."""
    module = os.path.join(work, kernel + ".wasm")
    subprocess.run(["clang-14", "--target=wasm32-wasi", "--sysroot=/usr", "-O3", os.path.join(HERE, "kernels", kernel + ".c"),
                    "-o", module, "-lm", *(["-DSMALL"] if small else [])], check=True)
    return module


def compile_native(kernel, work):
    """The program, by gcc -O2."""
    program = os.path.join(work, kernel)
    subprocess.run(["gcc", "-O2", os.path.join(HERE, "kernels", kernel + ".c"), "-o", program, "-lm"], check=True)
    return program


def run(argv, stdin=None):
    """User seconds and output of one run; None and the error output if it fails. stdin: a file's name."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(stdin or os.devnull, "rb") as f:
        done = subprocess.run(argv, stdin=f, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        return None, done.stderr
    return after.ru_utime - before.ru_utime, done.stdout

#!/usr/bin/env python3
"""A Kotlin program as a module: garbage-collected objects, typed references and exceptions of WebAssembly 3.0.

usage: kotlin.py WASIWARD COMPILER   (exit status 77, a skip, when the compiler or Java is not there)

The expected output is what the same program prints on Java's virtual machine.
"""
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
EXPECTED = """\
areas 502001000
[Rectangle(width=1.0, height=2.0), Rectangle(width=3.0, height=2.0)]
1572352
((4 5) (6 7))
the=3, brown=1, dog=1
本日 ,ESSÜRG ,DNE EHT :GOD YZAL EHT REVO SPMUJ XOF NWORB KCIUQ EHT
caught too big: 3
caught too big: 4
finally
[10, 20, -3, -4]
true
true
[1009, 1013, 1019, 1021, 1031]
1889874002870 300 round 300000 3492
"""

passed = failed = 0


def check(name, good, detail=""):
    global passed, failed
    print(f"{'ok    ' if good else 'FAILED'} {name}", "" if good else detail)
    passed, failed = passed + bool(good), failed + (not good)


def compile_to_wasm(compiler, source, out):
    """First a library of what the source says, then the module of all that it needs. Returns its path."""
    lib = os.path.join(compiler, "lib")
    jars = ["kotlin-compiler.jar", "kotlin-stdlib.jar", "kotlin-reflect.jar", "kotlin-script-runtime.jar",
            "kotlinx-coroutines-core-jvm.jar"]
    command = ["java", "-cp", ":".join(os.path.join(lib, jar) for jar in jars), f"-Dkotlin.home={compiler}",
               "org.jetbrains.kotlin.cli.js.KotlinWasmCompiler", "-Xwasm-target=wasm-wasi", "-libraries",
               os.path.join(lib, "kotlin-stdlib-wasm-wasi.klib"), "-ir-output-dir", out, "-ir-output-name", "program"]
    for arguments in ([source], [f"-Xinclude={out}/program.klib"]):
        done = subprocess.run(command + arguments, capture_output=True, text=True, timeout=600)
        if done.returncode:
            sys.exit(f"the Kotlin compiler fails: {done.stderr[-2000:]}")
    return os.path.join(out, "program.wasm")


def main():
    wasiward, compiler = sys.argv[1:3]
    missing = compiler if not os.path.isdir(compiler) else "java" if not shutil.which("java") else None
    if missing:
        print(f"SKIPPED: {missing} is not there; ./bootstrap packages installs it")
        print("kotlin: 0 passed, 0 failed, 1 skipped")
        return 77
    with tempfile.TemporaryDirectory(prefix="wasiward-kotlin-") as out:
        module = compile_to_wasm(compiler, os.path.join(HERE, "shapes.kt"), out)
        done = subprocess.run([wasiward, "validate", module], capture_output=True, text=True)
        check("the module is valid", done.returncode == 0, done.stderr)
        done = subprocess.run([wasiward, "run", module], capture_output=True, text=True, timeout=240)
        check("it prints what it prints on Java's machine", (done.returncode, done.stdout) == (0, EXPECTED),
              f"{done.returncode} {done.stdout} {done.stderr}")
    print(f"kotlin: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())

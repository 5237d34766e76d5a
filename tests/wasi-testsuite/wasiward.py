"""Adapter of the official wasi-testsuite's runner for wasiward.

    ./run-tests -r …/tests/wasi-testsuite/wasiward.py

WASIWARD holds the command and options to run it with; by default `wasiward` is looked up in PATH.
"""

import os
import shlex
import subprocess
from typing import Any, Dict, List, Tuple

WASIWARD = shlex.split(os.getenv("WASIWARD", "wasiward"))


def get_name() -> str:
    return "wasiward"


def get_version() -> str:
    result = subprocess.run([WASIWARD[0], "--version"], encoding="UTF-8", capture_output=True, check=True)
    return result.stdout.split()[-1]


def get_wasi_versions() -> List[str]:
    return ["wasm32-wasip1"]


def get_wasi_worlds() -> List[str]:
    return ["wasi:cli/command"]


def compute_argv(test_path: str,
                 args_env_root: Tuple[List[str], Dict[str, str], Any],
                 proposals: List[str],
                 wasi_world: str,
                 wasi_version: str) -> List[str]:
    """The third item is the directory to be seen as "/", or nothing; in older suites a list of (host, guest) pairs."""
    args, env, root = args_env_root
    pairs = root if isinstance(root, list) else [(root, "/")] if root else []
    argv = [WASIWARD[0], "run", *WASIWARD[1:]]
    for host, guest in pairs:
        argv += ["--dir", f"{host}::{guest}"]
    for name, value in env.items():
        argv += ["--env", f"{name}={value}"]
    return [*argv, test_path, *args]

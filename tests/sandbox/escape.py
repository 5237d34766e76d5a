#!/usr/bin/env python3
"""Runs every escape attempt under several policies and prints the layer that stopped it; then each right, dropped and tried.

Then the same with one layer of the wall switched off at a time, which shows who stops what.

usage: escape.py WASIWARD PARTIAL_WALL ESCAPE ESCAPE_STATIC ESCAPE_RIGHTS
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

FINE = "rw,-path_unlink_file,-path_remove_directory,-path_rename_source,-path_rename_target"
# The layers, as partial-wall calls them. Two together for what two of them keep by themselves.
OFF = ["mounts", "readonly", "seccomp", "landlock", "capabilities", "pids", "limits", "seccomp,capabilities", "mounts,seccomp",
       "pids,landlock", "seccomp,pids", "mounts,readonly", "mounts,seccomp,capabilities", "seccomp,capabilities,pids"]
WORDS = {"mounts": "mount namespace", "readonly": "read-only mount", "seccomp": "seccomp", "landlock": "Landlock",
         "capabilities": "no capabilities", "pids": "PID namespace", "limits": "limits",
         "seccomp,capabilities": "both seccomp and no capabilities", "mounts,seccomp": "both chroot and seccomp",
         "mounts,readonly": "both mount namespace and read-only mount",
         "mounts,seccomp,capabilities": "chroot, seccomp and no capabilities",
         "seccomp,capabilities,pids": "seccomp, no capabilities and PID namespace",
         "pids,landlock": "both PID namespace and Landlock", "seccomp,pids": "both seccomp and PID namespace"}
# With the layers off that stop these, they would change the machine that runs the test.
DANGEROUS = {"set_clock", "modules", "kernel_log", "mount_bind", "mount_writable", "unmount", "pivot", "kill_group", "kill_init"}
NOT_TRIED = {"seccomp,capabilities": DANGEROUS - {"mount_bind", "mount_writable", "unmount", "pivot"},
             "mounts,seccomp,capabilities": DANGEROUS, "seccomp,capabilities,pids": DANGEROUS}
# Attempts that only some policies make possible: the group, options, rights.
GROUPS = [("proc", ["--proc", "own"], "ro"), ("jit", ["--jit", "refused", "--exec", "none"], "rw"), ("exec", ["--exec", "none"], "rw")]
# Rights that the kernel keeps when they alone are taken from rw. The others share a kernel access with a right that stays
# (who may rename over a file can destroy it), or the kernel has no access for them: docs/threat-model.md.
KERNEL_KEEPS = {"fd_read", "fd_write", "fd_readdir"}
# ro takes these, whatever the program does.
READ_ONLY = {
    "fd_write", "fd_allocate", "path_create_directory", "path_create_file", "path_link_source", "path_link_target",
    "path_rename_source", "path_rename_target", "path_filestat_set_size", "path_filestat_set_times",
    "fd_filestat_set_size", "fd_filestat_set_times", "path_symlink", "path_remove_directory", "path_unlink_file",
}
NO_ATTEMPT = {"poll_fd_readwrite", "sock_shutdown", "sock_accept"}  # on descriptors that nobody gave
FINE_KEEPS = {"path_unlink_file", "path_remove_directory", "path_rename_source", "path_rename_target"}


class Scene:
    """A directory to grant, and one outside that must stay as it is."""

    def __init__(self, top):
        self.top = top
        self.granted = os.path.join(top, "granted")
        self.outside = os.path.join(top, "outside")
        os.mkdir(self.granted)
        os.mkdir(self.outside, 0o777)
        with open(os.path.join(self.outside, "secret"), "w") as f:
            f.write("secret\n")
        for name in ("a.txt", "move-me", "remove-me"):
            with open(os.path.join(self.granted, name), "w") as f:
                f.write("hello\n")
        for name in ("sub", "race-dir", "empty"):
            os.mkdir(os.path.join(self.granted, name))
        os.symlink(self.outside, os.path.join(self.granted, "link-out"))
        os.symlink("a.txt", os.path.join(self.granted, "link"))
        self.sockets = [socket.socket(socket.AF_UNIX, kind) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_DGRAM)]
        here = os.getcwd()
        os.chdir(self.granted)  # such an address has 108 bytes
        for one, name in zip(self.sockets, ("socket", "datagrams", "\0wasiward-datagrams")):
            one.bind(name)
            one.setblocking(False)
        os.chdir(here)
        self.sockets[0].listen()
        # What a careless caller leaves open.
        self.left_open = [os.open(os.path.join(self.outside, "secret"), os.O_RDONLY), os.open(self.outside, os.O_RDONLY)]

    def close(self):
        for one in self.sockets:
            one.close()
        for fd in self.left_open:
            os.close(fd)

    def received(self):
        for one in self.sockets[1:]:
            try:
                return one.recv(10)
            except BlockingIOError:
                pass
        return None

    def state(self):
        path = os.path.join(self.outside, "secret")
        st = os.stat(path)
        with open(path) as f:
            return sorted(os.listdir(self.outside)), st.st_mode, st.st_mtime_ns, st.st_nlink, f.read()


def in_scene(work, use):
    top = tempfile.mkdtemp(dir=work)
    os.chmod(top, 0o755)
    scene = Scene(top)
    try:
        return use(scene)
    finally:
        scene.close()
        shutil.rmtree(top)


def run(scene, argv):
    # A canary in the same process group: signals to the group must not reach it.
    canary = subprocess.Popen(["sleep", "60"], stdin=subprocess.DEVNULL, preexec_fn=lambda: os.setpgid(0, 0))
    done = subprocess.run(argv, cwd=scene.granted, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                          pass_fds=scene.left_open, preexec_fn=lambda: os.setpgid(0, canary.pid))
    assert canary.poll() is None, "a signal reached a process outside"
    canary.send_signal(signal.SIGKILL)
    canary.wait()
    return done


def answers(done):
    rows = {}
    for line in done.stdout.splitlines():
        name, what, *error = line.split() + [""]
        if what not in ("stopped", "THROUGH", "died"):
            continue  # said by a program that was reached
        rows[name] = error[0] if what == "stopped" else what
    return rows


def attempts(scene, wasiward, rights, program, options=(), which=("--all",)):
    before = scene.state()
    done = run(scene, [wasiward, "run", "--wall", "auto", *options, "--dir", f".:{rights}", program, *which, scene.outside])
    rows = answers(done)
    problems = [] if done.returncode == 0 else [f"exit status {done.returncode}: {done.stderr}"]
    if scene.state() != before:
        problems.append(f"outside changed: {before} {scene.state()}")
    time.sleep(0.4)
    if os.path.exists(os.path.join(scene.granted, "daemon-lives")):
        problems.append("a daemon outlived the run")
    if scene.received():
        problems.append("a message went to a socket outside")
    return rows, problems


def layers(work, partial_wall, program, names):
    """For each attempt, the layers without which its answer is another: [(off, answer)]."""
    def tried(off, name):
        def one(scene):
            done = subprocess.run([partial_wall, off, "rw", program, name, scene.outside], cwd=scene.granted, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=60, process_group=0, pass_fds=scene.left_open)
            if name == "leave_daemon":
                time.sleep(0.4)
                if os.path.exists(os.path.join(scene.granted, "daemon-lives")):
                    return "THROUGH"
            return answers(done).get(name, "no answer")
        answer = in_scene(work, one)
        for planted in ("/usr/wasiward-planted", "/planted", "/usr/a.txt"):
            if os.path.exists(planted):
                os.unlink(planted)
        return answer
    changed = {}
    for name in names:
        whole, changed[name] = tried("none", name), []
        for off in OFF:
            # Two together say something only where neither does alone.
            if "," in off and changed[name] or name in NOT_TRIED.get(off, ()) or name == "race" and off != "mounts":
                continue
            answer = tried(off, name)
            if answer != whole:
                changed[name].append((off, answer))
    return changed


def rights_table(work, wasiward, program, names):
    problems, rows = [], []
    for name in names:
        if name in NO_ATTEMPT:
            continue
        results = []
        for rights, kept in ((f"rw,-{name}", name in KERNEL_KEEPS), ("ro", name in READ_ONLY), (FINE, name in FINE_KEEPS), ("rw", False)):
            done = in_scene(work, lambda scene: run(scene, [wasiward, "run", "--wall", "auto", "--dir", f".:{rights}", program, name]))
            stopped = "stopped" in done.stdout
            results.append(done.stdout.strip().removeprefix(name + " ") or done.stderr)
            if stopped != kept:
                problems.append(f"{name} with {rights}: {done.stdout.strip()!r} {done.stderr!r}, expected "
                                f"{'stopped' if kept else 'used'}")
        rows.append((name, results))
    return rows, problems


def main():
    wasiward, partial_wall, dynamic, static, rights_program = (os.path.abspath(p) for p in sys.argv[1:6])
    names = subprocess.run([static, "--list"], capture_output=True, text=True, check=True).stdout.split()
    work = tempfile.mkdtemp(prefix="wasiward-escape-")
    os.chmod(work, 0o755)
    failed = passed = 0
    columns = [("ro", "ro", static), ("rw", "rw", static), ("ro, shim", "ro", dynamic), ("rw, shim", "rw", dynamic),
               ("fine, shim", FINE, dynamic)]
    table = {}
    try:
        for title, rights, program in columns:
            rows, problems = in_scene(work, lambda scene: attempts(scene, wasiward, rights, program))
            for name in names:
                error = rows.get(name, "no answer")
                table.setdefault(name, []).append(error)
                if error.startswith("E"):
                    passed += 1
                else:
                    problems.append(f"{name}: {error}")
            for problem in problems:
                failed += 1
                print(f"FAILED {title}: {problem}")
        stopped = layers(work, partial_wall, static, names)
        print("| attempt | " + " | ".join(title for title, _, _ in columns) + " | stopped by (answer without it) |")
        print("|---|" + "---|" * len(columns) + "---|")
        for name, errors in table.items():
            who = "; ".join(f"{WORDS[off]} ({answer})" for off, answer in stopped[name]) or "more than these runs take away"
            print(f"| {name} | " + " | ".join(errors) + f" | {who} |")
        print("\n| attempt | policy | answer |\n|---|---|---|")
        for group, options, rights in GROUPS:
            rows, problems = in_scene(work, lambda scene: attempts(scene, wasiward, rights, static, options, ("--group", group)))
            wanted = subprocess.run([static, "--group-list", group, "/"], capture_output=True, text=True, check=True).stdout.split()
            for name in wanted:
                answer = rows.get(name, "no answer")
                print(f"| {name} | {' '.join(options)}, {rights} | {answer} |")
                passed += answer.startswith("E")
                if not answer.startswith("E"):
                    problems.append(f"{name}: {answer}")
            for problem in problems:
                failed += 1
                print(f"FAILED {group}: {problem}")
        rows, problems = rights_table(work, wasiward, rights_program, rights_names(wasiward))
        print("\n| right | rw without it | ro | rw that neither removes nor renames | rw |\n|---|---|---|---|---|")
        for name, results in rows:
            print(f"| {name} | " + " | ".join(results) + " |")
            passed += len(results)
        for problem in problems:
            failed += 1
            print(f"FAILED {problem}")
    finally:
        shutil.rmtree(work)
    print(f"escape: {passed} passed, {failed} failed")
    return failed > 0


def rights_names(wasiward):
    text = subprocess.run([wasiward, "doctor"], capture_output=True, text=True).stdout
    return [line.split()[0] for line in text.split("Who keeps each right")[1].splitlines()[1:31]]


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Runs every escape attempt under several policies and prints the layer that stopped it; then each right, dropped and tried.

Then the same with one layer of the wall switched off at a time, which shows who stops what.

The layers are compared with the table in the threat model; --update writes it there instead.

usage: escape.py [--update] WASIWARD PARTIAL_WALL THREAT_MODEL ESCAPE ESCAPE_STATIC ESCAPE_RIGHTS
"""
import multiprocessing
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

FINE = "rw,-path_unlink_file,-path_remove_directory,-path_rename_source,-path_rename_target"
# The layers, as partial-wall calls them. Several together for what each of them keeps by itself.
LAYERS = {"mounts": "mount namespace", "readonly": "read-only mounts", "noexec": "noexec mounts", "seccomp": "seccomp",
          "landlock": "Landlock", "capabilities": "no capabilities", "privileges": "no_new_privs", "pids": "PID namespace",
          "limits": "limits", "descriptors": "closed descriptors", "mdwe": "no executable memory (prctl)", "subset": "a /proc of processes only",
          "dumpable": "a closed PID 1"}
OFF = ["mounts", "readonly", "noexec", "seccomp", "landlock", "capabilities", "pids", "limits", "descriptors", "mdwe", "subset", "dumpable",
       "seccomp,capabilities", "mounts,seccomp", "mounts,readonly", "mounts,descriptors", "pids,landlock", "seccomp,mdwe", "seccomp,noexec",
       "readonly,landlock", "subset,readonly", "dumpable,landlock", "dumpable,capabilities", "seccomp,capabilities,landlock",
       "privileges,seccomp,landlock", "dumpable,capabilities,landlock", "mounts,seccomp,capabilities"]
# Whether one layer suffices depends on settings (core_pattern and the hard limit, dmesg_restrict), so these are not compared.
OF_THE_MACHINE = {"core_dump", "kernel_log"}
FOR_POLICIES = {"noexec", "mdwe", "subset", "dumpable"}  # what only the policies of the groups below need
# With the layers off that stop these, they could harm the machine that runs the test.
NOT_TRIED = {"mounts,seccomp,capabilities": {"mount_bind", "mount_writable", "unmount", "pivot", "kill_init"},
             "pids,landlock": {"kill_init"}, "pids": {"kill_init", "trace_init", "write_init", "advise_init"}}
NOT_SHOWN = "more than these runs take away"  # as another user than root
# What no run with layers missing can show, and why.
NOT_SEPARABLE = {
    "raise_limit": "the kernel: a hard limit is raised with a capability only, which whoever starts the test may lack",
    "x32": "seccomp; most kernels have no such calls either",
    "seccomp_off": "the kernel: no call takes a filter away",
    "proc_sysrq": "as proc_sys; the kernel may have none",
    "proc_kcore": "as proc_sys; the kernel may have none",
    "proc_exe": "the kernel: what runs cannot be opened for writing",
    "kill_init": "the kernel: a namespace's first process gets no deadly signal from within",
}
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
NO_ATTEMPT = {"sock_shutdown", "sock_accept"}  # rights.py tries them
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
        os.mkdir(os.path.join(top, "second"))
        for name in ("second/file", "shim.so"):
            with open(os.path.join(top, name), "w") as f:
                f.write("hello\n")
        for name in ("sub", "race-dir", "empty"):
            os.mkdir(os.path.join(self.granted, name))
        os.symlink(self.outside, os.path.join(self.granted, "link-out"))
        os.symlink("a.txt", os.path.join(self.granted, "link"))
        self.sockets = [socket.socket(socket.AF_UNIX, kind) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_DGRAM)]
        here = os.getcwd()
        os.chdir(self.granted)  # such an address has 108 bytes
        for one, name in zip(self.sockets, ("socket", "datagrams", "\0" + self.outside)):
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
    """Runs it with a canary in the same process group. Returns what came of it, and whether the canary lives."""
    canary = subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL, preexec_fn=lambda: os.setpgid(0, 0))

    def prepare():
        os.setpgid(0, canary.pid)
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    done = subprocess.run(argv, cwd=scene.granted, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                          pass_fds=scene.left_open, preexec_fn=prepare)
    # It may not have come to dying of a signal yet; it dies of the first it got, so ours tells whether there was another.
    canary.terminate()
    return done, canary.wait() == -signal.SIGTERM


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
    done, lives = run(scene, [wasiward, "run", "--wall", "auto", *options, "--dir", f".:{rights}", "--dir", f"../second:{rights}", program,
                              *which, scene.outside])
    rows = answers(done)
    problems = [] if done.returncode == 0 else [f"exit status {done.returncode}: {done.stderr}"]
    if not lives:
        problems.append("a signal reached a process outside")
    if scene.state() != before:
        problems.append(f"outside changed: {before} {scene.state()}")
    if os.path.exists(os.path.join(scene.granted, "daemon-lives")):  # it holds our pipes: it has ended, too
        problems.append("a daemon outlived the run")
    if scene.received():
        problems.append("a message went to a socket outside")
    return rows, problems


def tried(work, partial_wall, off, policy, program, name):
    """The answer to one attempt with these layers off."""
    def one(scene):
        done, lives = run(scene, [partial_wall, off, policy, program, name, scene.outside])
        if name == "leave_daemon" and os.path.exists(os.path.join(scene.granted, "daemon-lives")):
            return "THROUGH"
        return answers(done).get(name, done.stderr.strip()) if lives else "THROUGH"
    answer = in_scene(work, one)
    assert answer in ("THROUGH", "died") or answer[:1] == "E" and answer.isalnum(), f"{name} without {off}: {answer}"
    for planted in ("/usr/wasiward-planted", "/planted"):
        if os.path.exists(planted):
            os.unlink(planted)
    return answer


def needed(work, partial_wall, policy, program, name):
    """The layers without which the answer to an attempt is another: [(off, answer)]."""
    whole, changed = tried(work, partial_wall, "none", policy, program, name), []
    for off in OFF if name not in NOT_SEPARABLE else []:
        # Several together say something only where none does alone.
        if "," in off and changed or name in NOT_TRIED.get(off, ()) or name == "race" and off != "mounts":
            continue
        if "+" not in policy and not FOR_POLICIES.isdisjoint(off.split(",")):
            continue
        if policy.endswith("+proc") and "pids" in off:  # nothing to mount it for
            continue
        answer = tried(work, partial_wall, off, policy, program, name)
        if answer != whole:
            changed.append((off, answer))
    return changed


def layers(work, partial_wall, policy, program, names):
    with multiprocessing.Pool(4) as pool:  # most of the time is spent waiting for the kernel
        return dict(zip(names, pool.starmap(needed, [(work, partial_wall, policy, program, name) for name in names], chunksize=1)))


def in_words(off):
    words = [LAYERS[layer] for layer in off.split(",")]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1] + " together"


def who(name, changed):
    if name in NOT_SEPARABLE:
        return f"not separable: {NOT_SEPARABLE[name]}"
    return "; ".join(f"{in_words(off)} ({answer})" for off, answer in changed) or NOT_SHOWN


def can_compare(wasiward):
    """The table in the docs is root's, with its usual capabilities, under a kernel with all that the wall uses."""
    doctor = subprocess.run([wasiward, "doctor"], capture_output=True, text=True)
    if doctor.returncode or "\n  NO " in doctor.stdout:
        return False
    with open("/proc/self/status") as f:
        has = int(f.read().split("CapEff:")[1].split()[0], 16)
    return all(has >> cap & 1 for cap in (1, 2, 18, 19, 21, 25, 27))  # DAC_OVERRIDE, …_READ_SEARCH, SYS_CHROOT, _PTRACE, _ADMIN, _TIME, MKNOD


def docs_rows(lines):
    """Attempt to what the table says of it, without the answers in parentheses, which depend on the kernel's configuration."""
    rows = [[cell.strip() for cell in line.strip(" |\n").split(" | ")] for line in lines if line.startswith("| ")]
    return {row[0]: re.sub(r" \([A-Z]+\)", "", row[-1]) for row in rows if row[0] != "attempt"}


def rights_table(work, wasiward, program, names):
    problems, rows = [], []
    for name in names:
        if name in NO_ATTEMPT:
            continue
        results = []
        for rights, kept in ((f"rw,-{name}", name in KERNEL_KEEPS), ("ro", name in READ_ONLY), (FINE, name in FINE_KEEPS), ("rw", False)):
            done, _ = in_scene(work, lambda scene: run(scene, [wasiward, "run", "--wall", "auto", "--dir", f".:{rights}", program, name]))
            stopped = "stopped" in done.stdout
            results.append(done.stdout.strip().removeprefix(name + " ") or done.stderr)
            if stopped != kept:
                problems.append(f"{name} with {rights}: {done.stdout.strip()!r} {done.stderr!r}, expected "
                                f"{'stopped' if kept else 'used'}")
        rows.append((name, results))
    return rows, problems


def main():
    update = sys.argv[1] == "--update"
    wasiward, partial_wall, model, dynamic, static, rights_program = (os.path.abspath(p) for p in sys.argv[1 + update:7 + update])
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
        changed = layers(work, partial_wall, "rw", static, names)
        print("| attempt | " + " | ".join(title for title, _, _ in columns) + " | stopped by (answer without it) |")
        print("|---|" + "---|" * len(columns) + "---|")
        for name, errors in table.items():
            print(f"| {name} | " + " | ".join(errors) + f" | {who(name, changed[name])} |")
        tables = [["| attempt | answers | stopped by (answer without it) |", "|---|---|---|"] +
                  [f"| {name} | {', '.join(dict.fromkeys(errors))} | {who(name, changed[name])} |" for name, errors in table.items()]]
        second = ["| attempt | policy | answer | stopped by (answer without it) |", "|---|---|---|---|"]
        for group, options, rights in GROUPS:
            rows, problems = in_scene(work, lambda scene: attempts(scene, wasiward, rights, static, options, ("--group", group)))
            wanted = subprocess.run([static, "--group-list", group, "/"], capture_output=True, text=True, check=True).stdout.split()
            changed = layers(work, partial_wall, f"{rights}+{group}", static, wanted)
            for name in wanted:
                answer = rows.get(name, "no answer")
                second.append(f"| {name} | {' '.join(options)}, {rights} | {answer} | {who(name, changed[name])} |")
                passed += answer.startswith("E")
                if not answer.startswith("E"):
                    problems.append(f"{name}: {answer}")
            for problem in problems:
                failed += 1
                print(f"FAILED {group}: {problem}")
        print("\n" + "\n".join(second))
        tables.append(second)
        if update:
            write_docs(model, tables)
        elif can_compare(wasiward):
            measured = docs_rows(tables[0]) | docs_rows(tables[1])
            with open(model) as f:
                told = docs_rows(f.read().split("## Attempts")[1].split("\n## ")[0].splitlines())
            for name in measured.keys() | told.keys():
                good = measured.get(name) == told.get(name) != NOT_SHOWN or name in OF_THE_MACHINE
                passed += good
                failed += not good
                if not good:
                    print(f"FAILED {name} is stopped by {measured.get(name)}; the threat model says {told.get(name)}")
        else:
            print("SKIPPED: the threat model's table is root's, with all capabilities, and not compared here")
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


def write_docs(path, tables):
    with open(path) as f:
        head, rest = f.read().split("## Attempts")
    section, tail = rest.split("\n## ", 1)
    parts = re.split(r"(?m)(?:^\| .*\n|^\|---.*\n)+", section)
    assert len(parts) == len(tables) + 1, "the section has another number of tables"
    text = parts[0] + "".join("\n".join(table) + "\n" + part for table, part in zip(tables, parts[1:]))
    with open(path, "w") as f:
        f.write(head + "## Attempts" + text + "\n## " + tail)


def rights_names(wasiward):
    text = subprocess.run([wasiward, "doctor"], capture_output=True, text=True).stdout
    return [line.split()[0] for line in text.split("Who keeps each right")[1].splitlines()[1:31]]


if __name__ == "__main__":
    sys.exit(main())

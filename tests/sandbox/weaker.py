#!/usr/bin/env python3
"""`wasiward doctor` and `wasiward run` on kernels that offer less: every line that the doctor says, what a run refuses and how,
and what --allow-weaker says is lost. The threat model's table says what the doctor must say of each right.

usage: weaker.py WASIWARD WEAK_KERNEL THREAT_MODEL
"""
import os
import re
import subprocess
import sys
import tempfile

NO_USERS = ["unshare", "-U", "--map-root-user", "sh", "-c",
            'echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set -all --inh-caps -all "$@"', "sh"]

NAMES = {
    "namespaces": "mount and PID namespaces",
    "mounts": "the mount API by descriptor (open_tree, move_mount, mount_setattr; Linux 5.12)",
    "seccomp": "seccomp filters",
    "landlock": "Landlock",
    "scope": "Landlock scopes (ABI 6)",
    "openat2": "openat2 (Linux 5.6)",
    "close_range": "close_range (Linux 5.11)",
}
USES = {
    "namespaces": "what is not granted does not exist; nothing outlives the launcher",
    "mounts": "granted directories in an empty root, read-only where no right changes anything",
    "seccomp": "system calls that the policy has no use for are refused",
    "landlock": "rights finer than read-only, and the outline where there are no namespaces",
    "scope": "no signals to processes outside, no abstract sockets",
    "openat2": "the kernel keeps a path beneath its directory; without it a walker does",
    "close_range": "descriptors that nobody named are closed at once",
}
ABSENT, FORBIDDEN, FULL, UNSUPPORTED = ("Function not implemented", "Operation not permitted", "No space left on device",
                                        "Operation not supported")

NO_NAMESPACES = ("the wall: no namespaces: Landlock keeps files from being read and written, but names, attributes and modes of what is not "
                 "granted can be seen and changed, and processes may outlive the launcher")
NOTHING = "the wall: no namespaces and no Landlock: a program's own system calls reach every file of yours"
NO_SECCOMP = "the wall: no seccomp filters: system calls that the policy has no use for are not refused"


def no_landlock(abi):
    return (f"the wall: no Landlock (ABI {abi}): rights finer than ro and rw are kept by the shim and the interpreter alone, not from system calls "
            "past them")


REFUSED = "this kernel cannot keep the grants; --allow-weaker runs nevertheless, --wall off does without (see wasiward doctor)"

# Grants that need more than mount flags, and the Landlock ABI that keeps them.
FINE = {".:rw,-fd_read": 2, ".:rw,-path_unlink_file": 0, ".:path_open,path_create_file,fd_write": 3}


class Machine:
    """What is missing, with the reason that the doctor gives; abi: of Landlock, None: the real one; lost: what a run with ro and rw loses."""

    def __init__(self, prefix, missing, lost=(), abi=None):
        self.prefix, self.missing, self.lost, self.abi = prefix, missing, list(lost), abi


def machines(weak):
    yield "whole", Machine([], {})
    yield "no user namespaces", Machine(NO_USERS, {"namespaces": FULL}, [NO_NAMESPACES])
    yield "no namespaces", Machine([weak, "namespaces"], {"namespaces": FORBIDDEN}, [NO_NAMESPACES])
    yield "no mount API", Machine([weak, "mounts"], {"mounts": ABSENT}, [NO_NAMESPACES])
    yield "no openat2", Machine([weak, "openat2"], {"openat2": ABSENT}, [NO_NAMESPACES])
    yield "no close_range", Machine([weak, "close_range"], {"close_range": ABSENT})
    yield "no seccomp", Machine([weak, "seccomp"], {"seccomp": ABSENT}, [NO_SECCOMP])
    yield "no Landlock", Machine([weak, "landlock"], {"landlock": UNSUPPORTED, "scope": ABSENT}, abi=0)
    for abi in range(1, 6):
        yield f"Landlock {abi}", Machine([weak, f"landlock={abi}"], {"scope": ABSENT}, abi=abi)
    yield "Landlock 6", Machine([weak, "landlock=6"], {}, abi=6)
    yield "nothing", Machine([weak, "namespaces,landlock,seccomp"],
                             {"namespaces": FORBIDDEN, "landlock": UNSUPPORTED, "scope": ABSENT, "seccomp": ABSENT}, [NOTHING, NO_SECCOMP], 0)


def table(path):
    """Right to what the threat model says who keeps it."""
    with open(path) as f:
        text = f.read().split("## Who keeps each right")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| (\w+) \| (.*) \|$", text, re.M))
    rows.pop("right")
    return rows


def keeper(row, mounts, seccomp, abi):
    """The doctor's words for a row of the threat model on a kernel with these means."""
    if row.startswith("seccomp"):
        return row if seccomp else "the core alone"
    needs = 3 if "(ABI 3)" in row else 2 if "(REFER)" in row else 1
    landlock = "Landlock" in row and abi >= (max(needs, 2) if mounts else needs)  # below 2, it would refuse renames within the root
    if "read-only mount" in row and mounts:
        return "read-only mounts, Landlock where only some rights are missing" if landlock \
            else "read-only mounts; the core alone where only some rights are missing"
    return "Landlock" if landlock else "the core alone"


def doctor_lines(machine, abi, rows, with_privilege, shims):
    has_mounts = not {"namespaces", "mounts", "openat2"} & machine.missing.keys()
    lines = ["This kernel:"]
    for feature, name in NAMES.items():
        what = f", ABI {abi}" if feature == "landlock" and abi else ""
        if feature in machine.missing:
            lines.append(f"  NO   {name} ({machine.missing[feature]})")
        else:
            if feature == "namespaces":
                what = ", with your own privilege" if with_privilege else ", in a user namespace"
            lines.append(f"  yes  {name}{what}")
        lines.append(f"         {USES[feature]}")
    lines += ["", "Who keeps each right (beside the core, which always does, for modules and for libc calls):"]
    lines += [f"  {right:26} {keeper(row, has_mounts, 'seccomp' not in machine.missing, abi)}" for right, row in rows.items()]
    whole = has_mounts and "seccomp" not in machine.missing
    says = "refuses without --allow-weaker" if not whole else "works here" if abi >= 3 else \
        "works here; some rights finer than ro and rw are refused without --allow-weaker"
    return lines + ["", *shims, "", f"wasiward run --wall auto: {says}"], int(not whole or abi < 3)


class Check:
    passed = failed = 0

    def equal(self, got, wanted, what):
        if got == wanted:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAILED {what}:")
        for a, b in zip(got, wanted) if isinstance(got, list) else [(got, wanted)]:
            if a != b:
                print(f"    {a!r}\n    should be {b!r}")
        if isinstance(got, list) and len(got) != len(wanted):
            print(f"    {len(got)} lines instead of {len(wanted)}")


def check_runs(check, name, machine, abi, wasiward):
    namespaces = not {"namespaces", "mounts", "openat2"} & machine.missing.keys()
    with tempfile.TemporaryDirectory() as top:
        with open(os.path.join(top, "a.txt"), "w") as f:
            f.write("hello\n")
        os.chmod(top, 0o755)
        for grant, needs in {".:ro": 0, ".": 0, **FINE}.items():
            lost = machine.lost + ([no_landlock(needs)] if namespaces and needs > abi else [])
            for weaker in ([], ["--allow-weaker"], ["--allow-weaker", "--wall", "require"]):
                command = [*machine.prefix, wasiward, "run", *weaker, "--dir", grant, "sh", "-c", "exit 7"]
                done = subprocess.run(command, cwd=top, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
                wanted = [f"wasiward: {line}" for line in lost]
                refused = lost and (not weaker or "require" in weaker)
                if refused:
                    end = REFUSED if not weaker else "this kernel cannot keep the grants (see wasiward doctor)"
                    wanted.append(f"wasiward: {end}")
                what = f"{name}: run {' '.join(weaker)} --dir {grant}"
                check.equal(done.returncode, 125 if refused else 7, what + f": exit status ({done.stderr})")
                check.equal(done.stderr.splitlines(), wanted, what)
        # What is left still holds: the core's rights, and the outline.
        command = [*machine.prefix, wasiward, "run", "--allow-weaker", "--dir", ".:rw,-fd_read", "sh", "-c", "read x < a.txt || exit 8"]
        done = subprocess.run(command, cwd=top, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        check.equal(done.returncode, 8, f"{name}: a right that is not granted ({done.stderr})")


def main():
    wasiward, weak, model = (os.path.abspath(p) for p in sys.argv[1:])
    rows = table(model)
    check = Check()
    with open("/proc/self/status") as f:
        privileged = int(f.read().split("CapEff:")[1].split()[0], 16) >> 21 & 1
    whole = subprocess.run([wasiward, "doctor"], capture_output=True, text=True).stdout
    # Which shims are installed is no matter of the kernel.
    shims = whole.split("\n\n")[2].splitlines()
    real = int(re.search(r"Landlock, ABI (\d+)", whole).group(1))
    for name, machine in machines(weak):
        abi = real if machine.abi is None else machine.abi
        if abi > real:
            print(f"SKIPPED: {name}: this kernel's is {real}")
            continue
        done = subprocess.run([*machine.prefix, wasiward, "doctor"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        lines, status = doctor_lines(machine, abi, rows, privileged, shims)
        check.equal(done.stdout.splitlines(), lines, f"{name}: doctor")
        check.equal(done.returncode, status, f"{name}: doctor's exit status")
        check_runs(check, name, machine, abi, wasiward)
    print(f"weaker: {check.passed} passed, {check.failed} failed")
    return check.failed > 0


if __name__ == "__main__":
    sys.exit(main())

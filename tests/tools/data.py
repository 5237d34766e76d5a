"""The data that the table's commands work on: the same bytes, names and times every time."""
import io
import json
import os
import random
import sqlite3
import subprocess
import tarfile
import zipfile
import gzip
import lzma

WHEN = 1_600_000_000

GIT_ENV = {
    "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_AUTHOR_DATE": "1600000000 +0000",
    "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org", "GIT_COMMITTER_DATE": "1600000000 +0000",
    "GIT_CONFIG_NOSYSTEM": "1",
}


def write(path, data, mode=0o644):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    os.chmod(path, mode)


def settle(root):
    """Gives everything one time, so that listings and archives agree."""
    for where, dirs, files in os.walk(root, topdown=False):
        for name in dirs + files:
            os.utime(os.path.join(where, name), (WHEN, WHEN), follow_symlinks=False)
    os.utime(root, (WHEN, WHEN))


def make_repo(path):
    env = dict(os.environ, **GIT_ENV, HOME="/nonexistent")
    for command in (["init", "-q", "-b", "main", path], ["-C", path, "add", "f"],
                    ["-C", path, "commit", "-q", "-m", "first"]):
        if command[-1] == "f":
            write(os.path.join(path, "f"), "content\n")
        subprocess.run(["git", *command], env=env, check=True)


def make(root, scripts):
    rng = random.Random(1)
    lines = "".join(f"line {i} {'needle' if i % 7 == 3 else 'hay'}\n" for i in range(20))
    write(f"{root}/a.txt", lines)
    write(f"{root}/b.txt", lines.replace("line 5", "LINE 5") + "last without newline")
    write(f"{root}/.hidden", "hidden\n")
    write(f"{root}/dup.txt", "x\nx\ny\ny\ny\nx\n")
    write(f"{root}/numbers.csv", "3,c\n1,a\n2,b\n10,j\n")
    write(f"{root}/list.txt", "a.txt\nsub/inner.txt\n")
    write(f"{root}/big.txt", "".join(f"{rng.getrandbits(64):016x} {i}\n" for i in range(20000)))
    write(f"{root}/big.bin", rng.randbytes(300_000))
    write(f"{root}/tool.sh", "#!/bin/sh\necho tool $1\n", 0o755)
    write(f"{root}/names/with space", "tab\there\n")
    write(f"{root}/names/ünï—code", "u\n")
    write(f"{root}/names/-dash", "d\n")
    write(f"{root}/sub/inner.txt", "needle in sub\n", 0o600)
    write(f"{root}/sub/more/leaf.txt", "leaf\n")
    write(f"{root}/deep/1/2/other.txt", "o\n")
    os.makedirs(f"{root}/deep/1/2/3")
    os.makedirs(f"{root}/empty")
    with open(f"{root}/sparse.bin", "wb") as f:
        f.truncate(1 << 20)
        f.seek(500_000)
        f.write(b"middle")
    os.link(f"{root}/a.txt", f"{root}/sub/a-hard.txt")
    os.symlink("a.txt", f"{root}/link-to-a")
    os.symlink("sub", f"{root}/link-to-sub")
    os.symlink("nowhere", f"{root}/dangling")
    os.symlink("../outside/secret", f"{root}/link-out")
    os.mkfifo(f"{root}/fifo")
    write(f"{root}/data.json", json.dumps({"name": "n", "items": [1, {"b": 2, "a": [True, None]}]}))
    write(f"{root}/a.txt.gz", gzip.compress(lines.encode(), mtime=0))
    write(f"{root}/a.txt.xz", lzma.compress(lines.encode()))
    write(f"{root}/schema.sql", "create table t(a integer primary key, b text);\n"
          "insert into t values(1,'one'),(2,'two');\nselect * from t;\n")
    make_db(f"{root}/test.db")
    make_repo(f"{root}/repo")
    with tarfile.open(f"{root}/archive.tar", "w") as tar:
        for name, kind, data in (("ar", tarfile.DIRTYPE, b""), ("ar/file", tarfile.REGTYPE, b"in tar\n"),
                                 ("ar/link", tarfile.SYMTYPE, b"file")):
            info = tarfile.TarInfo(name)
            info.type = kind
            info.mtime = WHEN
            info.mode = 0o755 if kind == tarfile.DIRTYPE else 0o640
            if kind == tarfile.SYMTYPE:
                info.linkname = data.decode()
                tar.addfile(info)
            else:
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    with zipfile.ZipFile(f"{root}/archive.zip", "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(zipfile.ZipInfo("zipped/one.txt", (2020, 9, 13, 12, 26, 40)), "in zip\n" * 50)
    for script in os.listdir(scripts):
        with open(os.path.join(scripts, script), "rb") as f:
            write(f"{root}/{script}", f.read())
    settle(root)


def make_db(path):
    db = sqlite3.connect(path)
    db.executescript("create table t(a integer primary key, b text); insert into t values(1,'one'),(2,'two');")
    db.close()


def make_outside(root, secret):
    write(f"{root}/secret", secret + "\n")
    write(f"{root}/tree/inside/file", secret + "\n")
    os.makedirs(f"{root}/tree/empty")
    write(f"{root}/data.json", json.dumps({"secret": secret}))
    db = sqlite3.connect(f"{root}/test.db")
    db.execute("create table t(a text)")
    db.execute("insert into t values(?)", (secret,))
    db.commit()
    db.close()
    with zipfile.ZipFile(f"{root}/archive.zip", "w") as z:
        z.writestr(zipfile.ZipInfo("stolen.txt", (2020, 9, 13, 12, 26, 40)), secret)
    make_repo(f"{root}/repo")
    settle(root)

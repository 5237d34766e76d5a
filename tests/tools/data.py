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


MAKEFILE = """CFLAGS = -O2 -Wall
count: main.o libwords.a
\t$(CC) $(CFLAGS) -o $@ main.o -L. -lwords
libwords.a: words.o
\tar rcD $@ words.o
main.o words.o: words.h
clean:
\trm -f *.o *.a count count.stripped
"""

# Sources of all kinds that tools translate, check or format.
SOURCES = {
    "project/Makefile": MAKEFILE,
    "project/words.h": "int words(const char *line);\n",
    "project/words.c": '#include "words.h"\n#include <ctype.h>\nint words(const char *s)\n{\n\tint n = 0, in = 0;\n'
                       "\tfor (; *s; s++) {\n\t\tint w = !isspace((unsigned char)*s);\n\t\tn += w && !in;\n\t\tin = w;\n\t}\n"
                       "\treturn n;\n}\n",
    "project/main.c": '#include <stdio.h>\n#include "words.h"\nint main(int argc, char **argv)\n{\n'
                      "\tfor (int i = 1; i < argc; i++) {\n\t\tFILE *f = fopen(argv[i], \"r\");\n\t\tif (!f) {\n"
                      "\t\t\tperror(argv[i]);\n\t\t\treturn 1;\n\t\t}\n\t\tchar line[512];\n\t\tint n = 0;\n"
                      "\t\twhile (fgets(line, sizeof line, f))\n\t\t\tn += words(line);\n\t\tfclose(f);\n"
                      '\t\tprintf("%d %s\\n", n, argv[i]);\n\t}\n}\n',
    "scan.l": "%option noyywrap\n%%\n[0-9]+ { return 1; }\n.|\\n ;\n%%\nint main(void) { return yylex(); }\n",
    "grammar.y": "%token N\n%%\ne: N | e '+' N ;\n%%\nint main(void) { return 0; }\n",
    "macros.m4": "define(`greet', `hello $1')dnl\ngreet(`world')\ninclude(`a.txt')\nesyscmd(`wc -l < b.txt')",
    "page.xml": "<page><title>One</title><item n='2'/><item n='1'/></page>\n",
    "page.xsl": '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:output method="text"/>'
                '<xsl:template match="/"><xsl:value-of select="//title"/> <xsl:for-each select="//item"><xsl:sort select="@n"/>'
                '<xsl:value-of select="@n"/>,</xsl:for-each></xsl:template></xsl:stylesheet>\n',
    "bc.txt": "scale=20\n4*a(1)\nobase=16\n255\n",
    "dc.txt": "20k2vp\n[la1+dsa*pla10>y]sy0sa1lyx\n",
    "change.diff": "--- a.txt\n+++ a.txt\n@@ -1,3 +1,3 @@\n line 0 hay\n-line 1 hay\n+line one hay\n line 2 hay\n",
    "po/de.po": 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "one"\nmsgstr "eins"\n',
    "image.ppm": "P3\n4 2\n255\n" + " ".join(str(i * 10) for i in range(24)) + "\n",
    "srv/nginx.conf": "daemon off;\npid srv/pid;\nerror_log stderr;\nevents {}\nhttp {\n  access_log off;\n  server { listen 127.0.0.1:47811; "
                      "root srv; }\n" + "".join(f"  {kind}_temp_path srv/{kind};\n" for kind in
                                                ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) + "}\n",
}


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
    for name, text in SOURCES.items():
        write(f"{root}/{name}", text)
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

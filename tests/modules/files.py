"""What both Pythons do with a granted directory: the native one and the module must print the same."""
import hashlib
import json
import os
import zlib

os.chdir("/data")
print(sorted(os.listdir(".")))
with open("numbers.txt", "w") as f:
    for i in range(1000):
        f.write(f"{i} {i * i}\n")
print(os.stat("numbers.txt").st_size, sum(int(line.split()[1]) for line in open("numbers.txt")))
with open("numbers.txt", "r+b") as f:
    f.seek(-7, os.SEEK_END)
    f.write(b"replace")
    f.truncate(11000)
print(hashlib.sha256(open("numbers.txt", "rb").read()).hexdigest())

os.makedirs("a/b/c")
for i in range(200):
    open(f"a/b/{i:03}", "w").close()
print(len(os.listdir("a/b")), [e.name for e in sorted(os.scandir("a"), key=lambda e: e.name) if e.is_dir()])
os.rename("a/b/000", "a/renamed")
os.symlink("renamed", "a/link")
os.link("a/renamed", "a/hard")
print(os.readlink("a/link"), os.stat("a/hard").st_nlink, os.path.islink("a/link"), os.path.exists("a/link"))
os.utime("a/renamed", ns=(1_000_000_000, 2_000_000_000))
print(os.stat("a/renamed").st_mtime_ns)
for where, dirs, files in os.walk("a/b", topdown=False):
    for name in files:
        os.unlink(os.path.join(where, name))
    os.rmdir(where)
with open("packed", "wb") as f:
    f.write(zlib.compress(b"x" * 100000))
print(len(zlib.decompress(open("packed", "rb").read())))
json.dump({"b": [1, 2], "a": None}, open("out.json", "w"), sort_keys=True)

for what, args in ((open, ("missing",)), (os.mkdir, ("a",)), (os.rmdir, ("a",)), (os.unlink, ("a",)),
                   (os.listdir, ("out.json",)), (open, ("a", "w")), (os.readlink, ("out.json",))):
    try:
        what(*args)
        print(what.__name__, args, "worked")
    except OSError as e:
        print(what.__name__, args, type(e).__name__)

import glob, json, os, shutil, sqlite3, stat, subprocess, sys, tempfile

for where, dirs, files in os.walk("."):
    dirs.sort()
    if ".git" in dirs:
        dirs.remove(".git")
    for name in sorted(files):
        path = os.path.join(where, name)
        st = os.lstat(path)
        print(path, stat.filemode(st.st_mode), st.st_size if stat.S_ISREG(st.st_mode) else "-")

with open("made.txt", "w") as f:
    f.write("one\ntwo\n")
with open("made.txt", "r+") as f:
    f.seek(4)
    f.write("TWO")
os.rename("made.txt", "renamed.txt")
print(open("renamed.txt").read())
os.truncate("renamed.txt", 2)
os.chmod("renamed.txt", 0o600)
os.utime("renamed.txt", (1, 2))
print(os.stat("renamed.txt").st_mtime, oct(os.stat("renamed.txt").st_mode))

with tempfile.TemporaryDirectory(dir=".") as d:
    with tempfile.NamedTemporaryFile(dir=d) as t:
        t.write(b"x" * 1000)
        t.flush()
        print(os.path.getsize(t.name))
    shutil.copytree("sub", os.path.join(d, "copy"))
    print(sorted(os.listdir(os.path.join(d, "copy"))))
shutil.copy2("a.txt", "a2.txt")
shutil.make_archive("arch", "tar", "sub")
shutil.rmtree("deep")
print(os.path.exists("deep"), os.path.realpath("link-to-a") == os.path.realpath("a.txt"))
print(sorted(glob.glob("*.txt")))

with open("j.json", "w") as f:
    json.dump({"k": [1, 2, 3]}, f)
print(json.load(open("j.json")))

db = sqlite3.connect("py.db")
db.execute("create table p(x)")
db.executemany("insert into p values(?)", [(i,) for i in range(100)])
db.commit()
print(db.execute("select sum(x) from p").fetchone())
db.close()

print(subprocess.run(["wc", "-c", "a.txt"], capture_output=True, text=True).stdout)
print(subprocess.check_output("cat a.txt | head -1", shell=True))
r, w = os.pipe()
if os.fork() == 0:
    os.write(w, b"from the child")
    os._exit(7)
print(os.wait()[1] >> 8, os.read(r, 100))
fd = os.open("sub", os.O_RDONLY | os.O_DIRECTORY)
print(sorted(os.listdir(fd)), os.stat("inner.txt", dir_fd=fd).st_size)
os.chdir("sub")
print(os.path.basename(os.getcwd()), os.path.exists("inner.txt"), os.path.exists("../a.txt"))
os.fchdir(fd)
os.close(fd)
try:
    os.open("missing", os.O_RDONLY)
except FileNotFoundError as e:
    print(e.errno)
sys.exit(5)

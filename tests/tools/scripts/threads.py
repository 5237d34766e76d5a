import os, threading

def work(n):
    for i in range(50):
        name = f"thread-{n}-{i}"
        with open(name, "w") as f:
            f.write(str(i))
        os.rename(name, name + ".done")
        with open(name + ".done") as f:
            assert f.read() == str(i)
        os.unlink(name + ".done")

threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print("done", [n for n in os.listdir(".") if n.startswith("thread-")])

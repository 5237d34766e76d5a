#!/bin/sh
# The same --dir rules for native tools and for CPython as a WebAssembly module.
# usage: demo.sh WASIWARD PYTHON.WASM
set -eu
wasiward=$(realpath "$1")
python=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/data" "$work/private"
echo "nobody's business" > "$work/private/secret"
cd "$work"

show() {
  printf '\n\033[1m$ wasiward run'
  for word; do
    case $word in
    "$python") printf ' python.wasm' ;;
    *[!A-Za-z0-9_./:=-]*) printf " '%s'" "$word" ;;
    *) printf ' %s' "$word" ;;
    esac
  done
  printf '\033[0m\n'
  status=0
  "$wasiward" run "$@" || status=$?
  [ $status = 0 ] || echo "(exit status $status)"
}

# expect STATUS …: a demo that does not do what it says must not look like one that does.
expect() {
  wanted=$1
  shift
  show "$@"
  [ "$status" = "$wanted" ] || { echo "demo: expected exit status $wanted"; exit 1; }
}

echo "The directory data/ is granted, private/ beside it is not."

printf '\n-- sqlite3, a native program, creates and asks a database\n'
expect 0 --dir data sqlite3 data/fruit.db \
  "create table fruit(name, price); insert into fruit values('apple', 3), ('pear', 4);"
expect 0 --dir data:ro sqlite3 -readonly data/fruit.db "select name, price from fruit order by price desc"

printf '\n-- tar, a native program, packs a tree\n'
mkdir data/tree
echo one > data/tree/1
echo two > data/tree/2
expect 0 --dir data tar -C data -cvf data/tree.tar tree
expect 0 --dir data:ro tar tf data/tree.tar

printf '\n-- CPython, a WebAssembly module, reads and writes in the same directory\n'
expect 0 --dir data "$python" -c '
import json, os, tarfile
print("sees:", sorted(os.listdir("data")))
print("tar made by the native tool:", tarfile.open("data/tree.tar").getnames())
with open("data/from-wasm.json", "w") as f:
    json.dump({"platform": __import__("sys").platform}, f)
'
expect 0 --dir data:ro cat data/from-wasm.json
echo

printf '\n-- what is not granted is refused, and --explain says why: sqlite3, tar, CPython\n'
show --explain --dir data sqlite3 private/stolen.db "create table t(a)"
[ "$status" != 0 ] || { echo "demo: sqlite3 was not refused"; exit 1; }
expect 2 --explain --dir data:ro tar cf data/more.tar data/tree
expect 2 --explain --dir data tar cf data/stolen.tar "$work/private"
show --explain --dir data "$python" -c 'print(open("data/../private/secret").read())'
[ "$status" != 0 ] || { echo "demo: CPython was not refused"; exit 1; }
[ ! -e private/stolen.db ] && [ "$(ls private)" = secret ] || { echo "demo: something got out"; exit 1; }

printf '\n-- the calls of a module, one a line\n'
expect 0 --trace --dir data:ro cat data/tree/1

printf '\nEverything else: wasiward run --help\n'

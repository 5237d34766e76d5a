# A small C project: make, the compiler and its tools, run what was built, change it, build again.
set -e
export TMPDIR=$PWD/project
cd project
make CC=${1:-gcc} 2>&1
./count ../a.txt ../b.txt
touch words.c
make CC=${1:-gcc} 2>&1
make CC=${1:-gcc} 2>&1
nm -g libwords.a | grep ' T '
ar t libwords.a
objdump -d words.o | grep -c 'words'
strip -o count.stripped count && ./count.stripped ../dup.txt
size count.stripped | wc -l
make clean
ls

# Pipelines, here-documents, traps, background jobs, arrays, FIFOs, process substitution.
set -o pipefail
trap 'echo leaving with $?' EXIT
trap 'echo caught USR1' USR1
sort big.txt | head -c 200 | tr a-f A-F | tee piped.txt | wc -c
cat <<HERE > here.txt
first ${#BASH} $(wc -l < a.txt)
HERE
cat <<'RAW' >> here.txt
raw $HOME
RAW
cat <<< "here string" >> here.txt
for i in 1 2 3; do (echo job $i > job-$i.txt; exit $i) & jobs_list+=($!); done
for j in "${jobs_list[@]}"; do wait "$j"; echo "status $?"; done
kill -USR1 $$
sleep 5 & victim=$!; sleep 0.2
kill $victim; wait $victim 2>/dev/null; echo "killed: $?"
false | true; echo "pipefail: $?"
exec 9> nine.txt; echo to nine >&9; exec 9>&-
while read -r word rest; do count=$((count + 1)); done < <(cat a.txt b.txt); echo "$count lines"
mapfile -t lines < a.txt; echo "${lines[3]}"
printf '%s\n' sub/*.txt **/leaf.txt
diff <(sort a.txt) <(sort -r a.txt | sort) && echo same
[ -p fifo ] && { echo through a fifo > fifo & cat fifo; wait; }
umask 077; : > private.txt; stat -c %a private.txt
cd sub && pwd | sed 's,.*/,,' && cd - > /dev/null
exit 7

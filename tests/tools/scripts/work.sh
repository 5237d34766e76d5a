# A script as people write them: redirections, pipelines, here-documents, background jobs, traps, functions.
set -u
trap 'echo trapped; rm -f scratch' EXIT
count() { wc -l < "$1"; }
count a.txt
while read -r first rest; do echo "$rest"; done < a.txt | sort -u > rests
cat rests <<EOT >> both
here $(basename "$PWD" | wc -c)
EOT
cat - rests <<EOT > both2
here
EOT
(cd sub && ls && pwd | sed 's,.*/,,')
sleep 0.01 & wait $!
echo "wait $?"
for f in *.txt; do [ -s "$f" ] && echo "$f"; done
exec 5> five; echo five >&5; exec 5>&-
cat five
./tool.sh arg
cat missing 2> err; echo "status $?"; wc -l < err
cp a.txt scratch && test -f scratch && echo there
command -v ls > /dev/null && echo found
echo x > /dev/null
umask 077; : > private; stat -c %a private
kill -0 $$ && echo alive

:%s/needle/NEEDLE/g
:2,3delete
:$read numbers.csv
:write edited.txt
:edit b.txt
:global/hay/normal Aappended
:write
:quit!

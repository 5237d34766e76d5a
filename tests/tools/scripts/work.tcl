set f [open a.txt]; set lines [split [read $f] \n]; close $f
puts "[llength $lines] lines"
file mkdir tcl/a
set f [open tcl/out.txt w]; puts $f [lsort [glob -nocomplain *.txt]]; close $f
file rename tcl/out.txt tcl/a/moved.txt
file copy sub tcl/copy
puts [lsort [glob tcl/*]]
puts [exec sort -r dup.txt | uniq]
puts [catch {open missing} why]:$why
puts [file type link-to-a],[file size a.txt],[file mtime a.txt]

use strict;
use warnings;
use File::Find;
use File::Copy;
use File::Temp qw(tempfile);

find({ wanted => sub { print "$File::Find::name\n" if -f && !/^\./ && $File::Find::name !~ /\.git/ }, no_chdir => 1,
       preprocess => sub { sort @_ } }, "sub", "deep");
copy("a.txt", "perl-copy.txt") or die $!;
open(my $in, "<", "a.txt") or die $!;
open(my $out, ">", "perl-out.txt") or die $!;
while (<$in>) { print $out scalar reverse }
close $out;
rename("perl-out.txt", "perl-renamed.txt") or die $!;
mkdir("perl-dir", 0750) or die $!;
my ($fh, $name) = tempfile(DIR => "perl-dir");
print $fh "x" x 100;
close $fh;
print -s $name, "\n";
unlink($name);
opendir(my $d, ".") or die $!;
print join(" ", sort grep { !/^\./ } readdir($d)), "\n";
closedir $d;
print `wc -l < a.txt`;
printf "%o\n", (stat("a.txt"))[2];
open(my $no, "<", "missing") or print "no: $!\n";
exit 4;

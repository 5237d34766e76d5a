require 'json'
require 'fileutils'
require 'tempfile'
data = JSON.parse(File.read('data.json'))
puts JSON.generate(data)
FileUtils.mkdir_p('ruby/a/b')
File.open('ruby/a/b/out.txt', 'w') { |f| f.puts Dir.glob('**/*.txt').sort }
FileUtils.mv('ruby/a/b/out.txt', 'ruby/moved.txt')
FileUtils.cp_r('sub', 'ruby/copy')
puts `wc -l < a.txt`.strip
r, w = IO.pipe
fork { r.close; w.puts "child #{File.basename(Dir.pwd)}"; exit!(3) }
w.close
puts r.read
Process.wait
puts $?.exitstatus
puts Thread.new { File.readlines('a.txt').size }.value
begin
  File.read('missing')
rescue SystemCallError => e
  puts e.class
end
Tempfile.create('t', '.') { |f| f.write 'x'; f.flush; puts File.size(f.path) }

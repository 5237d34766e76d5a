-- Language, libraries, errors that are caught, coroutines, and files.
local function show(...) print(select("#", ...), ...) end

-- Numbers of errors differ between the two worlds, their names do not.
local function fails(_, message) return message end

local squares = {}
for i = 1, 10 do squares[#squares + 1] = i * i end
show(table.concat(squares, ","))
table.sort(squares, function(a, b) return a > b end)
show(squares[1], squares[10], #squares)
show(string.format("%5.2f|%-6s|%04x|%q", math.pi, "ab", 255, 'a"b\n'))
show(("one two three"):gsub("%w+", string.upper))
show(string.rep("ab", 3, "-"), ("x"):byte(), utf8.char(228, 8364), #utf8.char(8364))
show(7 // 2, 7 % 3, 2 ^ 10, 1 << 40, math.maxinteger, 10 / 2)
show(tostring(1e100), 0x7fffffffffffffff + 1, math.type(3.0))

-- Errors: setjmp and longjmp under the hood.
show(pcall(error, "thrown"))
show(pcall(error, { code = 3 }) and "?" or "a table")
show(select(2, pcall(function() local t = nil; return t.x end)))
show(xpcall(function() error("deep", 0) end, function(m) return "handled " .. m end))
local depth = 0
local function recurse() depth = depth + 1; return 1 + recurse() end
local fine, message = pcall(recurse)
show(fine, message:match("stack overflow") ~= nil, depth > 1000)
for i = 1, 2000 do pcall(error, i) end
local caught = setmetatable({}, { __close = function(_, e) show("closed", e) end })
show(pcall(function() local _ <close> = caught; error("with close", 0) end))

local co = coroutine.wrap(function(a) for i = 1, 3 do a = coroutine.yield(a * i) end error("the end", 0) end)
show(co(2), co(3), co(4))
show(pcall(co, 5))
show(pcall(co, 5))

-- Files.
local f = assert(io.open("/made.txt", "w"))
f:write("line 1\n", 2, "\n", 3.5, "\n")
show(f:seek("cur"), f:seek("set", 5), f:seek("end"))
f:close()
for line in io.lines("/made.txt") do show(line) end
f = io.open("/made.txt", "r+")
show(f:read("l", "n", "n", "l", "a"))
f:seek("set", 0)
f:write("LINE")
f:close()
show(io.open("/made.txt"):read("a"))
show(fails(io.open("/missing")))
show(pcall(io.lines, "/missing"))
show(os.rename("/made.txt", "/renamed.txt"))
show(fails(os.rename("/made.txt", "/x")))
show(fails(os.remove("/missing")))
show(fails(os.remove("/dir")))
show(os.getenv("LETTER"), os.getenv("NONE"))
show(os.time({ year = 2024, month = 2, day = 29, hour = 12 }), os.date("!%Y-%m-%d %H:%M:%S", 86400 * 366))
show(os.time())
show(pcall(require, "nothing"))
show(load("return 1 +")) 
show(load("return ...")(1, nil, 3))
show(fails(pcall(io.popen, "ls")))
io.stderr:write("to standard error\n")
show(io.read("l"), io.read("n"), io.read("a"))
os.exit(3)

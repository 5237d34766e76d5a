#!/bin/bash
# Completes command lines as bash would: completion.sh FILE
set -u
. "$1"
failed=0
passed=0

# try EXPECTED WORD… : the last word is completed; EXPECTED must be among the results.
try() {
  local expected=$1
  shift
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
  _wasiward
  if printf '%s\n' "${COMPREPLY[@]}" | grep -qxe "$expected"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "\"$*\" offers not $expected but: ${COMPREPLY[*]}"
  fi
}

try compare wasiward com
try --profile wasiward run --pro
try strict wasiward run --profile s
try --filter wasiward trace --f
try --runtime wasiward trace --run
try sarif wasiward audit --format sa
try --junit wasiward compare --ju
try audit wasiward help a
try from-trace wasiward policy fr
try --dir wasiward policy show --di
try --profile wasiward audit --run --pro
try --known wasiward compare --kn
try sorted wasiward run --readdir s
try --run wasiward audit --ru
echo "completion: $passed passed, $failed failed"
[ $failed = 0 ]

# ruffprof stat: the program's streams and code pass through, the table is on stderr.
# shellcheck shell=bash
# shellcheck source=tests/lib.sh
. "$top_srcdir/tests/lib.sh"
cd "$tmp" || exit 1

cat >program.ruff <<'TEXT'
let a := []
let i := 0
while i < 100 { a := push(a, i) i := i + 1 }
print(input())
exit(3)
TEXT
code=0
out=$(echo hello | "$RUFFPROF_PROGRAM" stat program.ruff 2>err.txt) || code=$?
tap_check "exit code and output pass through" test "$code $out" = "3 hello"
tap_check "the clock is in the table" grep -q 'task-clock' err.txt
tap_check "so are the runtime's own counters" grep -Eq '[1-9][0-9]*  bytes allocated' err.txt
printf 'let a := [1]\nprint("x")\n' >twice.ruff
out=$("$RUFFPROF_PROGRAM" stat -r 5 -e task-clock twice.ruff 2>err.txt)
tap_check "repeats print nothing" test "$out" = x
tap_check "and give a deviation" grep -Eq 'allocations +± 0.00 %' err.txt
code=0
"$RUFFPROF_PROGRAM" stat -e task-clock,no-such-event twice.ruff >out.txt 2>err.txt || code=$?
tap_check "an unknown event is a usage error" test "$code" = 2
tap_check "said in one line" test "$(wc -l <err.txt)" = 1
tap_done

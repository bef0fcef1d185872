#!/bin/bash
# ruffbench as a user types it: results, failures, bad input, interrupts.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

bench=$RUFFBENCH_PROGRAM
cd "$tmp" || exit 1

# run COMMAND...: output in out and err, exit code in $code.
run() {
    code=0
    "$@" >out 2>err </dev/null || code=$?
}

# check NAME CONDITION...: shows both outputs when the condition fails.
check() {
    local name=$1
    shift
    if "$@"; then
        tap_ok "$name"
    else
        tap_fail "$name" "code $code
$(cat out err)"
    fi
}

exits() {
    [ "$code" -eq "$1" ]
}

# One line on stderr that contains the text, nothing on stdout, this exit code.
refuses() {
    exits "$1" && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] && grep -qF -- "$2" err
}

json() {
    python3 -c '
import json, sys
d = json.load(open("r.json"))
b = {(x["name"], x["mode"]): x for x in d["benchmarks"]}
sys.exit(0 if eval("(" + sys.argv[1] + ")") else 1)' "$1"
}

# ---- Usage ---------------------------------------------------------------------

run "$bench" --help
check "--help explains every option and column" \
    eval 'exits 0 && grep -q -- "--processes=N" out && grep -q "95 % interval" out &&
        grep -q "^Examples" out'
run "$bench" --version
check "--version names features" eval 'exits 0 && grep -q "^ruffbench 0" out'
run "$bench" --proceses 3
check "unknown option suggests the nearest" refuses 2 "--processes"
run "$bench" --mode=turbo
check "unknown mode" refuses 2 "turbo"
run "$bench" --profile cpu,gpu
check "unknown profile kind" refuses 2 "gpu"
run "$bench" -i 0
check "zero iterations" refuses 2 "0"
run "$bench" --export=gnuplot=f
check "unknown export format" refuses 2 "gnuplot"
run "$bench" --export=go
check "export without a file" refuses 2 "no file name"
run "$bench" "$top_srcdir/suites/micro" --filter '('
check "broken filter" refuses 2 "regular expression"
for option in --html=d --db=f --save=n --baseline=n --against=r --threshold=1 \
    --fail-on-regression --self-test --counters; do
    run "$bench" "$option"
    check "$option is refused, not ignored" refuses 2 "not part of version"
done
for command in compare history; do
    run "$bench" "$command" a b
    check "$command is refused, not ignored" refuses 2 "not part of version"
done
if ! "$bench" --version | grep -qw jit; then
    run "$bench" --mode=jit
    check "mode jit without a JIT" refuses 2 "not built in"
fi

run "$bench" --pin 1000
check "a CPU that is not there" refuses 2 "CPU 1000"
run "$bench" --input nothing.txt "$top_srcdir/suites/micro"
check "missing input" refuses 5 "cannot read the input 'nothing.txt'"

run "$bench" nothing.ruff
check "missing file" refuses 5 \
    "[RUFCLI001] [cli] error: Failed to read .ruff file 'nothing.ruff': No such file"
mkdir empty
run "$bench" empty
check "folder without programs" refuses 2 "no .ruff files in folder 'empty'"
run "$bench" --json /nonexistent/r.json --quick -i 1 -w 0 --processes 1 \
    "$top_srcdir/suites/micro/func_calls.ruff"
check "result file that cannot be written" eval 'exits 5 && grep -q "cannot write" err'
check "which is said before anything is measured" test ! -s out
run "$bench" --json /dev/full -i 1 -w 0 --processes 1 \
    "$top_srcdir/suites/micro/func_calls.ruff"
check "a full disk" eval 'exits 5 && grep -q "No space left" err'
"$bench" -i 1 -w 0 --processes 1 "$top_srcdir/suites/micro/func_calls.ruff" \
    >/dev/full 2>err </dev/null
code=$?
check "standard output that is full" eval 'exits 5 && grep -q "cannot write" err'

# ---- The micro suite -----------------------------------------------------------

run "$bench" "$top_srcdir/suites/micro" -i 3 -w 2 --processes 5 --seed 11 \
    --json r.json --csv r.csv --markdown r.md
check "suites/micro runs in every engine" eval 'exits 0 && ! grep -q ✗ out'
check "report names the seed" grep -q "seed 11" out
check "no colour outside a terminal" eval '! grep -qP "\x1b" out'
check "comparison table" eval 'grep -q "Interpreter  *VM  *JIT  *Speedup" out &&
    grep -q "geometric mean (8)" out && grep -q "total (8)" out'
check "lines fit 120 columns" eval '! LC_ALL=C.UTF-8 grep -qE "^.{121}" out'
check "JSON: eight programs per engine, all ok" json \
    'len(d["benchmarks"]) % 8 == 0 and all(x["ok"] for x in d["benchmarks"])'
check "JSON: five processes of three samples" json \
    'all(len(x["processes"]) == 5 and all(len(p["samples"]) == 3 and len(p["warmup"]) == 2
     and p["startup"] > 0 for p in x["processes"]) for x in d["benchmarks"])'
check "JSON: statistics are those of the process medians" json \
    'all(abs(sorted(sorted(p["samples"])[1] for p in x["processes"])[2] - x["median"]) < 1
     and x["min"] <= x["ci95"][0] <= x["median"] <= x["ci95"][1] <= x["max"]
     for x in d["benchmarks"])'
check "JSON: allocations are the same in every process" json \
    'b["array_ops", "vm"]["allocations"] > 0 and b["array_ops", "vm"]["bytes"] > 0'
check "CSV: every row has 18 fields" python3 -c '
import csv, sys
rows = list(csv.reader(open("r.csv")))
sys.exit(0 if len(rows) > 16 and all(len(r) == 18 for r in rows) else 1)'
check "Markdown table" grep -qF "| fib\_recursive | " r.md

run "$bench" --ops --json r.json "$top_srcdir/suites/micro/fib_recursive.ruff"
cp r.json first.json
run "$bench" --ops --json r.json "$top_srcdir/suites/micro/fib_recursive.ruff"
check "--ops counts the same twice" eval 'exits 0 && python3 -c "
import json
a, b = (json.load(open(f))[\"benchmarks\"] for f in (\"first.json\", \"r.json\"))
assert [x[\"ops\"] for x in a] == [x[\"ops\"] for x in b]
assert all(x[\"ops\"] > 20000 for x in a if x[\"mode\"] == \"vm\")"'

(cd "$top_srcdir" && "$bench" fib_recursive.ruff --quick -i 1 -w 1 --processes 1) \
    >out 2>err </dev/null
code=$?
check "a bare name is looked up in the suites" \
    eval 'exits 0 && grep -q "suites/micro/fib_recursive.ruff" err'
run "$bench" list "$top_srcdir/suites/micro"
check "list" eval 'exits 0 && grep -c . out | grep -qx 8'
run "$bench" doctor
check "doctor" eval 'exits 0 && grep -q "^processor" out'
printf 'result := 6 * 7\nprint(result)\n' >prog.ruff
"$bench" - -i 1 -w 1 --processes 1 <prog.ruff >out 2>err
code=$?
check "a program on standard input" eval 'exits 0 && grep -q "^stdin" out'
run "$bench" prog.ruff -i 1 -w 1 --processes 1 --color=always
check "colour on request" grep -q "$(printf '\033')" out

# ---- Benchmark functions -------------------------------------------------------

cat >sorts.ruff <<'END'
values := [3, 1, 2]
func bench_sort() { print(sort(values)) }
func bench_sum() { print(sum(values)) }
func bench_with_parameter(x) { return x }
func helper() { return 1 }
END
run "$bench" sorts.ruff -i 2 -w 1 --processes 1 --json r.json
check "bench_NAME functions are benchmarks of their own" eval 'exits 0 &&
    json "sorted({n for n, m in b}) == [\"sorts.sort\", \"sorts.sum\"]"'

# ---- Bad programs --------------------------------------------------------------

mkdir bad
printf 'print(1)\n' >bad/good.ruff
printf 'x := (1\n' >bad/syntax.ruff
printf 'print(1)\nassert_equal(5, 10)\n' >bad/wrong.ruff
printf 'exit(3)\n' >bad/exit3.ruff
printf 'exit(0)\n' >bad/exit0.ruff
printf 'while true { x := 1 }\n' >bad/hang.ruff
printf 'while true { print("flood flood flood flood flood") }\n' >bad/flood.ruff
printf 'func f(n) { return f(n + 1) + 1 }\nf(0)\n' >bad/deep.ruff
printf 'print(input())\n' >bad/reads.ruff
printf 'print(performance_now())\n' >bad/clock.ruff
printf 's := "x"\nwhile true { s := s + s }\n' >bad/greedy.ruff
run "$bench" bad --max-memory 64M -i 2 -w 1 --processes 2 --timeout 2 --json r.json
check "bad programs: exit 3" exits 3
check "the good one goes on" json 'all(b["good", m]["ok"] for n, m in b if n == "good")'
check "syntax error is the reason" json '"RUFPARSE001" in b["syntax", "vm"]["error"]'
check "runtime error with its position" json \
    '"expected Int(10), got Int(5) at bad/wrong.ruff:2:" in b["wrong", "vm"]["error"]'
check "exit(3) is a failure" json 'b["exit3", "vm"]["error"] == "called exit(3)"'
check "exit(0) is none" json 'b["exit0", "vm"]["ok"]'
check "an endless loop times out" json '"timed out" in b["hang", "vm"]["error"]'
check "endless printing times out" json '"timed out" in b["flood", "vm"]["error"]'
check "endless recursion is a runtime error" json \
    '"runtime error" in b["deep", "interp"]["error"] and
     "runtime error" in b["deep", "vm"]["error"]'
check "endless allocation is a runtime error" json \
    '"runtime error" in b["greedy", "vm"]["error"]'
check "reading finds an empty standard input" json 'b["reads", "vm"]["ok"]'
check "changing output is a failure" json '"different" in b["clock", "vm"]["error"]'
printf 'line one\nline two\n' >input.txt
printf 'a := input()\nassert_equal(a, "line one")\n' >reads.ruff
run "$bench" reads.ruff -i 2 -w 1 --processes 1 --input input.txt
check "--input is replayed in every iteration" exits 0
run "$bench" prog.ruff --pin 0 --precision 50 --time 0.2 --processes 5 --json r.json
check "--precision stops where it is reached" \
    eval 'exits 0 && json "all(5 <= len(x[\"processes\"]) <= 15 for x in d[\"benchmarks\"])"'

# ---- Interrupt -----------------------------------------------------------------

printf 'i := 0\nwhile i < 3000000 { i := i + 1 }\n' >long.ruff
"$bench" long.ruff -i 100 -w 1 --mode=vm --json r.json >out 2>err </dev/null &
pid=$!
# Once it has a child, it listens. Kernels that do not list children get some seconds.
for ((i = 0; i < 300; i++)); do
    children=
    read -r children _ <"/proc/$pid/task/$pid/children" 2>/dev/null || sleep 0.1
    [ -z "$children" ] || break
done
sleep 0.3
kill -INT "$pid"
wait "$pid"
code=$?
check "Ctrl-C leaves a report and exits with 130" \
    eval 'exits 130 && grep -q "interrupted: what was measured stands above" out &&
        json "d[\"interrupted\"]"'

# ---- Profiled pass -------------------------------------------------------------

run "$bench" --profile cpu,mem -o pictures -i 2 -w 1 --processes 1 --json r.json \
    "$top_srcdir/suites/micro/fib_recursive.ruff"
check "--profile draws flame graphs of both kinds" \
    eval 'exits 0 && grep -q "^Flame graphs" out &&
        grep -q "<svg" pictures/micro-fib_recursive.interp.cpu.svg &&
        grep -q "<svg" pictures/micro-fib_recursive.vm.cpu.svg &&
        grep -q "<svg" pictures/micro-fib_recursive.vm.mem.svg'
check "the CPU picture has its samples" json \
    'all(x["profile_cpu"]["samples"] >= 1000 for x in d["benchmarks"])'
check "the report lists them" grep -q "pictures/micro-fib_recursive.vm.mem.svg" out
# Exact counts had the time of the next write: an iteration of its own had none.
cat >four.ruff <<'TEXT'
let a := []
for i in 4 { a := push(a, "item " + to_string(i)) }
print(len(a))
TEXT
run "$bench" --profile mem -o pictures --mode=vm -i 1 -w 0 --processes 1 four.ruff
recording=$(echo pictures/*-four.vm.mem.rprof)
total() {
    "$RUFFPROF_PROGRAM" report --format=json "$@" "$recording" 2>/dev/null |
        python3 -c 'import json, sys; print(int(json.load(sys.stdin)["total"]))'
}
parts_add_up() {
    local all
    all=$(total)
    [ "$all" -gt 0 ] && [ "$(total --iteration=1)" -eq $((all / 5)) ] &&
        [ "$(total --iteration=2..5)" -eq $((all * 4 / 5)) ]
}
check "each profiled iteration has its allocations" parts_add_up
is_steady() { [ "$(total --phase=steady)" -eq "$(total)" ]; }
check "what is profiled is the steady program" is_steady
says() { "$RUFFPROF_PROGRAM" report "$@" 2>/dev/null | grep -qx "$says"; }
says="no allocations: the filters leave none"
check "filters that leave nothing are not a program that allocates nothing" \
    says --focus=nothing "$recording"
says="no samples: no iterations are marked in this recording"
check "a part of a recording that knows no parts" \
    says --iteration=2 pictures/micro-fib_recursive.vm.cpu.rprof
run "$bench" --profile cpu -o prog.ruff/x prog.ruff
check "a folder that cannot be made" eval 'exits 5 && grep -q "cannot make the folder" err'

tap_done

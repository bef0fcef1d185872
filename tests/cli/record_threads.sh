# ruffprof record of a program on several threads: each has its row, its samples, its stacks.
# shellcheck shell=bash
# shellcheck source=tests/lib.sh
. "$top_srcdir/tests/lib.sh"
cd "$tmp" || exit 1

# Eight jobs of some 50 ms; two of them at least run at a time where there are two CPUs.
cat >jobs.ruff <<'TEXT'
func work(n) { let sum := 0 let i := 0 while i < n { sum := sum + i % 7 i := i + 1 } return sum }
func job(k) { return work(1000000 + k) }
func alone() { return work(500000) }
let results := await parallel_map([1, 2, 3, 4, 5, 6, 7, 8], job)
print(len(results), alone() > 0)
TEXT
cat >many.ruff <<'TEXT'
func work(n) { let a := [] let i := 0 while i < n { a := push(a, [i]) i := i + 1 } return len(a) }
let tasks := []
for i in range(300) { tasks := push(tasks, spawn_task(func() { return work(100) })) }
let sum := 0
for t in tasks { sum := sum + await await_task(t) }
print(sum)
TEXT

not() { ! "$@"; }
# rows FILE: of the thread table, "NAME SAMPLES ENDED BYTES"; then the sums against the totals.
rows() {
    "$RUFFPROF_PROGRAM" info --json "$1" | python3 -c '
import json, sys
info = json.load(sys.stdin)
table = info["thread_table"]
for t in table:
    print(t["name"], t["samples"], t["end_ns"] is not None, t["alloc_bytes"])
ok = (sum(t["samples"] for t in table) == info["samples"] and len(table) == info["threads"]
      and abs(sum(t["alloc_bytes"] for t in table) - info["alloc_bytes"]) <= len(table)
      and all(t["start_ns"] <= (t["end_ns"] or t["start_ns"]) <= info["duration_ns"] for t in table)
      and info["complete"] and info["lost"] == sum(t["lost"] for t in table))
print("sums", ok)'
}

workers_wanted=1
[ "$(nproc)" -lt 2 ] || workers_wanted=2
for mode in vm interp; do
    out=$("$RUFFPROF_PROGRAM" record --mode=$mode -o jobs.rprof jobs.ruff 2>err.txt)
    tap_check "$mode: the program's output is its own" test "$out" = "8 true"
    tap_check "$mode: the summary counts threads" grep -Eq 'on [2-9] threads' err.txt
    rows jobs.rprof >rows.txt
    tap_check "$mode: main is in the table" grep -q '^main ' rows.txt
    busy=$(grep -c '^ruff-worker-[0-9]* [1-9][0-9]* True' rows.txt)
    if [ "$busy" -ge $workers_wanted ]; then
        tap_ok "$mode: threads have samples, and have ended"
    else
        tap_fail "$mode: threads have samples, and have ended" "$(cat rows.txt)"
    fi
    tap_check "$mode: sums over threads are the totals" grep -q '^sums True' rows.txt
    "$RUFFPROF_PROGRAM" export --threads --format=folded jobs.rprof >jobs.folded
    if grep ';job' jobs.folded | grep -qv '^\[ruff-worker-[0-9]*\];' ||
        grep ';alone;' jobs.folded | grep -qv '^\[main\];'; then
        tap_fail "$mode: stacks stand on their thread" "$(cat jobs.folded)"
    else
        tap_ok "$mode: stacks stand on their thread"
    fi
    tap_check "$mode: the jobs are seen" grep -q ';job;work ' jobs.folded
done
"$RUFFPROF_PROGRAM" report --thread=ruff-worker-1 jobs.rprof >report.txt
tap_check "one worker can be looked at" grep -q ' job ' report.txt
tap_check "and nothing of the main thread is in it" not grep -q ' alone ' report.txt
"$RUFFPROF_PROGRAM" flamegraph --threads -o jobs.svg jobs.rprof 2>/dev/null
tap_check "a flame graph has a tower for each" grep -q '<title>\[ruff-worker-1\] ' jobs.svg

# Threads come and go with each run; nothing is lost on the way.
for kind in exact 1K; do
    out=$("$RUFFPROF_PROGRAM" record --mem=$kind --repeat=20 -o many.rprof many.ruff 2>err.txt)
    rows many.rprof >rows.txt
    tap_check "$kind: 300 tasks in each of 20 runs" test "$out" = 30000
    tap_check "$kind: threads have allocated" grep -q '^ruff-worker-[0-9]* 0 True [1-9]' rows.txt
    tap_check "$kind: sums over threads are the totals" grep -q '^sums True' rows.txt
    "$RUFFPROF_PROGRAM" report --mem --by=thread many.rprof >report.txt
    tap_check "$kind: the report has them" grep -q 'ruff-worker-1' report.txt
done

# Ctrl-C with threads at work: the program ends, the recording is whole.
sed 's/1000000 + k/100000000 + k/' jobs.ruff >long.ruff
code=0
timeout --foreground --preserve-status -s INT 2 "$RUFFPROF_PROGRAM" record -q -o long.rprof long.ruff >/dev/null 2>&1 || code=$?
tap_check "an interrupt ends it" test $code -eq 130
rows long.rprof >rows.txt
tap_check "with all that was recorded" grep -q '^sums True' rows.txt
tap_done

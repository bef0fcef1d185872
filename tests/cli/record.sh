# ruffprof record as scripts use it: streams, exit codes, files, options.
# shellcheck shell=bash
# shellcheck source=tests/lib.sh
. "$top_srcdir/tests/lib.sh"
# shellcheck source=/dev/null
. "$top_builddir/tests/env.sh"
cd "$tmp" || exit 1

# expect NAME CODE STDOUT COMMAND...: runs, compares, leaves stderr in err.txt.
expect() {
    local name=$1 want=$2 out=$3 code=0 got
    shift 3
    got=$("$@" 2>err.txt) || code=$?
    if [ $code -eq "$want" ] && [ "$got" = "$out" ]; then
        tap_ok "$name"
    else
        tap_fail "$name" "exit $code (wanted $want), output: $got"$'\n'"$(cat err.txt)"
    fi
}
# said NAME PATTERN: what the last command wrote to stderr.
said() {
    if grep -Eq -- "$2" err.txt; then tap_ok "$1"; else tap_fail "$1" "$(cat err.txt)"; fi
}
# has FILE PATTERN: of what info says; shows it when it is not there.
has() {
    "$RUFFPROF_PROGRAM" info --json "$1" >info.json 2>&1
    grep -q -- "$2" info.json || { cat info.json; return 1; }
}
few_lines() { [ "$(wc -l <"$1")" -ge 2 ] && [ "$(wc -l <"$1")" -le 5 ]; }

cat >echo.ruff <<'TEXT'
let line := input()
print("got " + line)
TEXT
cat >exits.ruff <<'TEXT'
print("before")
exit(3)
TEXT
cat >fails.ruff <<'TEXT'
func f() { throw "no" }
f()
TEXT
echo 'let x :=' >broken.ruff
echo 'let x := 1' >empty.ruff
cat >busy.ruff <<'TEXT'
func spin(n) { let i := 0 while i < n { i := i + 1 } return i }
let k := 0
while k < 100 { spin(20000) k := k + 1 }
print("done")
TEXT

hello() { echo hello | "$@"; }
expect "standard input passes through" 0 "got hello" hello "$RUFFPROF_PROGRAM" record echo.ruff
tap_check "the file is named after the script" test -s echo.rprof
expect "standard input is replayed to repeats, whose output is dropped" 0 "got hello" \
    hello "$RUFFPROF_PROGRAM" record --repeat=4 echo.ruff
tap_check "four runs are recorded" has echo.rprof '"runs": 4'
tap_check "an existing profile becomes .old" test -s echo.rprof.old
# Only a file is moved away: /dev/full was, by root, together with what it was for.
mkfifo pipe.rprof
cat pipe.rprof >from-pipe.rprof &
expect "a pipe is written in place" 3 before "$RUFFPROF_PROGRAM" record -o pipe.rprof exits.ruff
wait $!
tap_check "the pipe is still there" test -p pipe.rprof
tap_check "what went through it is a profile" has from-pipe.rprof '"complete": true'
mkdir folder.rprof
expect "a folder is no file to record into" 5 "" "$RUFFPROF_PROGRAM" record -o folder.rprof exits.ruff
said "which is said" "cannot write folder.rprof: Is a directory .os error 21.: choose another file with -o"
tap_check "the folder is still there" test -d folder.rprof
mkdir kept.rprof.old
echo precious >kept.rprof
expect "what cannot be kept is not written over" 5 "" \
    "$RUFFPROF_PROGRAM" record -o kept.rprof exits.ruff
said "which is said, too" "cannot keep kept.rprof as kept.rprof.old: .*: choose another file with -o"
tap_check "the file is as it was" grep -q precious kept.rprof
expect "a recording does not go to standard output" 2 "" "$RUFFPROF_PROGRAM" record -o - exits.ruff
expect "exit code of the program passes through" 3 before "$RUFFPROF_PROGRAM" record exits.ruff
expect "an uncaught error is exit 4" 4 "" "$RUFFPROF_PROGRAM" record fails.ruff
said "the error has its usual form" "no"
expect "a syntax error is exit 3 and records nothing" 3 "" "$RUFFPROF_PROGRAM" record broken.ruff
tap_check "no file for a program that does not load" test ! -e broken.rprof
expect "a missing script is exit 5" 5 "" "$RUFFPROF_PROGRAM" record no-such.ruff
expect "no script is a usage error" 2 "" "$RUFFPROF_PROGRAM" record
expect "an unknown option is a usage error" 2 "" "$RUFFPROF_PROGRAM" record --repaet busy.ruff
said "with the nearest one" "--repeat"
expect "an unknown event is a usage error" 2 "" "$RUFFPROF_PROGRAM" record -e cycels busy.ruff
said "with a hint" "cycles"
expect "an unknown mode is a usage error" 2 "" "$RUFFPROF_PROGRAM" record --mode=vn busy.ruff

for mode in vm interp; do
    expect "busy program in $mode" 0 "done" \
        "$RUFFPROF_PROGRAM" record --repeat --mode=$mode -o busy.rprof busy.ruff
    said "the summary names the hottest function" "hottest: spin"
    # --by=opcode had no opcode to show: nobody recorded one.
    opcodes=$("$RUFFPROF_PROGRAM" report --by=opcode busy.rprof 2>/dev/null |
        awk '/^ +[0-9]+ +[0-9.]+ % / { print $NF }' | sort | tr '\n' ' ')
    case $mode-$opcodes-$RUFF_FEATURES in
    vm-*-*tsan*)
        tap_skip "$mode: instructions of the VM are in the profile" \
            "TSan holds signals back until its library is entered" ;;
    vm-*[A-Z][A-Z]* | interp-'[none] '-*) tap_ok "$mode: instructions of the VM are in the profile" ;;
    *) tap_fail "$mode: instructions of the VM are in the profile" "$opcodes" ;;
    esac
    tap_check "the summary has two to five lines" few_lines err.txt
    tap_check "the recording is complete" has busy.rprof '"complete": true'
done
expect "-q says nothing" 0 "done" "$RUFFPROF_PROGRAM" record -q -o busy.rprof busy.ruff
tap_check "nothing at all" test ! -s err.txt
expect "-c takes a period" 0 "done" "$RUFFPROF_PROGRAM" record -c 200000 -o busy.rprof busy.ruff
tap_check "which stands in the file" has busy.rprof '"period": "200000"'
expect "further events are counted" 0 "done" \
    "$RUFFPROF_PROGRAM" record -e task-clock,cpu-clock -o busy.rprof busy.ruff
tap_check "and stand in the file" has busy.rprof '"count cpu-clock": "[1-9]'
expect "an unknown one among them is a usage error" 2 "" \
    "$RUFFPROF_PROGRAM" record -e task-clock,nothing -o busy.rprof busy.ruff
expect "--duration stops sampling, not the program" 0 "done" \
    "$RUFFPROF_PROGRAM" record --duration=0.01 -o busy.rprof busy.ruff

# ---- a program that is too short ----------------------------------------------------------

expect "an empty program records nothing" 0 "" "$RUFFPROF_PROGRAM" record empty.ruff
head -n 1 err.txt >first.txt && mv first.txt err.txt
said "the first line says so, why, and what to type" \
    "samples?, because the program took .* ruffprof record --repeat empty.ruff"
for command in report flamegraph 'export --format=folded' 'export --format=speedscope' info; do
    # shellcheck disable=SC2086
    tap_check "$command of an empty profile succeeds" "$RUFFPROF_PROGRAM" $command empty.rprof
done

# ---- through ruff -----------------------------------------------------------------------------

through_ruff() { RUFFPROF="cpu,mem -o through.rprof" "$RUFF_PROGRAM" run busy.ruff; }
expect "RUFFPROF profiles a plain run" 0 "done" through_ruff
tap_check "CPU samples are in the file" has through.rprof '"samples": [1-9]'
tap_check "memory is in the file" has through.rprof '"alloc_mode": "sampled"'

# ---- memory, page faults ------------------------------------------------------------------------

cat >grow.ruff <<'TEXT'
func quiet(n) { let i := 0 while i < n { i := i + 1 } return i }
func grow(n) { let a := [] let i := 0 while i < n { a := push(a, i) i := i + 1 } return len(a) }
let k := 0
while k < 10 { quiet(20000) grow(200000) k := k + 1 }
TEXT
expect "exact memory" 0 "" "$RUFFPROF_PROGRAM" record --mem=exact -o grow.rprof grow.ruff
said "the growing builtin has the bytes" "hottest: push (100|99)"
tap_check "the file says exact" has grow.rprof '"alloc_mode": "exact"'
# A page fault is a page fault on every machine that counts software events.
# Sanitizers hand out memory that was touched before.
if [[ $CFLAGS == *-fsanitize* ]]; then
    tap_skip "page faults by name" "sanitizers have an allocator of their own"
elif "$RUFFPROF_PROGRAM" list 2>/dev/null | grep -q '^yes  *page-faults'; then
    for mode in vm interp; do
        expect "page faults in $mode" 0 "" "$RUFFPROF_PROGRAM" record --mode=$mode \
            -e perf::MINOR-FAULTS:u -o faults.rprof grow.ruff
        said "they come from the growing array" 'hottest: push ([89][0-9]|100)[.]'
        first=$("$RUFFPROF_PROGRAM" export --format=folded faults.rprof | sort -k2 -t' ' -nr | head -n 1)
        case $first in
        *'grow;push '*) tap_ok "called by grow" ;;
        *) tap_fail "called by grow" "$first" ;;
        esac
    done
else
    tap_skip "page faults by name" "no permission for perf events"
fi
tap_done

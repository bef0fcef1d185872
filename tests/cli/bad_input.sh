#!/bin/bash
# What users and machines get wrong, in all three programs: each case ends with its documented
# exit code and one clear line, and loses nothing.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
cd "$tmp" || exit 1

# line NAME CODE PATTERN COMMAND...: the exit code, and one line on stderr that matches.
line() {
    local name=$1 wanted=$2 pattern=$3 code=0
    shift 3
    "$@" >out.txt 2>err.txt </dev/null || code=$?
    # shellcheck disable=SC2053
    if [ "$code" -eq "$wanted" ] && [ "$(wc -l <err.txt)" -eq 1 ] &&
        [[ $(cat err.txt) == $pattern ]]; then
        tap_ok "$name"
    else
        tap_fail "$name" "exit $code, wanted $wanted: $pattern"$'\n'"$(cat err.txt)"
    fi
}

# first NAME CODE TEXT COMMAND...: the exit code, and how stderr begins.
first() {
    local name=$1 wanted=$2 text=$3 code=0
    shift 3
    "$@" >out.txt 2>err.txt </dev/null || code=$?
    if [ "$code" -eq "$wanted" ] && [[ $(head -n 1 err.txt) == *"$text"* ]]; then
        tap_ok "$name"
    else
        tap_fail "$name" "exit $code, wanted $wanted: $text"$'\n'"$(head -n 20 err.txt)"
    fi
}

same() {
    if [ "$2" = "$3" ]; then
        tap_ok "$1"
    else
        tap_fail "$1" "wanted: $3"$'\n'"got: $2"
    fi
}

mkdir empty
echo 'print(1)' >one.ruff
programs=("$RUFF_PROGRAM" "$RUFFPROF_PROGRAM" "$RUFFBENCH_PROGRAM")

# ---- command lines ----------------------------------------------------------------------

for program in "${programs[@]}"; do
    name=$(basename "$program")
    line "$name --bogus" 2 "*: unknown option '--bogus': see *--help" "$program" --bogus
    line "$name --verson" 2 "*: unknown option '--verson': did you mean '--version'?" \
        "$program" --verson
done
line "ruff without anything" 2 "ruff: *" "$RUFF_PROGRAM"
line "ruffprof without anything" 2 "ruffprof: *" "$RUFFPROF_PROGRAM"
line "ruff rnu" 2 "*'rnu': did you mean 'run'?" "$RUFF_PROGRAM" rnu
line "ruffprof recrod" 2 "*'recrod': did you mean 'record'?" "$RUFFPROF_PROGRAM" recrod
line "ruffbench lits" 2 "*'lits': did you mean 'list'?" "$RUFFBENCH_PROGRAM" lits
line "an unknown mode" 2 "*'imterp' is no value of --mode: did you mean 'interp'?" \
    "$RUFF_PROGRAM" --mode=imterp one.ruff
line "an unknown mode to ruffprof" 2 "*'x' is no value of --mode: use *" \
    "$RUFFPROF_PROGRAM" record --mode=x one.ruff
line "an unknown mode to ruffbench" 2 "*'x' is no value of --mode: use *" \
    "$RUFFBENCH_PROGRAM" --mode=x one.ruff
line "an unknown event" 2 "*event 'cylces' is unknown: did you mean 'cycles'?*" \
    "$RUFFPROF_PROGRAM" record -e cylces one.ruff
line "an unknown format" 2 "*'fodled' is no value of --format: did you mean 'folded'?" \
    "$RUFFPROF_PROGRAM" export --format=fodled
line "a size that is none" 2 "*'much' is no value of --max-memory: *" \
    "$RUFF_PROGRAM" --max-memory=much one.ruff

# ---- files ---------------------------------------------------------------------------------

missing="*Failed to read .ruff file 'none.ruff': No such file or directory (os error 2)"
for command in run check disasm test test-run; do
    line "ruff $command: a missing file" 5 "$missing" "$RUFF_PROGRAM" $command none.ruff
done
line "ruffprof record: a missing file" 5 "$missing" "$RUFFPROF_PROGRAM" record none.ruff
line "ruffbench: a missing file" 5 "$missing" "$RUFFBENCH_PROGRAM" none.ruff
line "a folder in place of a file" 5 "*'empty': Is a directory (os error 21)" \
    "$RUFF_PROGRAM" empty
line "ruffbench: a folder without programs" 2 "*no .ruff files in folder 'empty': *" \
    "$RUFFBENCH_PROGRAM" empty
line "a folder without profiles" 5 "*there is no \*.rprof in this folder: *" \
    "$RUFFPROF_PROGRAM" report
line "a missing profile" 5 "*cannot read none.rprof: No such file *" \
    "$RUFFPROF_PROGRAM" report none.rprof

"$RUFFPROF_PROGRAM" record -q --repeat=20 -o whole.rprof one.ruff >/dev/null
: >nothing.rprof
head -c 3000 "$RUFF_PROGRAM" >foreign.rprof
head -c $(($(stat -c %s whole.rprof) - 1)) whole.rprof >cut.rprof
for command in report annotate info flamegraph; do
    for file in nothing foreign; do
        line "$command $file.rprof" 3 "*$file.rprof is no profile, or nothing of it *" \
            "$RUFFPROF_PROGRAM" $command $file.rprof
    done
    line "$command --strict cut.rprof" 3 "*cut short*" \
        "$RUFFPROF_PROGRAM" $command --strict cut.rprof
done
line "info cut.rprof shows what is there" 0 "*cut short*" "$RUFFPROF_PROGRAM" info cut.rprof
same "no pictures of what is no profile" "$(echo *.svg)" "*.svg"

for mode in interp vm; do
    line "$mode: ruff into a full disk keeps its own code" 0 \
        "ruff: cannot write to standard output: No space left on device (os error 28): *" \
        bash -c '"$@" >/dev/full' - "$RUFF_PROGRAM" --mode=$mode one.ruff
done
line "ruff into a closed descriptor" 0 "ruff: cannot write to standard output: Bad *" \
    bash -c '"$@" >&-' - "$RUFF_PROGRAM" one.ruff
# The profile must not take the place of the missing descriptor and receive the output.
bash -c '"$@" >&-' - "$RUFFPROF_PROGRAM" record -q -o closed.rprof one.ruff 2>/dev/null
line "a recording without stdout is whole" 0 "*wrote closed.svg*" \
    "$RUFFPROF_PROGRAM" flamegraph closed.rprof
for program in "${programs[@]}"; do
    for argument in --help --version; do
        line "$(basename "$program") $argument into a full disk" 5 \
            "*: cannot write to standard output: No space left on device *" \
            bash -c '"$@" >/dev/full' - "$program" $argument
    done
done
line "ruffprof list into a full disk" 5 "*cannot write to standard output: *" \
    bash -c '"$@" >/dev/full' - "$RUFFPROF_PROGRAM" list
line "ruffprof export into a full disk" 5 "*cannot write the result: No space left *" \
    bash -c '"$@" >/dev/full' - "$RUFFPROF_PROGRAM" export --format=json whole.rprof
# A file that may not grow (RLIMIT_FSIZE) is a full disk: the signal that comes with it once
# killed all but the recorder, and left temporary files.
printf 'let i := 0\nwhile i < 20000 { print("line", i) i := i + 1 }\n' >much.ruff
echo 'try { write_file("big", "x" * 100000) } except e { print(e.message) }' >writes.ruff
small() {
    (ulimit -c 0 -f 4 && exec "$@")
}
for mode in interp vm; do
    line "$mode: output into a file that may not grow" 0 \
        "ruff: cannot write to standard output: File too large (os error 27): *" \
        small bash -c '"$@" >grown.txt' - "$RUFF_PROGRAM" --mode=$mode much.ruff
    same "$mode: so does write_file, by an error one can catch" \
        "$(small "$RUFF_PROGRAM" --mode=$mode writes.ruff 2>&1)" \
        "Cannot write file 'big': File too large (os error 27)"
done
line "ruffbench --json of what may not grow" 5 "*cannot write 'r.json': File too large*" \
    small "$RUFFBENCH_PROGRAM" -q -i 200 -w 1 --processes 5 --json r.json one.ruff
line "ruffprof flamegraph of what may not grow" 5 "*cannot write big.svg: File too large*" \
    small "$RUFFPROF_PROGRAM" flamegraph -o big.svg whole.rprof
same "no half files stay" "$(echo r.json* big.svg*)" "r.json* big.svg*"
small "$RUFFPROF_PROGRAM" record -q -F 9000 --repeat=1s -o small.rprof much.ruff \
    >/dev/null 2>err.txt
code=$?
same "a recording that may not grow says so and keeps the script's code" \
    "$code $(grep -c 'is incomplete: File too large' err.txt)" "0 1"
line "and can be read" 0 "*: showing what is readable" \
    "$RUFFPROF_PROGRAM" info small.rprof
for command in "record -o none/a.rprof one.ruff" "flamegraph -o none/a.svg whole.rprof" \
    "export --format=json -o none/a.json whole.rprof"; do
    # shellcheck disable=SC2086
    line "ruffprof $command" 5 "*cannot write none/a.*: No such file or directory*" \
        "$RUFFPROF_PROGRAM" $command
done

# ---- scripts ---------------------------------------------------------------------------------

cat >recursion.ruff <<'TEXT'
func f(n) { return f(n + 1) }
try { f(0) } except e { print(e.message) }
print("after")
TEXT
cat >memory.ruff <<'TEXT'
let a := []
try { while true { a := [a, a] } } except e { print(e.message) }
print("after")
TEXT
for mode in interp vm; do
    out=$("$RUFF_PROGRAM" --mode=$mode recursion.ruff 2>&1)
    same "$mode: endless recursion is an error one can catch" "$out" \
        $'Maximum call stack depth of 20000 exceeded while calling f\nafter'
    # What fills the memory is still held when the handler runs.
    out=$("$RUFF_PROGRAM" --mode=$mode --max-memory=8M memory.ruff 2>&1)
    same "$mode: so is --max-memory" "$out" $'Memory limit of 8388608 bytes exceeded\nafter'
done

deep() {
    printf '%s' "$2"
    head -c 100000 /dev/zero | tr '\0' "$1"
}
deep '(' '' >parens.ruff
deep '[' 'let a := ' >arrays.ruff
deep '{' 'let a := ' >dicts.ruff
deep '-' 'let a := ' >minus.ruff
yes 'if true {' | head -n 20000 >blocks.ruff
for name in parens arrays dicts minus blocks; do
    first "$name nested without end" 3 "nesting depth of" "$RUFF_PROGRAM" check $name.ruff
done
if [ "$(grep -c RUFPARSE err.txt)" -le 2 ]; then
    tap_ok "what the end lacks is said once"
else
    tap_fail "what the end lacks is said once" "$(head -n 40 err.txt)"
fi
cat >data.ruff <<'TEXT'
let a := []
let i := 0
while i < 100000 { a := [a] i := i + 1 }
print(a)
TEXT
for mode in interp vm; do
    first "$mode: deeply nested data" 4 "data nesting depth" "$RUFF_PROGRAM" --mode=$mode data.ruff
done

printf 'let i := 0\nwhile i < 100000 { print("line", i) i := i + 1 }\n' >much.ruff
"$RUFF_PROGRAM" much.ruff 2>err.txt | head -n 1 >out.txt
same "a reader that goes away is no error" "$(cat out.txt err.txt)" "line 0"
same "and megabytes arrive whole" "$("$RUFF_PROGRAM" much.ruff | tail -n 1)" "line 99999"

# Names that would steer a terminal, in errors, lists and summaries.
name=$'a\e[31m\n<b>&'
printf 'print(1)\nlet a := [1]\na[7]\n' >"$name.ruff"
{
    "$RUFF_PROGRAM" "$name.ruff"
    "$RUFF_PROGRAM" check "$name.none"
    "$RUFF_PROGRAM" test "$name.ruff"
    "$RUFFPROF_PROGRAM" record "$name.ruff"
    "$RUFFPROF_PROGRAM" info "$name.rprof"
    "$RUFFPROF_PROGRAM" report
    "$RUFFBENCH_PROGRAM" list "$name.ruff"
} >out.txt 2>err.txt
if grep -q $'\e' out.txt err.txt || grep -q '^<b>' out.txt err.txt; then
    tap_fail "control bytes of names are escaped" "$(cat -v out.txt err.txt)"
else
    tap_ok "control bytes of names are escaped"
fi

# ---- signals --------------------------------------------------------------------------------

echo 'print("start") while true { }' >loop.ruff
echo 'print("start") let x := input("") print("not reached")' >ask.ruff
cat >interrupt.py <<'TEXT'
"""Sends a signal to a program once it has had time to print; says code and output."""
import signal, subprocess, sys, time
number = getattr(signal, sys.argv[1])
child = subprocess.Popen(
    sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
time.sleep(0.4)
child.send_signal(number)
print(child.wait(20), child.stdout.read().decode().strip())
TEXT
for mode in interp vm; do
    same "$mode: Ctrl-C loses nothing that was printed" \
        "$(python3 interrupt.py SIGINT "$RUFF_PROGRAM" --mode=$mode loop.ruff)" "-2 start"
done
same "nor does SIGTERM" "$(python3 interrupt.py SIGTERM "$RUFF_PROGRAM" loop.ruff)" "-15 start"
same "Ctrl-C ends a program that waits for input" \
    "$(python3 interrupt.py SIGINT "$RUFF_PROGRAM" ask.ruff)" "-2 start"
for pair in INT:130 TERM:143; do
    out=$(python3 interrupt.py "SIG${pair%:*}" "$RUFFBENCH_PROGRAM" loop.ruff)
    case $out in
    "${pair#*:} "*interrupted*) tap_ok "ruffbench reports what it has after SIG${pair%:*}" ;;
    *) tap_fail "ruffbench reports what it has after SIG${pair%:*}" "$out" ;;
    esac
done
tap_done

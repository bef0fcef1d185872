#!/bin/bash
# Every exit code of the three programs, once; and standard input in place of FILE wherever a
# FILE may stand. What else each message says is tested in the other scripts of this folder.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=/dev/null
. "$top_builddir/tests/env.sh"
cd "$tmp" || exit 1

ruff=$RUFF_PROGRAM
ruffprof=$RUFFPROF_PROGRAM
ruffbench=$RUFFBENCH_PROGRAM

# code NAME CODE LINES COMMAND...: the exit code, and how many lines stand on stderr (`-`: any).
code() {
    local name=$1 wanted=$2 lines=$3 got=0
    shift 3
    "$@" >out.txt 2>err.txt </dev/null || got=$?
    if [ "$got" -eq "$wanted" ] && { [ "$lines" = - ] || [ "$(wc -l <err.txt)" -eq "$lines" ]; }; then
        tap_ok "$wanted: $name"
    else
        tap_fail "$wanted: $name" "exit $got"$'\n'"$(head -n 20 out.txt err.txt)"
    fi
}

echo 'print("hello")' >good.ruff
echo 'test "a" { assert(true) }' >passes.ruff
echo 'test "a" { assert(false) }' >fails.ruff
echo 'x := (1' >syntax.ruff
echo 'x := "' >lexical.ruff
echo 'x := 1 / 0' >error.ruff
echo 'exit(77)' >leaves.ruff
mkdir one
cp good.ruff one

# ---- ruff, ruffprof record and stat -------------------------------------------------------

for mode in interp vm; do
    for command in "$ruff run" "$ruffprof record -q -o x.rprof" "$ruffprof stat"; do
        read -ra words <<<"$command"
        name="$(basename "${words[0]}") ${words[1]} --mode=$mode"
        words+=("--mode=$mode")
        code "$name: a good script" 0 - "${words[@]}" good.ruff
        code "$name: a syntax error" 3 - "${words[@]}" syntax.ruff
        code "$name: a lexical error" 3 - "${words[@]}" lexical.ruff
        code "$name: an uncaught error" 4 - "${words[@]}" error.ruff
        code "$name: no such file" 5 1 "${words[@]}" none.ruff
        code "$name: exit(77) passes through" 77 - "${words[@]}" leaves.ruff
    done
done
for command in check disasm; do
    code "ruff $command: a good script" 0 0 "$ruff" $command good.ruff
    code "ruff $command: a syntax error" 3 - "$ruff" $command syntax.ruff
    code "ruff $command: no such file" 5 1 "$ruff" $command none.ruff
done
code "ruff test: all pass" 0 0 "$ruff" test passes.ruff
code "ruff test: one fails" 1 0 "$ruff" test passes.ruff fails.ruff
code "ruff test: a syntax error" 3 - "$ruff" test syntax.ruff
code "ruff test: no tests" 4 0 "$ruff" test good.ruff
code "ruff test: no such file" 5 1 "$ruff" test none.ruff
for command in run check disasm test test-run repl; do
    code "ruff $command --nonsense" 2 1 "$ruff" $command --nonsense
done
code "a recording that cannot be written" 5 1 "$ruffprof" record -o none/x.rprof good.ruff

# ---- ruffprof's readers -----------------------------------------------------------------------

head -c 2000 "$ruff" >foreign.rprof
for command in report annotate flamegraph info "export --format=folded"; do
    read -ra words <<<"$command"
    code "ruffprof $command" 0 - "$ruffprof" "${words[@]}" x.rprof
    code "ruffprof $command --nonsense" 2 1 "$ruffprof" "${words[@]}" --nonsense
    code "ruffprof $command: a foreign file" 3 1 "$ruffprof" "${words[@]}" foreign.rprof
    code "ruffprof $command: no such file" 5 1 "$ruffprof" "${words[@]}" none.rprof
done
for command in record stat list selftest; do
    code "ruffprof $command --nonsense" 2 1 "$ruffprof" $command --nonsense
done
# 1 belongs to commands that this version refuses; the codes change when they come.
code "ruffprof diff is not part of this version" 2 1 "$ruffprof" diff x.rprof x.rprof

# ---- ruffbench ---------------------------------------------------------------------------------

few=(-i 1 -w 1 --processes 1)
code "ruffbench: all ran" 0 - "$ruffbench" "${few[@]}" one
code "ruffbench --nonsense" 2 1 "$ruffbench" --nonsense
code "ruffbench: a failing benchmark" 3 - "$ruffbench" "${few[@]}" one error.ruff
code "ruffbench: no such file" 5 1 "$ruffbench" none.ruff
# 1 and 4 belong to the gate.
code "ruffbench --fail-on-regression is not part of this version" 2 1 \
    "$ruffbench" --fail-on-regression one

# ---- internal errors -------------------------------------------------------------------------

# The smallest address space, in KiB, in which a program says its version leaves too little for
# its work. Below it the loader or the allocator gives up.
smallest() {
    local size
    for ((size = 4000; size < 400000; size += 250)); do
        if (ulimit -c 0 -v $size && "$1" --version) >/dev/null 2>&1; then
            echo $size
            return
        fi
    done
}
limited() {
    (ulimit -c 0 -v "$1" && shift && exec "$@")
}
case $CFLAGS in
*-fsanitize*)
    tap_skip "6: not enough memory" "sanitizers reserve more address space than any limit"
    ;;
*)
    size=$(smallest "$ruff")
    for command in run check disasm test repl; do
        code "ruff $command: not enough memory" 6 1 limited "$size" "$ruff" $command good.ruff
    done
    size=$(smallest "$ruffprof")
    for command in record stat; do
        code "ruffprof $command: not enough memory" 6 1 limited "$size" \
            "$ruffprof" $command good.ruff
    done
    ;;
esac

# ---- standard input ---------------------------------------------------------------------------

# stdin NAME TEXT PATTERN COMMAND...: exit code 0 and output that matches.
stdin() {
    local name=$1 text=$2 pattern=$3 got=0
    shift 3
    echo "$text" | "$@" >out.txt 2>err.txt || got=$?
    # shellcheck disable=SC2053
    if [ "$got" -eq 0 ] && [[ $(cat out.txt) == $pattern ]]; then
        tap_ok "standard input: $name"
    else
        tap_fail "standard input: $name" "exit $got"$'\n'"$(head -n 20 out.txt err.txt)"
    fi
}

say='print("read", args())'
stdin "ruff - a" "$say" "read \[a\]" "$ruff" - a
stdin "ruff run - a" "$say" "read \[a\]" "$ruff" run - a
stdin "ruff check -" "$say" "" "$ruff" check -
stdin "ruff disasm -" "$say" "*CALLBUILTIN*" "$ruff" disasm -
stdin "ruff test -" 'test "t" { }' "*1 total, 1 passed*" "$ruff" test -
stdin "ruff test --verbose -" 'test "t" { }' "*✓ t (*" "$ruff" test --verbose -
stdin "ruff test-run -" 'test "t" { }' "*1 total, 1 passed*" "$ruff" test-run -
stdin "ruff repl" 'print(6 * 7)' "*42*" "$ruff" repl
stdin "ruffprof record - a" "$say" "read \[a\]" "$ruffprof" record -q - a
tap_check "is recorded as stdin.rprof" "$ruffprof" info stdin.rprof
stdin "ruffprof stat - a" "$say" "read \[a\]*" "$ruffprof" stat - a
stdin "ruffbench -" "x := 1" "*stdin*" "$ruffbench" "${few[@]}" -
stdin "ruffbench list -" "x := 1" "stdin*" "$ruffbench" list -
tap_done

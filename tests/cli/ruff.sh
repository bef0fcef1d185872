#!/bin/bash
# ruff on the command line: what it takes, what it says, what it ends with.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
cd "$tmp" || exit 1

# expect NAME CODE COMMAND...: the exit code; output in $out, errors in $err.
expect() {
    local name=$1 wanted=$2 code=0
    shift 2
    "$@" >out.txt 2>err.txt </dev/null || code=$?
    out=$(cat out.txt)
    err=$(cat err.txt)
    if [ "$code" -eq "$wanted" ]; then
        tap_ok "$name: exit $wanted"
    else
        tap_fail "$name: exit $wanted" "exit $code"$'\n'"$out"$'\n'"$err"
    fi
}

same() {
    if [ "$2" = "$3" ]; then
        tap_ok "$1"
    else
        tap_fail "$1" "wanted: $3"$'\n'"got: $2"
    fi
}

# Options of the contract that this build cannot serve are no misspellings.
if ! "$RUFF_PROGRAM" --version | grep -qw jit; then
    echo 'print(1)' >one.ruff
    for option in --jit-sync --jit-threshold=5 --jit-code-limit=1M --perf-map --jitdump --jitdump=d; do
        expect "run $option without a JIT" 2 "$RUFF_PROGRAM" run $option one.ruff
        same "which is said" "$err" "ruff: ${option%=*} is for the JIT, which is not built in: leave it out"
    done
    expect "disasm --jit without a JIT" 2 "$RUFF_PROGRAM" disasm --jit one.ruff
fi

echo 'print(args())' >args.ruff
expect "arguments behind FILE" 0 "$RUFF_PROGRAM" args.ruff -q --mode=jit -- x
same "belong to the script" "$out" "[-q, --mode=jit, --, x]"
expect "-- ends the options" 0 "$RUFF_PROGRAM" run -- args.ruff --version
same "and FILE follows" "$out" "[--version]"
out=$(echo 'print(args())' | "$RUFF_PROGRAM" - a b)
same "- is standard input" "$out" "[a, b]"
out=$(echo 'print(1' | "$RUFF_PROGRAM" check - 2>&1 | sed -n 2p)
same "and is called so in diagnostics" "$out" "  --> -:2:1"

for command in run check disasm test test-run repl bench profile; do
    expect "ruff $command --help" 0 "$RUFF_PROGRAM" "$command" --help
    case $out in
    usage:*xample*) tap_ok "ruff $command --help has usage and examples" ;;
    *) tap_fail "ruff $command --help has usage and examples" "$out" ;;
    esac
    expect "ruff $command --version" 0 "$RUFF_PROGRAM" "$command" --version
    expect "ruff $command --verbsoe" 2 "$RUFF_PROGRAM" "$command" --verbsoe
    same "ruff $command names the option that was meant" "${err#*: }" \
        "unknown option '--verbsoe': did you mean '--verbose'?"
done
for option in --mode=interp --mode=vm --interpreter --max-memory=64M --hash-seed=1 -q -v; do
    expect "$option" 0 "$RUFF_PROGRAM" "$option" args.ruff 1
    same "$option changes no output" "$out$err" "[1]"
done

echo 'exit(259)' >exit.ruff
expect "exit(n) passes n & 255" 3 "$RUFF_PROGRAM" exit.ruff
printf 'let a := [1]\n\na[5]\n' >index.ruff
expect "an uncaught error" 4 "$RUFF_PROGRAM" index.ruff
same "has message and place" "$(head -n 2 err.txt)" \
    $'[RUFVM001] [vm] Runtime Error: Index out of bounds: 5\n  --> index.ruff:3:2'
expect "--color=always colours" 4 "$RUFF_PROGRAM" --color=always index.ruff
case $err in
*$'\e['*) tap_ok "errors" ;;
*) tap_fail "errors" "$err" ;;
esac
expect "ruff check" 0 "$RUFF_PROGRAM" check index.ruff args.ruff
same "is silent when all is well" "$out$err" ""

# ---- tests of programs ---------------------------------------------------------------

echo 'test "one" { assert_equal(1, 1) }' >good.ruff
echo 'test "two" { assert_equal(1, 2) }' >bad.ruff
expect "passing tests" 0 "$RUFF_PROGRAM" test good.ruff
expect "a failing test" 1 "$RUFF_PROGRAM" test good.ruff bad.ruff
expect "no tests" 4 "$RUFF_PROGRAM" test args.ruff
expect "a JUnit file" 0 "$RUFF_PROGRAM" test --junit=junit.xml good.ruff
tap_check "is XML" python3 -c 'import xml.dom.minidom as m; m.parse("junit.xml")'
expect "a JUnit file that cannot be written" 5 \
    "$RUFF_PROGRAM" test --junit=none/junit.xml good.ruff
tap_done

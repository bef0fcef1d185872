#!/bin/bash
# ruff repl with input from a pipe: values, shared globals, errors, pieces over several lines.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

check_equal() {
    if [ "$2" = "$3" ]; then
        tap_ok "$1"
    else
        tap_fail "$1" "got: $2"
    fi
}

session() {
    printf '%s\n' "$@" | "$RUFF_PROGRAM" repl "--mode=$mode" 2>&1
}

for mode in interp vm; do
    check_equal "$mode: a value is shown and kept in _" "$(session '1 + 2' '_ * 2')" $'3\n6'
    check_equal "$mode: null shows nothing" "$(session 'null' 'print(1)')" "1"
    check_equal "$mode: a piece that ends early shows no earlier value" \
        "$(session '4' 'Err(1)?' '_ + 1')" $'4\n5'
    check_equal "$mode: strings are quoted" "$(session '"a"')" '"a"'
    check_equal "$mode: functions see later changes of globals" \
        "$(session 'x := 1' 'func f() { return x }' 'x := 5' 'f()')" "5"
    check_equal "$mode: functions change globals" \
        "$(session 'n := 1' 'func up() { n := n + 1 }' 'up()' 'n')" "2"
    check_equal "$mode: a piece goes on until it is complete" \
        "$(session 'func f(a) {' '  return a * 2' '}' 'f(4)' 'let a := [1,' '2]' 'a')" \
        $'8\n[1, 2]'
    check_equal "$mode: const stays const in later pieces" \
        "$(session 'const K := 1' 'K := 2' 'K' | grep -v '^ ')" \
        $'[RUFVM001] [vm] Runtime Error: Cannot reassign const binding: K\n1'
    check_equal "$mode: an error does not leave" \
        "$(session '1 / 0' '7' | tail -n 1)" "7"
    printf 'exit(9)\nprint(1)\n' | "$RUFF_PROGRAM" repl "--mode=$mode" >/dev/null
    check_equal "$mode: exit leaves with its code" "$?" "9"
    check_equal "$mode: an unfinished text at the end is said" \
        "$(session 'print(1' | head -n 1 | cut -c1-22)" "[RUFPARSE001] [parser]"
done
tap_done

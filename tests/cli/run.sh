#!/bin/bash
# ruff run and check: exit codes, unreadable files, where modules are found, --max-memory
# (sections 15.5, 16, 20 and 23 of the language reference).
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

cd "$tmp" || exit 99
ruff=$RUFF_PROGRAM

# expect NAME STATUS OUTPUT ERROR COMMAND...: ERROR is the start of the first line on stderr
expect() {
    local name=$1 status=$2 output=$3 error=$4 code=0 out first
    shift 4
    out=$("$@" 2>err) || code=$?
    first=$(head -n 1 err)
    if [ "$code" -eq "$status" ] && [ "$out" = "$output" ] && [[ $first = "$error"* ]] &&
        { [ -n "$error" ] || [ -z "$first" ]; }; then
        tap_ok "$name"
    else
        tap_fail "$name" "status $code"$'\n'"$out"$'\n'"$(cat err)"
    fi
}

mkdir -p app/src work/modules outside
echo 'print("ran", args())' >ok.ruff
echo 'print("before"); x := 1 / 0' >fails.ruff
echo 'x := (' >syntax.ruff
echo 'exit(300)' >exits.ruff
expect "run" 0 "ran [a, --b]" "" "$ruff" run ok.ruff a --b
expect "a file alone is run" 0 "ran [a]" "" "$ruff" ok.ruff a
expect "check does not execute" 0 "" "" "$ruff" check ok.ruff
expect "check finds syntax errors" 3 "" "[RUFPARSE001] [parser] error: " "$ruff" check syntax.ruff
expect "check finds what is reported before a run" 4 "" \
    "[RUFVM001] [vm] Runtime Error: break can only be used inside a loop" \
    "$ruff" check <(echo 'break')
expect "a runtime error" 4 "before" "[RUFVM001] [vm] Runtime Error: Division by zero" \
    "$ruff" run fails.ruff
expect "exit" 44 "" "" "$ruff" run exits.ruff
expect "an unreadable file" 5 "" \
    "[RUFCLI001] [cli] error: Failed to read .ruff file 'none.ruff': No such file or directory (os error 2)" \
    "$ruff" run none.ruff
expect "an unknown option" 2 "" "ruff: unknown option '--nonsense'" "$ruff" run --nonsense ok.ruff
expect "an unknown command" 2 "" "ruff: unknown command 'nonsense'" "$ruff" nonsense
# Also from a build folder that lies outside the source tree.
expect "a bare name is looked up in the suites" 0 6765 "ruff: running /" "$ruff" run fib_recursive.ruff
version=$("$ruff" --version | head -n 1)
tap_check "--version" test "${version%% *}" = ruff

# The working directory is work/, the main script stands in app/src/.
module() { # FILE TEXT
    echo "export func where() { return \"$2\" }" >"$1"
}
module app/src/beside.ruff "beside the script"
module app/parent.ruff "parent of src"
module work/here.ruff "working directory"
module work/modules/folder.ruff "modules folder"
module work/both.ruff "working directory"
module app/src/both.ruff "beside the script"
module outside/secret.ruff "outside"
ln -s ../outside/secret.ruff work/link.ruff
ln -s here.ruff work/inside.ruff
found() { # MODULE
    printf 'from %s import where\nprint(where())\n' "$1" >app/src/main.ruff
    (cd work && "$ruff" run "--mode=$mode" ../app/src/main.ruff)
}
for mode in interp vm; do
    expect "$mode: a module beside the script" 0 "beside the script" "" found beside
    expect "$mode: a module in the parent of src" 0 "parent of src" "" found parent
    expect "$mode: a module in the working directory" 0 "working directory" "" found here
    expect "$mode: a module in ./modules" 0 "modules folder" "" found folder
    expect "$mode: the working directory comes first" 0 "working directory" "" found both
    expect "$mode: a link that stays in the root" 0 "working directory" "" found inside
    expect "$mode: a link that leaves the root" 4 "" \
        "[RUFVM001] [vm] Runtime Error: Unsafe module import 'link': " found link
    expect "$mode: a module that is nowhere" 4 "" \
        "[RUFVM001] [vm] Runtime Error: Module not found: nowhere; " found nowhere
done

fill='loop { x := push(x, "a text of some length " + str(len(x))) }'
echo "x := []; $fill" >fill.ruff
echo "x := []; try { $fill } except e { print(e.message) }" >caught.ruff
for mode in interp vm; do
    limited=("$ruff" run "--mode=$mode" --max-memory=1M)
    expect "$mode: the memory limit" 4 "" \
        "[RUFVM001] [vm] Runtime Error: Memory limit of 1048576 bytes exceeded" \
        "${limited[@]}" fill.ruff
    expect "$mode: is an error to catch, also while the memory is full" 0 \
        "Memory limit of 1048576 bytes exceeded" "" "${limited[@]}" caught.ruff
done
# Operations: the same in every run, and each turn of a loop costs the same.
echo 'i := 0; while i < int(args()[0]) { i := i + len("ab") - 1 }' >turns.ruff
operations() { # MODE TURNS
    "$ruff" run "--mode=$1" --stats=json turns.ruff "$2" 2>&1 |
        sed -n 's/.*"operations":\([0-9]*\).*/\1/p'
}
counts_turns() { # MODE
    local a b c
    a=$(operations "$1" 1000) b=$(operations "$1" 2000) c=$(operations "$1" 3000)
    echo "$a $b $c"
    [ "$a" -gt 3000 ] && [ $((c - b)) -eq $((b - a)) ] && [ "$a" -eq "$(operations "$1" 1000)" ]
}
for mode in interp vm; do
    tap_check "$mode: operations are counted" counts_turns "$mode"
done
tap_done

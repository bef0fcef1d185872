# scripts/count-results: what scripts/check believes about a run.
# shellcheck shell=bash
# shellcheck source=tests/lib.sh
. "$top_srcdir/tests/lib.sh"

count=$top_srcdir/scripts/count-results
mkdir -p "$tmp/build/tests"

result() { # NAME LINE... : writes NAME.trs and NAME.log as the driver does
    local name=$1
    shift
    printf '%s\n' "$@" >"$tmp/build/tests/$name.log"
    sed -n 's/^\([A-Z]*\): .*/:test-result: \1/p' "$tmp/build/tests/$name.log" >"$tmp/build/tests/$name.trs"
}

expect() { # NAME STATUS LAST_LINE
    local output status=0
    output=$("$count" "$tmp/build" "$tmp/skips" 2>&1) || status=$?
    if [ $status -eq "$2" ] && [ "$(tail -n 1 <<<"$output")" = "$3" ]; then
        tap_ok "$1"
    else
        tap_fail "$1" "status $status"$'\n'"$output"
    fi
}

printf '# known\ntests/b.sh: no PMU*\tvirtual machines have none\ntests/b.sh: no reason\t\n' >"$tmp/skips"

result a "ok 1 - x" "PASS: tests/a 1 - x" "PASS: tests/a 2 - y"
expect "all passed" 0 "check: 2 passed, 0 failed, 0 skipped (0 without a listed reason) in 1 files"

result b "SKIP: tests/b.sh 1 - no PMU here # SKIP none" "PASS: tests/b.sh 2 - z"
expect "a listed skip is counted and allowed" 0 \
    "check: 3 passed, 0 failed, 1 skipped (0 without a listed reason) in 2 files"

result b "SKIP: tests/b.sh 1 - no PMU here # SKIP none" "SKIP: tests/b.sh 2 - other"
expect "an unlisted skip fails" 1 \
    "check: 2 passed, 0 failed, 2 skipped (1 without a listed reason) in 2 files"

result b "SKIP: tests/b.sh 1 - no reason"
expect "a pattern without a reason does not count" 1 \
    "check: 2 passed, 0 failed, 1 skipped (1 without a listed reason) in 2 files"

result b "not ok 1 - z" "FAIL: tests/b.sh 1 - z" "ERROR: tests/b.sh - exited with status 1"
expect "failures and errors fail" 1 \
    "check: 2 passed, 2 failed, 0 skipped (0 without a listed reason) in 2 files"

rm "$tmp/build/tests"/*
expect "no test at all fails" 1 \
    "check: 0 passed, 0 failed, 0 skipped (0 without a listed reason) in 0 files"
tap_done

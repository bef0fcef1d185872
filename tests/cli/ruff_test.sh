#!/bin/bash
# ruff test: which statements run, what passes, the report and the exit codes
# (section 17 of the language reference).
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

cd "$tmp" || exit 99
line=$(printf '=%.0s' {1..60})

# expect NAME STATUS TEXT COMMAND...: exit code and standard output, times as 0
expect() {
    local name=$1 status=$2 text=$3 code=0 out
    shift 3
    out=$("$@" 2>err) || code=$?
    out=$(sed -E 's/[0-9.]+ms/0ms/' <<<"$out")
    if [ "$code" -eq "$status" ] && [ "$out" = "$text" ]; then
        tap_ok "$name"
    else
        tap_fail "$name" "status $code"$'\n'"$out"$'\n'"$(cat err)"
    fi
}

cat >passing.ruff <<'END'
func add(a, b) { return a + b }
const TWO := 2
other := 5
print("other statements do not run")
test "adds" { assert_equal(add(1, TWO), 3) }
test_group "group" {
    test "in a group" { assert_true(true) }
    test_group "inner" { test "in an inner group" { assert(1) } }
}
test "sees declarations only" {
    try { print(other) } except e { assert_equal(e.message, "Undefined variable: other") }
}
test "changes its own globals" { add := 5; assert_equal(add, 5) }
test "which no other test sees" { assert_equal(add(1, 1), 2) }
test "question mark passes" { Err("x")?; assert(false) }
END
cat >failing.ruff <<'END'
test_setup { print("an earlier setup is replaced") }
test_setup { base := 10; print("setup") }
test "body fails" { print("body"); assert_equal(base, 11); print("not reached") }
test "throws" { throw "thrown" }
test "passes" { assert_equal(base, 10) }
test_teardown { print("teardown") }
END
cat >setup.ruff <<'END'
test_setup { throw "no base" }
test "never runs" { print("body") }
END
echo 'print(1)' >none.ruff
echo 'test "x" { }' >empty.ruff
echo 'test "x" {' >broken.ruff

for mode in interp vm; do
    run=("$RUFF_PROGRAM" run "--mode=$mode")
    test=("$RUFF_PROGRAM" test "--mode=$mode")
    expect "$mode: run skips tests" 0 "other statements do not run" "${run[@]}" passing.ruff
    expect "$mode: all passed" 0 \
        "
$line
Test Results
$line
Tests: 7 total, 7 passed, 0 failed
Time:  0ms
$line

All tests passed! ✨" "${test[@]}" passing.ruff
    expect "$mode: verbose" 1 \
        "setup
body
teardown
setup
teardown
setup
teardown

$line
Test Results
$line
  ✗ body fails (0ms)
    Error: Assertion failed: expected Int(11), got Int(10)
  ✗ throws (0ms)
    Error: thrown
  ✓ passes (0ms)

Tests: 3 total, 1 passed, 2 failed
Time:  0ms
$line

2 test(s) failed" "${test[@]}" --verbose failing.ruff
    expect "$mode: a setup that fails" 1 \
        "
$line
Test Results
$line
  ✗ never runs (0ms)
    Error: Setup failed: no base

Tests: 1 total, 0 passed, 1 failed
Time:  0ms
$line

1 test(s) failed" "${test[@]}" --verbose setup.ruff
    expect "$mode: no test at all" 4 "No tests found in none.ruff" "${test[@]}" none.ruff
    expect "$mode: a test may be empty" 0 \
        "
$line
Test Results
$line
Tests: 1 total, 1 passed, 0 failed
Time:  0ms
$line

All tests passed! ✨" "$RUFF_PROGRAM" test-run "--mode=$mode" empty.ruff
    expect "$mode: a syntax error" 3 "" "${test[@]}" broken.ruff
    expect "$mode: a missing file" 5 "" "${test[@]}" missing.ruff
done

# A folder with a file that cannot be read ended with "All tests passed!".
"$RUFF_PROGRAM" test --junit broken.xml passing.ruff broken.ruff missing.ruff >out 2>err
if [ $? -eq 3 ] && [ "$(tail -n 1 out)" = "2 file(s) could not be tested: see the errors above" ] &&
    ! grep -q 'All tests passed' out && grep -q 'errors="2"' broken.xml; then
    tap_ok "files that cannot be tested are not called passed"
else
    tap_fail "files that cannot be tested are not called passed" "$(cat out err broken.xml)"
fi
expect "an unknown option" 2 "" "$RUFF_PROGRAM" test --nonsense empty.ruff
"$RUFF_PROGRAM" test --junit report.xml failing.ruff passing.ruff >/dev/null
tap_check "a JUnit file names every test" \
    python3 -c '
import sys, xml.etree.ElementTree as tree
cases = list(tree.parse("report.xml").iter("testcase"))
failed = [c.get("name") for c in cases if c.find("failure") is not None]
assert len(cases) == 10 and failed == ["body fails", "throws"], (len(cases), failed)
'
printf 'test "two\nlines\033[31m" { }\ntest "before\\0after" { assert(false) }\n' >control.ruff
"$RUFF_PROGRAM" test --verbose control.ruff >out 2>err
if grep -qF '✓ two\nlines\x1b[31m (' out; then
    tap_ok "control bytes in the name of a test are escaped"
else
    tap_fail "control bytes in the name of a test are escaped" "$(cat out)"
fi
if grep -qF '✗ before\x00after (' out; then
    tap_ok "a NUL does not cut the name of a test"
else
    tap_fail "a NUL does not cut the name of a test" "$(cat out)"
fi

tap_done

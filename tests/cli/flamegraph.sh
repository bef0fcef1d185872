#!/bin/bash
# scripts/flamegraph: folding, comparing, and the way from a script to a picture.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

tools=$top_srcdir/scripts/flamegraph
printf 'main;f;g 3\nmain;f 1\n' >"$tmp/base.folded"
printf 'main;f;g 1\nmain;h;h 3\n' >"$tmp/new.folded"

expect() {
    local name=$1 wanted=$2 got
    shift 2
    if got=$("$@" 2>&1) && [ "$got" = "$wanted" ]; then
        tap_ok "$name"
    else
        tap_fail "$name" "$got"
    fi
}

expect "fold adds equal stacks up" 'main;f 1
main;f;g 4
main;h;h 3' "$tools/fold" "$tmp/base.folded" "$tmp/new.folded"

expect "diff counts a recursive function once" 'change/pp   base/%    new/%  function
   -75.00   100.00    25.00  f
   +75.00     0.00    75.00  h
   -50.00    75.00    25.00  g
    +0.00   100.00   100.00  main' "$tools/diff" "$tmp/base.folded" "$tmp/new.folded"

cat >"$tmp/perf.txt" <<'END'
ruff run  1234/1234  12.3: 1 cycles:
	  55d0 vm_run+0x12 (/usr/bin/ruff)
	    44 main (/usr/bin/ruff)

ruff run  1234/1234  12.4: 1 cycles:
	  55d0 vm_run+0x1f (/usr/bin/ruff)
	    44 main (/usr/bin/ruff)
END
fold_perf() {
    "$tools/fold" --perf <"$tmp/perf.txt"
}
expect "fold reads perf script" 'ruff_run;main;vm_run 2' fold_perf

for tool in hotpath fold diff; do
    "$tools/$tool" --no-such-option >"$tmp/out" 2>&1
    if [ $? -eq 2 ] && grep -q "^$tool: unknown option '--no-such-option': see --help" \
        "$tmp/out"; then
        tap_ok "$tool: unknown option"
    else
        tap_fail "$tool: unknown option" "$(cat "$tmp/out")"
    fi
    tap_check "$tool: help" "$tools/$tool" --help
done

hotpath() {
    (cd "$tmp" && "$tools/hotpath" -o fib.svg "$top_srcdir/suites/micro/fib_recursive.ruff")
}
if output=$(hotpath 2>&1) && grep -q '<svg' "$tmp/fib.svg" &&
    grep -q 'fib' <<<"$output"; then
    tap_ok "hotpath draws a flame graph of fib_recursive"
else
    tap_fail "hotpath draws a flame graph of fib_recursive" "$output"
fi
if output=$(cd "$tmp" && "$tools/hotpath" nothing.ruff 2>&1); then
    tap_fail "hotpath of a missing script fails" "$output"
else
    tap_ok "hotpath of a missing script fails"
fi

tap_done

#!/bin/bash
# depth.py in a build without optimisation, where C frames are fat. Long form only
# (RUFF_TEST_LONG): it builds the program.
. "${top_srcdir:-.}/tests/lib.sh"

if [ -z "${RUFF_TEST_LONG-}" ]; then
    tap_skip "depth without optimisation" "only the long form builds with -O0"
    tap_done
    exit 0
fi
# shellcheck source=/dev/null
. "$top_builddir/tests/env.sh"
mkdir "$tmp/build"
if ! (cd "$tmp/build" && "$top_srcdir/configure" CC="$CC" CFLAGS="-g -O0" &&
    make -s ruff) >"$tmp/log" 2>&1; then
    tap_fail "a build without optimisation" "$(tail -n 20 "$tmp/log")"
    tap_done
    exit 0
fi
RUFF_PROGRAM=$tmp/build/ruff python3 "$top_srcdir/tests/depth/depth.py"

#!/bin/bash
# Memory runs out at every allocation of a script: see oom.c. Seven scripts; a hundred with
# RUFF_TEST_LONG=1.
. "${top_srcdir:-.}/tests/lib.sh"

language=$top_srcdir/tests/language
scripts=(
    "$top_srcdir/tests/faults/oom_moving_operations.ruff"
    "$top_srcdir/tests/faults/oom_data_builtins.ruff"
    "$top_srcdir/tests/faults/oom_text_builtins.ruff"
    "$language/closures/two_closures_share_a_variable.ruff"
    "$language/generators/yield_in_try.ruff"
    "$language/structs/nested_targets.ruff"
    "$language/trycatch/exception_unwinds_nested_blocks.ruff"
)
if [ -n "${RUFF_TEST_LONG-}" ]; then
    # Scripts that reach outside, wait, or allocate without end are no use here.
    mapfile -t more < <(find "$language" -name '*.ruff' -size -3k |
        grep -v -e /concurrency/ -e depth -e nesting -e tail_calls -e loop_of |
        xargs grep -L -w -e import -e sleep -e spawn -e write_file -e input -e time_ms \
            -e now | sort | awk 'NR % 3 == 1' | head -n 100)
    scripts+=("${more[@]}")
fi
"$top_builddir/tests/faults/oom" "${scripts[@]}"

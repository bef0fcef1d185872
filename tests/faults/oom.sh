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
    # One in twelve, from all folders. Scripts that reach outside, wait, or allocate much (the
    # limits, deep data) are no use here.
    mapfile -t more < <(find "$language" -name '*.ruff' -size -3k |
        grep -v -e /concurrency/ -e /limits/ -e deep -e depth -e nesting -e tail_calls \
            -e loop_of -e json_errors -e calls_each_count |
        xargs grep -L -w -e import -e sleep -e spawn -e spawn_task -e write_file -e input \
            -e time_ms -e now | sort | awk 'NR % 12 == 1')
    scripts+=("${more[@]}")
fi
"$top_builddir/tests/faults/oom" "${scripts[@]}"

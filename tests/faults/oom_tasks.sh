#!/bin/bash
# Memory runs out in the threads of a program, at every allocation: see oom.c. In a build with
# hard tests the same for parcels, jobs and stacks; three scripts then, all with
# RUFF_TEST_LONG=1.
. "${top_srcdir:-.}/tests/lib.sh"

language=$top_srcdir/tests/language/concurrency
names=(
    parallel_map_results
    functions_cross_tasks
    function_comes_from_a_task_with_its_module
    structs_cross_tasks
    spawn_task_and_await
    spawn_snapshot
    failing_task
    nested_parallel_maps
    function_is_sent_to_a_task_of_a_module
    functions_come_back_from_tasks_of_tasks
    import_inside_a_task
    parallel_items_import_for_themselves
    sent_function_sees_variables_set_after_the_spawn
    shared_store_crosses_tasks
    generator_captured_by_a_task
    unsendable_global_is_an_error_when_used
    cancel_running_task
)
if [ -z "${RUFF_TEST_LONG-}" ] && "$RUFF_PROGRAM" --version | grep -q hard-tests; then
    names=("${names[@]:0:3}")
fi
scripts=()
for name in "${names[@]}"; do
    scripts+=("$language/$name.ruff")
done
"$top_builddir/tests/faults/oom" --tasks "${scripts[@]}"

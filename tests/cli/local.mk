TESTS += \
	tests/cli/bad_input.sh \
	tests/cli/count_results.sh \
	tests/cli/exit_codes.sh \
	tests/cli/flamegraph.sh \
	tests/cli/help.sh \
	tests/cli/record.sh \
	tests/cli/record_threads.sh \
	tests/cli/repl.sh \
	tests/cli/repl_terminal.py \
	tests/cli/ruff.sh \
	tests/cli/ruff_test.sh \
	tests/cli/ruffbench.sh \
	tests/cli/run.sh \
	tests/cli/stat.sh

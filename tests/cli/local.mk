TESTS += tests/cli/count_results.sh

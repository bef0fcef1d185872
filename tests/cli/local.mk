# TESTS += tests/cli/NAME.sh

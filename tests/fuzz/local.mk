# TESTS += tests/fuzz/NAME.sh

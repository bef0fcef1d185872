# TESTS += tests/accuracy/NAME.sh

# TESTS += tests/faults/NAME.sh

TESTS += tests/accuracy/shares.sh

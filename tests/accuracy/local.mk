TESTS += tests/accuracy/shares.py
EXTRA_DIST += tests/accuracy/shares.py

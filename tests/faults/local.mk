TESTS += tests/faults/profile_kill.py
EXTRA_DIST += tests/faults/profile_kill.py

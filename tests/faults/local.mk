TESTS += tests/faults/recording_ends.sh tests/faults/recording_killed.sh

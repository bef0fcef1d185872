EXTRA_PROGRAMS += tests/faults/oom
tests_faults_oom_SOURCES = tests/faults/oom.c
tests_faults_oom_LDADD = $(RUFF_LIBS)

TESTS += tests/faults/recording_ends.sh tests/faults/recording_cut_short.py
TESTS += tests/faults/oom.sh tests/faults/oom_tasks.sh tests/faults/interrupts.py

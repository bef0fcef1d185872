TESTS += tests/golden/readers.sh
EXTRA_DIST += tests/golden/readers.sh tests/golden/pprof_decode.py

EXTRA_PROGRAMS += tests/golden/rprof_fixture
tests_golden_rprof_fixture_SOURCES = tests/golden/rprof_fixture.c
tests_golden_rprof_fixture_LDADD = profiler/libruffprof.la runtime/base/libbase.la

TESTS += tests/golden/disasm.sh tests/golden/opcodes.sh
EXTRA_DIST += \
	tests/golden/disasm.sh \
	tests/golden/opcodes.sh \
	tests/golden/disasm/calls.ruff \
	tests/golden/disasm/calls.txt \
	tests/golden/disasm/errors.ruff \
	tests/golden/disasm/errors.txt \
	tests/golden/disasm/loops.ruff \
	tests/golden/disasm/loops.txt \
	tests/golden/disasm/moves.ruff \
	tests/golden/disasm/moves.txt

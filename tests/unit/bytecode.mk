# Unit tests of the floor `bytecode`.

# A source text as prototypes in an isolate.
PROGRAM_FIXTURE = tests/unit/program_fixture.c tests/unit/program_fixture.h

check_PROGRAMS += tests/unit/compile_test
tests_unit_compile_test_SOURCES = tests/unit/compile_test.c $(PROGRAM_FIXTURE)
tests_unit_compile_test_LDADD = $(UNIT_LIBS) $(BYTECODE_LIBS)

check_PROGRAMS += tests/unit/disasm_test
tests_unit_disasm_test_SOURCES = tests/unit/disasm_test.c $(PROGRAM_FIXTURE)
tests_unit_disasm_test_LDADD = $(UNIT_LIBS) $(BYTECODE_LIBS)

check_PROGRAMS += tests/unit/optimize_test
tests_unit_optimize_test_SOURCES = tests/unit/optimize_test.c $(PROGRAM_FIXTURE)
tests_unit_optimize_test_LDADD = $(UNIT_LIBS) $(BYTECODE_LIBS)

check_PROGRAMS += tests/unit/verify_test
tests_unit_verify_test_SOURCES = tests/unit/verify_test.c $(PROGRAM_FIXTURE)
tests_unit_verify_test_LDADD = $(UNIT_LIBS) $(BYTECODE_LIBS)

EXTRA_PROGRAMS += tests/generated/compare_engines
tests_generated_compare_engines_SOURCES = tests/generated/compare_engines.c
tests_generated_compare_engines_LDADD = $(RUFF_LIBS)

TESTS += tests/generated/generated.py tests/generated/alive.py tests/generated/planted.sh

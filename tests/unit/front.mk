# Unit tests of the floor `front`.

FRONT_TEXT = tests/unit/front_text.c tests/unit/front_text.h

check_PROGRAMS += tests/unit/diagnostics_test
tests_unit_diagnostics_test_SOURCES = tests/unit/diagnostics_test.c $(FRONT_TEXT)
tests_unit_diagnostics_test_LDADD = $(UNIT_LIBS) $(FRONT_LIBS)

check_PROGRAMS += tests/unit/front_test
tests_unit_front_test_SOURCES = tests/unit/front_test.c $(FRONT_TEXT)
tests_unit_front_test_LDADD = $(UNIT_LIBS) $(FRONT_LIBS)

check_PROGRAMS += tests/unit/lexer_test
tests_unit_lexer_test_SOURCES = tests/unit/lexer_test.c $(FRONT_TEXT)
tests_unit_lexer_test_LDADD = $(UNIT_LIBS) $(FRONT_LIBS)

check_PROGRAMS += tests/unit/parser_test
tests_unit_parser_test_SOURCES = tests/unit/parser_test.c $(FRONT_TEXT)
tests_unit_parser_test_LDADD = $(UNIT_LIBS) $(FRONT_LIBS)

check_PROGRAMS += tests/unit/resolve_test
tests_unit_resolve_test_SOURCES = tests/unit/resolve_test.c $(FRONT_TEXT)
tests_unit_resolve_test_LDADD = $(UNIT_LIBS) $(FRONT_LIBS)

check_PROGRAMS += tests/unit/source_test
tests_unit_source_test_SOURCES = tests/unit/source_test.c
tests_unit_source_test_LDADD = $(UNIT_LIBS) $(FRONT_LIBS)

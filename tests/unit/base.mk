# Unit tests of the floor `base`.

check_PROGRAMS += tests/unit/arena_test
tests_unit_arena_test_SOURCES = tests/unit/arena_test.c
tests_unit_arena_test_LDADD = $(UNIT_LIBS) $(BASE_LIBS)

check_PROGRAMS += tests/unit/diag_test
tests_unit_diag_test_SOURCES = tests/unit/diag_test.c
tests_unit_diag_test_LDADD = $(UNIT_LIBS) $(BASE_LIBS)

check_PROGRAMS += tests/unit/hash_test
tests_unit_hash_test_SOURCES = tests/unit/hash_test.c
tests_unit_hash_test_LDADD = $(UNIT_LIBS) $(BASE_LIBS)

check_PROGRAMS += tests/unit/json_writer_test
tests_unit_json_writer_test_SOURCES = tests/unit/json_writer_test.c
tests_unit_json_writer_test_LDADD = $(UNIT_LIBS) $(BASE_LIBS)

check_PROGRAMS += tests/unit/map_test
tests_unit_map_test_SOURCES = tests/unit/map_test.c
tests_unit_map_test_LDADD = $(UNIT_LIBS) $(BASE_LIBS)

check_PROGRAMS += tests/unit/numtext_test
tests_unit_numtext_test_SOURCES = tests/unit/numtext_test.c
tests_unit_numtext_test_LDADD = $(UNIT_LIBS) $(BASE_LIBS)

check_PROGRAMS += tests/unit/options_test
tests_unit_options_test_SOURCES = tests/unit/options_test.c
tests_unit_options_test_LDADD = $(UNIT_LIBS) $(BASE_LIBS)

check_PROGRAMS += tests/unit/manual_test
tests_unit_manual_test_SOURCES = tests/unit/manual_test.c
tests_unit_manual_test_LDADD = $(UNIT_LIBS) $(BASE_LIBS)

check_PROGRAMS += tests/unit/os_linux_test
tests_unit_os_linux_test_SOURCES = tests/unit/os_linux_test.c
tests_unit_os_linux_test_LDADD = $(UNIT_LIBS) $(BASE_LIBS)

check_PROGRAMS += tests/unit/prng_test
tests_unit_prng_test_SOURCES = tests/unit/prng_test.c
tests_unit_prng_test_LDADD = $(UNIT_LIBS) $(BASE_LIBS)

check_PROGRAMS += tests/unit/strbuf_test
tests_unit_strbuf_test_SOURCES = tests/unit/strbuf_test.c
tests_unit_strbuf_test_LDADD = $(UNIT_LIBS) $(BASE_LIBS)

check_PROGRAMS += tests/unit/suggest_test
tests_unit_suggest_test_SOURCES = tests/unit/suggest_test.c
tests_unit_suggest_test_LDADD = $(UNIT_LIBS) $(BASE_LIBS)

check_PROGRAMS += tests/unit/utf8_test
tests_unit_utf8_test_SOURCES = tests/unit/utf8_test.c
tests_unit_utf8_test_LDADD = $(UNIT_LIBS) $(BASE_LIBS)

check_PROGRAMS += tests/unit/vec_test
tests_unit_vec_test_SOURCES = tests/unit/vec_test.c
tests_unit_vec_test_LDADD = $(UNIT_LIBS) $(BASE_LIBS)

check_PROGRAMS += tests/unit/excerpt_test
tests_unit_excerpt_test_SOURCES = tests/unit/excerpt_test.c
tests_unit_excerpt_test_LDADD = $(UNIT_LIBS) $(BASE_LIBS)

# A target NAME: NAME_fuzz.c and seeds in corpus/NAME or in the folders NAME.seeds lists.
# `make check` runs it over the seeds.
#
#   check_PROGRAMS += tests/fuzz/NAME_fuzz
#   tests_fuzz_NAME_fuzz_SOURCES = tests/fuzz/NAME_fuzz.c $(FUZZ_DRIVER)
#   tests_fuzz_NAME_fuzz_LDADD = $(RUFF_LIBS)
#
# The driver needs base.

FUZZ_DRIVER = tests/fuzz/driver.c tests/fuzz/fuzz.h
FUZZ_LIBRARY = $(FUZZ_DRIVER) tests/fuzz/library.h

check_PROGRAMS += tests/fuzz/csv_fuzz
tests_fuzz_csv_fuzz_SOURCES = tests/fuzz/csv_fuzz.c $(FUZZ_LIBRARY)
tests_fuzz_csv_fuzz_LDADD = $(LIB_LIBS)

check_PROGRAMS += tests/fuzz/front_fuzz
tests_fuzz_front_fuzz_SOURCES = tests/fuzz/front_fuzz.c $(FUZZ_DRIVER)
tests_fuzz_front_fuzz_LDADD = $(FRONT_LIBS)

check_PROGRAMS += tests/fuzz/json_fuzz
tests_fuzz_json_fuzz_SOURCES = tests/fuzz/json_fuzz.c $(FUZZ_LIBRARY)
tests_fuzz_json_fuzz_LDADD = $(LIB_LIBS)

check_PROGRAMS += tests/fuzz/numtext_fuzz
tests_fuzz_numtext_fuzz_SOURCES = tests/fuzz/numtext_fuzz.c $(FUZZ_DRIVER)
tests_fuzz_numtext_fuzz_LDADD = $(BASE_LIBS)

check_PROGRAMS += tests/fuzz/profile_fuzz
tests_fuzz_profile_fuzz_SOURCES = tests/fuzz/profile_fuzz.c $(FUZZ_DRIVER)
tests_fuzz_profile_fuzz_LDADD = profiler/libruffprof.la $(BASE_LIBS) $(DW_LIBS) \
	$(PCRE2_LIBS) $(PROTOBUF_C_LIBS) $(ZLIB_LIBS)

check_PROGRAMS += tests/fuzz/protocol_fuzz
tests_fuzz_protocol_fuzz_SOURCES = tests/fuzz/protocol_fuzz.c $(FUZZ_DRIVER)
tests_fuzz_protocol_fuzz_LDADD = bench/libruffbench.la $(BASE_LIBS) $(JANSSON_LIBS)

check_PROGRAMS += tests/fuzz/regex_fuzz
tests_fuzz_regex_fuzz_SOURCES = tests/fuzz/regex_fuzz.c $(FUZZ_LIBRARY)
tests_fuzz_regex_fuzz_LDADD = $(LIB_LIBS) $(PCRE2_LIBS)

check_PROGRAMS += tests/fuzz/rprof_fuzz
tests_fuzz_rprof_fuzz_SOURCES = tests/fuzz/rprof_fuzz.c $(FUZZ_DRIVER)
tests_fuzz_rprof_fuzz_LDADD = profiler/libruffprof.la $(BASE_LIBS)

check_PROGRAMS += tests/fuzz/run_fuzz
tests_fuzz_run_fuzz_SOURCES = tests/fuzz/run_fuzz.c $(FUZZ_DRIVER)
tests_fuzz_run_fuzz_LDADD = $(RUFF_LIBS)

check_PROGRAMS += tests/fuzz/text_fuzz
tests_fuzz_text_fuzz_SOURCES = tests/fuzz/text_fuzz.c $(FUZZ_LIBRARY)
tests_fuzz_text_fuzz_LDADD = $(LIB_LIBS)

check_PROGRAMS += tests/fuzz/utf8_fuzz
tests_fuzz_utf8_fuzz_SOURCES = tests/fuzz/utf8_fuzz.c $(FUZZ_DRIVER)
tests_fuzz_utf8_fuzz_LDADD = $(BASE_LIBS)

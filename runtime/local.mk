noinst_LTLIBRARIES += runtime/libruff.la
runtime_libruff_la_SOURCES =

bin_PROGRAMS += ruff
ruff_SOURCES = runtime/ruff_main.c
ruff_LDADD = $(RUFF_LIBS)

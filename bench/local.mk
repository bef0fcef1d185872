noinst_LTLIBRARIES += bench/libruffbench.la
bench_libruffbench_la_SOURCES =

bin_PROGRAMS += ruffbench
ruffbench_SOURCES = bench/ruffbench_main.c
ruffbench_LDADD = $(RUFFBENCH_LIBS)

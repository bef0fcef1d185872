noinst_LTLIBRARIES += profiler/libruffprof.la
profiler_libruffprof_la_SOURCES =

bin_PROGRAMS += ruffprof
ruffprof_SOURCES = profiler/ruffprof_main.c
ruffprof_LDADD = $(RUFFPROF_LIBS)

noinst_LTLIBRARIES += profiler/libruffprof.la
profiler_libruffprof_la_SOURCES = \
	profiler/rprof_format.c profiler/rprof_format.h \
	profiler/rprof_reader.c profiler/rprof_reader.h \
	profiler/rprof_writer.c profiler/rprof_writer.h

bin_PROGRAMS += ruffprof
ruffprof_SOURCES = profiler/ruffprof_main.c
ruffprof_LDADD = $(RUFFPROF_LIBS)

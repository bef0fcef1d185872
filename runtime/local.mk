noinst_LTLIBRARIES += runtime/libruff.la
runtime_libruff_la_SOURCES = \
	runtime/engine.c runtime/engine.h \
	runtime/introspect.c \
	runtime/isolate.c runtime/isolate.h \
	runtime/loader.c runtime/loader.h \
	runtime/oversize.c runtime/oversize.h \
	runtime/program.c runtime/program.h \
	runtime/ruff.c \
	runtime/runtime.h \
	runtime/session.c runtime/session.h \
	runtime/tests.c runtime/tests.h

bin_PROGRAMS += ruff
ruff_SOURCES = \
	runtime/cmd_check.c \
	runtime/cmd_repl.c \
	runtime/cmd_run.c \
	runtime/cmd_test.c \
	runtime/command.c runtime/command.h \
	runtime/ruff_main.c
ruff_LDADD = $(RUFF_LIBS) -ldl
ruff_LDFLAGS = $(AM_LDFLAGS) $(STATIC_GCC)

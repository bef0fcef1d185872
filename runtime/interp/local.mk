noinst_LTLIBRARIES += runtime/interp/libinterp.la
runtime_interp_libinterp_la_SOURCES = \
	runtime/interp/assign.c \
	runtime/interp/build.c \
	runtime/interp/build.h \
	runtime/interp/build_stmt.c \
	runtime/interp/count.c \
	runtime/interp/count.h \
	runtime/interp/declare.c \
	runtime/interp/engine.c \
	runtime/interp/engine.h \
	runtime/interp/eval.c \
	runtime/interp/eval.h \
	runtime/interp/eval_call.c \
	runtime/interp/eval_operator.c \
	runtime/interp/exec.c \
	runtime/interp/generator.c \
	runtime/interp/generator.h \
	runtime/interp/node.h \
	runtime/interp/exec_pattern.c \
	runtime/interp/variable.c
EXTRA_DIST += runtime/interp/text.ld

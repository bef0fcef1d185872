noinst_LTLIBRARIES += runtime/core/libcore.la
runtime_core_libcore_la_SOURCES =

# State, errors, calls, operators, iteration.
runtime_core_libcore_la_SOURCES += \
	runtime/core/access.c runtime/core/access.h \
	runtime/core/arith.c \
	runtime/core/builtin.h \
	runtime/core/call.c runtime/core/call.h \
	runtime/core/call_fast.h \
	runtime/core/call_method.c \
	runtime/core/channel.c runtime/core/channel.h \
	runtime/core/convert.c \
	runtime/core/destructure.c \
	runtime/core/error.c runtime/core/error.h \
	runtime/core/error_report.c \
	runtime/core/fiber.c runtime/core/fiber.h \
	runtime/core/fiber_switch.c runtime/core/fiber_switch.h \
	runtime/core/frame.c runtime/core/frame.h \
	runtime/core/iter.c runtime/core/iter.h \
	runtime/core/iterator.c \
	runtime/core/ops.c runtime/core/ops.h \
	runtime/core/ops_fast.h \
	runtime/core/path.c \
	runtime/core/promise.c runtime/core/promise.h \
	runtime/core/state.c runtime/core/state.h

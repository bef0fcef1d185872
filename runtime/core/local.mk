noinst_LTLIBRARIES += runtime/core/libcore.la
runtime_core_libcore_la_SOURCES =

# Values and memory.
runtime_core_libcore_la_SOURCES += \
	runtime/core/array.c runtime/core/array.h \
	runtime/core/boxed.h \
	runtime/core/bytes.c runtime/core/bytes.h \
	runtime/core/collection.c runtime/core/collection.h \
	runtime/core/compare.c runtime/core/compare.h \
	runtime/core/conduit.c runtime/core/conduit.h \
	runtime/core/dict.c runtime/core/dict.h \
	runtime/core/dict_order.c runtime/core/dict_order.h \
	runtime/core/function.c runtime/core/function.h \
	runtime/core/gc.c runtime/core/gc.h \
	runtime/core/hash_index.h \
	runtime/core/heap_cause.c runtime/core/heap.c runtime/core/heap.h runtime/core/heap_private.h \
	runtime/core/nesting.c runtime/core/nesting.h \
	runtime/core/poll.h \
	runtime/core/object.c runtime/core/object.h \
	runtime/core/parcel.c runtime/core/parcel.h \
	runtime/core/parcel_open.c runtime/core/parcel_body.h \
	runtime/core/print.c runtime/core/print.h \
	runtime/core/scope.c runtime/core/scope.h \
	runtime/core/string.c runtime/core/string.h \
	runtime/core/structs.c runtime/core/structs.h

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
	runtime/core/error_hint.c \
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

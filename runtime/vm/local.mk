noinst_LTLIBRARIES += runtime/vm/libvm.la
runtime_vm_libvm_la_SOURCES = \
	runtime/vm/engine.c \
	runtime/vm/engine.h \
	runtime/vm/slow.c \
	runtime/vm/slow.h \
	runtime/vm/slow_call.c \
	runtime/vm/slow_make.c \
	runtime/vm/slow_private.h

# The dispatch loop apart: no stack protector, and one indirect jump per instruction
# (-fno-gcse keeps gcc from merging them).
noinst_LTLIBRARIES += runtime/vm/libvmloop.la
runtime_vm_libvmloop_la_SOURCES = runtime/vm/vm.c runtime/vm/vm.h runtime/vm/vm_loop.inc runtime/vm/vm_macros.h
runtime_vm_libvmloop_la_CFLAGS = $(BARE_CFLAGS) $(VM_CFLAGS)
runtime_vm_libvm_la_LIBADD = runtime/vm/libvmloop.la

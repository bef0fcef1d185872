noinst_LTLIBRARIES += runtime/vm/libvm.la
runtime_vm_libvm_la_SOURCES =

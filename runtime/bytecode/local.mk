noinst_LTLIBRARIES += runtime/bytecode/libbytecode.la
runtime_bytecode_libbytecode_la_SOURCES =

noinst_LTLIBRARIES += runtime/bytecode/libbytecode.la
runtime_bytecode_libbytecode_la_SOURCES = \
	runtime/bytecode/builder.c \
	runtime/bytecode/builder.h \
	runtime/bytecode/chunk.c \
	runtime/bytecode/chunk.h \
	runtime/bytecode/compile.c \
	runtime/bytecode/compile.h \
	runtime/bytecode/compile_assign.c \
	runtime/bytecode/compile_call.c \
	runtime/bytecode/compile_control.c \
	runtime/bytecode/compile_expr.c \
	runtime/bytecode/compile_jump.c \
	runtime/bytecode/compile_move.c \
	runtime/bytecode/compile_names.c \
	runtime/bytecode/compile_pattern.c \
	runtime/bytecode/compile_stmt.c \
	runtime/bytecode/compiler.h \
	runtime/bytecode/disasm.c \
	runtime/bytecode/disasm.h \
	runtime/bytecode/liveness.c \
	runtime/bytecode/liveness.h \
	runtime/bytecode/opcodes.def \
	runtime/bytecode/optimize.c \
	runtime/bytecode/optimize.h \
	runtime/bytecode/verify.c \
	runtime/bytecode/verify.h

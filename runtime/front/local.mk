noinst_LTLIBRARIES += runtime/front/libfront.la
runtime_front_libfront_la_SOURCES = \
	runtime/lang/tokens.def runtime/lang/operators.def runtime/lang/errors.def \
	runtime/front/ast.h \
	runtime/front/ast_dump.c runtime/front/ast_dump.h \
	runtime/front/declarations.c \
	runtime/front/diagnostics.c runtime/front/diagnostics.h \
	runtime/front/expressions.c \
	runtime/front/front.c runtime/front/front.h \
	runtime/front/layout.c \
	runtime/front/letters.c runtime/front/letters.h \
	runtime/front/lexer.c runtime/front/lexer.h \
	runtime/front/names.c runtime/front/names.h \
	runtime/front/parser.c runtime/front/parser.h \
	runtime/front/patterns.c \
	runtime/front/prelude.c runtime/front/prelude.h \
	runtime/front/resolve.c runtime/front/resolve.h \
	runtime/front/scopes.c runtime/front/scopes.h \
	runtime/front/source.c runtime/front/source.h \
	runtime/front/statements.c

# Reports are part of libruffbench.
bench_libruffbench_la_SOURCES += \
	bench/report/csv.c \
	bench/report/exchange.c \
	bench/report/go.c \
	bench/report/json.c \
	bench/report/markdown.c \
	bench/report/report.c bench/report/report.h \
	bench/report/table.c bench/report/table.h \
	bench/report/terminal.c

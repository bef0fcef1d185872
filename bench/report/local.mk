# Reports are part of libruffbench:
# bench_libruffbench_la_SOURCES += bench/report/NAME.c

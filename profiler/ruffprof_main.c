#include "config.h"

#include <stdio.h>
#include <string.h>

/* Answers --version and --help; the commands come with the floors below. */
int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("ruffprof " RUFF_VERSION "\nfeatures: " RUFF_FEATURES
             "\ncompiler: " RUFF_COMPILER " " __VERSION__ "\nhost: " RUFF_HOST);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        puts(
            "usage: ruffprof COMMAND [OPTION...]\n\nruffprof shows where CPU time and memory of Ruff programs go.");
        return 0;
    }
    fputs("ruffprof: nothing to do: try ruffprof --help\n", stderr);
    return 2;
}

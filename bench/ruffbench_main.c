#include "config.h"

#include <stdio.h>
#include <string.h>

/* Answers --version and --help; the commands come with the floors below. */
int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("ruffbench " RUFF_VERSION "\nfeatures: " RUFF_FEATURES
             "\ncompiler: " RUFF_COMPILER " " __VERSION__ "\nhost: " RUFF_HOST);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        puts(
            "usage: ruffbench [OPTION...] [PATH...]\n\nruffbench measures Ruff programs in every engine.");
        return 0;
    }
    fputs("ruffbench: nothing to do: try ruffbench --help\n", stderr);
    return 2;
}

#include "config.h"

#include <stdio.h>
#include <string.h>

/* Answers --version and --help; the commands come with the floors below. */
int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("ruff " RUFF_VERSION "\nfeatures: " RUFF_FEATURES
             "\ncompiler: " RUFF_COMPILER " " __VERSION__ "\nhost: " RUFF_HOST);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        puts(
            "usage: ruff run FILE [ARG...]\n\nruff runs programs of the Ruff language.");
        return 0;
    }
    fputs("ruff: nothing to do: try ruff --help\n", stderr);
    return 2;
}

/* The commands of `ruffbench`: options in, exit code out.
 *
 * Each command parses its own arguments (argv[0] is the name of the program or command),
 * calls the modules and prints. Results go to stdout, everything else to stderr. */
#ifndef BENCH_COMMAND_H
#define BENCH_COMMAND_H

#define COMMAND_PROGRAM "ruffbench"

enum command_exit {
    COMMAND_OK = 0,
    COMMAND_USAGE = 2,
    COMMAND_FAILED = 3, /* a benchmark failed, or the modes disagree */
    COMMAND_IO = 5,
    COMMAND_INTERNAL = 6,
    COMMAND_INTERRUPTED = 130 /* 128 + SIGINT; SIGTERM gives 143 */
};

/* The whole program: chooses the command by the first argument. */
int command_main(int argc, char **argv);

int command_bench(int argc, char **argv);
int command_list(int argc, char **argv);
int command_doctor(int argc, char **argv);

#endif

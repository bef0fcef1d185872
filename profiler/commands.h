#ifndef RUFFPROF_COMMANDS_H
#define RUFFPROF_COMMANDS_H

/*
 * The commands of ruffprof. Each parses its options, calls the libraries, prints, and
 * returns the exit code of spec/cli.md; argv[0] is the command's own name. A new command is
 * a file cmd_NAME.c, a line here and a row in ruffprof_main.c.
 */

int cmd_record(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_selftest(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_annotate(int argc, char **argv);
int cmd_flamegraph(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_info(int argc, char **argv);

#endif

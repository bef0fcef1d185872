/* The machine and the build a result belongs to, and what about them makes timings
 * less trustworthy.
 *
 * Everything is read from /proc and /sys below `root` ("" on a real machine; tests give
 * a folder of their own). What cannot be read says so: a missing fact is "not
 * available", never zero. Not thread safe; no globals. */
#ifndef BENCH_ENVIRONMENT_H
#define BENCH_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENVIRONMENT_TEXT_SIZE    160
#define ENVIRONMENT_MAX_WARNINGS 8

struct environment {
    char cpu[ENVIRONMENT_TEXT_SIZE];      /* model name */
    unsigned cpu_count;                   /* online */
    char governor[ENVIRONMENT_TEXT_SIZE]; /* or why it is not known */
    bool has_governor;
    double load[3]; /* 1, 5, 15 minutes; NAN when not known */
    char kernel[ENVIRONMENT_TEXT_SIZE];
    char system[ENVIRONMENT_TEXT_SIZE]; /* distribution */
    int aslr;                           /* randomize_va_space, −1 = not known */
    bool is_virtual;                    /* a hypervisor is announced */
    uint64_t memory_bytes;              /* 0 = not known */
    char time[32];                      /* start, RFC 3339, UTC */
    char version[ENVIRONMENT_TEXT_SIZE];
    char features[ENVIRONMENT_TEXT_SIZE];
    char compiler[ENVIRONMENT_TEXT_SIZE];
    char flags[ENVIRONMENT_TEXT_SIZE]; /* CFLAGS of this build */
    bool is_sanitized;                 /* built with a sanitizer */
    uint64_t clock_read_ns;            /* cost of reading the CPU clock */
};

struct environment_warnings {
    char text[ENVIRONMENT_MAX_WARNINGS][256];
    size_t count;
};

void environment_read(struct environment *env, const char *root);

/* One line each: what is the matter: what to do about it. */
void environment_warn(const struct environment *env, struct environment_warnings *out);

#endif

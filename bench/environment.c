#include "config.h"

#include "environment.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "textbuf.h"
#include "timer.h"

#ifndef RUFF_BUILD_FLAGS
#    define RUFF_BUILD_FLAGS "not recorded"
#endif

/* Above this share of the processors the machine is busy with something else. */
static const double BUSY_LOAD = 0.5;

static void read_cpu(struct environment *env, const char *root);
static void read_governor(struct environment *env, const char *root);
static void read_load(struct environment *env, const char *root);
static void read_system(struct environment *env, const char *root);
static void read_memory(struct environment *env, const char *root);
static void read_build(struct environment *env);
static FILE *open_below(const char *root, const char *path);
static bool read_line(const char *root, const char *path, char *out, size_t size);
static void copy_text(char *out, size_t size, const char *text);
static const char *value_after(const char *line, const char *key, char separator);
static bool is_optimized(const char *flags);
static void warn(struct environment_warnings *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void environment_read(struct environment *env, const char *root)
{
    *env = (struct environment){.aslr = -1};
    read_cpu(env, root);
    read_governor(env, root);
    read_load(env, root);
    read_system(env, root);
    read_memory(env, root);
    read_build(env);
    char aslr[16];
    if (read_line(root, "/proc/sys/kernel/randomize_va_space", aslr, sizeof aslr) &&
        isdigit((unsigned char)aslr[0])) {
        env->aslr = aslr[0] - '0';
    }
    time_t now = time(NULL);
    struct tm utc;
    if (gmtime_r(&now, &utc) != NULL) {
        (void)strftime(env->time, sizeof env->time, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    enum {
        CLOCK_TRIES = 51
    };
    env->clock_read_ns = timer_read_cost_ns(CLOCK_TRIES);
}

static void read_cpu(struct environment *env, const char *root)
{
    copy_text(env->cpu, sizeof env->cpu, "not available");
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    env->cpu_count = online < 1 ? 1u : (unsigned)online;
    FILE *file = open_below(root, "/proc/cpuinfo");
    if (file == NULL) {
        return;
    }
    char line[4096];
    bool has_model = false;
    while (fgets(line, sizeof line, file) != NULL) {
        const char *value = value_after(line, "model name", ':');
        if (value != NULL && !has_model) {
            copy_text(env->cpu, sizeof env->cpu, value);
            has_model = true;
        }
        if (strncmp(line, "flags", 5) == 0 && strstr(line, " hypervisor") != NULL) {
            env->is_virtual = true;
        }
    }
    fclose(file);
}

static void read_governor(struct environment *env, const char *root)
{
    env->has_governor =
        read_line(root, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
                  env->governor, sizeof env->governor);
    if (!env->has_governor) {
        copy_text(env->governor, sizeof env->governor,
                  "not available (the kernel offers no cpufreq here)");
    }
}

static void read_load(struct environment *env, const char *root)
{
    char line[128];
    for (size_t i = 0; i < 3; i++) {
        env->load[i] = (double)NAN;
    }
    if (!read_line(root, "/proc/loadavg", line, sizeof line)) {
        return;
    }
    char *rest = line;
    for (size_t i = 0; i < 3; i++) {
        char *end;
        double value = strtod(rest, &end);
        if (end == rest) {
            return;
        }
        env->load[i] = value;
        rest = end;
    }
}

static void read_system(struct environment *env, const char *root)
{
    copy_text(env->system, sizeof env->system, "not available");
    FILE *file = open_below(root, "/etc/os-release");
    if (file != NULL) {
        char line[512];
        while (fgets(line, sizeof line, file) != NULL) {
            const char *value = value_after(line, "PRETTY_NAME", '=');
            if (value != NULL) {
                copy_text(env->system, sizeof env->system, value);
            }
        }
        fclose(file);
    }
    struct utsname name;
    if (uname(&name) == 0) {
        textbuf_format(env->kernel, sizeof env->kernel, "%.30s %.80s %.40s",
                       name.sysname, name.release, name.machine);
    } else {
        copy_text(env->kernel, sizeof env->kernel, "not available");
    }
}

static void read_memory(struct environment *env, const char *root)
{
    FILE *file = open_below(root, "/proc/meminfo");
    if (file == NULL) {
        return;
    }
    char line[256];
    while (fgets(line, sizeof line, file) != NULL) {
        const char *value = value_after(line, "MemTotal", ':');
        if (value != NULL) {
            env->memory_bytes = strtoull(value, NULL, 10) * 1024u;
        }
    }
    fclose(file);
}

static void read_build(struct environment *env)
{
    copy_text(env->version, sizeof env->version, RUFF_VERSION);
    copy_text(env->features, sizeof env->features, RUFF_FEATURES);
    copy_text(env->compiler, sizeof env->compiler, RUFF_COMPILER " " __VERSION__);
    copy_text(env->flags, sizeof env->flags, RUFF_BUILD_FLAGS);
#if defined(RUFF_ASAN) || defined(RUFF_TSAN)
    env->is_sanitized = true;
#endif
}

/* ---- Reading ----------------------------------------------------------------- */

static FILE *open_below(const char *root, const char *path)
{
    char full[512];
    if (textbuf_format(full, sizeof full, "%s%s", root, path) >= sizeof full - 1) {
        return NULL;
    }
    return fopen(full, "re");
}

static bool read_line(const char *root, const char *path, char *out, size_t size)
{
    FILE *file = open_below(root, path);
    if (file == NULL) {
        return false;
    }
    char line[512];
    bool ok = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    if (ok) {
        copy_text(out, size, line);
    }
    return ok;
}

/* Without blanks and quotes around it, and cut to size. */
static void copy_text(char *out, size_t size, const char *text)
{
    while (*text != '\0' && strchr(" \t\"", *text) != NULL) {
        text++;
    }
    size_t length = strcspn(text, "\n");
    while (length > 0 && strchr(" \t\"\r", text[length - 1]) != NULL) {
        length--;
    }
    textbuf_format(out, size, "%.*s", (int)length, text);
}

/* What follows "KEY <blanks> SEPARATOR", or NULL when the line is about another key. */
static const char *value_after(const char *line, const char *key, char separator)
{
    size_t length = strlen(key);
    if (strncmp(line, key, length) != 0) {
        return NULL;
    }
    const char *rest = line + length + strspn(line + length, " \t");
    return *rest == separator ? rest + 1 : NULL;
}

/* ---- Warnings ---------------------------------------------------------------- */

void environment_warn(const struct environment *env, struct environment_warnings *out)
{
    *out = (struct environment_warnings){0};
    if (env->is_sanitized) {
        warn(out, "this build has a sanitizer: times are several times too long: "
                  "measure with a plain build");
    }
    if (!is_optimized(env->flags)) {
        warn(
            out,
            "built without -O2 (CFLAGS %.100s): configure again with the default flags",
            env->flags[0] == '\0' ? "empty" : env->flags);
    }
    if (env->has_governor && strcmp(env->governor, "performance") != 0) {
        warn(
            out,
            "frequency governor is '%.40s': times drift with the clock: set 'performance'",
            env->governor);
    }
    if (env->load[0] > BUSY_LOAD * (double)env->cpu_count) {
        warn(out,
             "load is %.2f on %u processors: something else is running: stop it or "
             "expect wide intervals",
             env->load[0], env->cpu_count);
    }
    if (env->is_virtual) {
        warn(out,
             "virtual machine: neighbours may steal time: compare within one run only");
    }
    if (env->aslr == 0) {
        warn(out, "address randomisation is off: every process has the same layout, "
                  "intervals are too narrow: switch it on");
    }
}

static bool is_optimized(const char *flags)
{
    static const char *const GOOD[] = {"-O2", "-O3", "-Ofast"};
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        if (strstr(flags, GOOD[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static void warn(struct environment_warnings *out, const char *format, ...)
{
    if (out->count == ENVIRONMENT_MAX_WARNINGS) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out->text[out->count], sizeof out->text[0], format, arguments);
    va_end(arguments);
    out->count++;
}

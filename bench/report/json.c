#include "config.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"

enum {
    SCHEMA = 1
};

/* Digits of a real: more than any clock has, fewer than the noise of binary fractions. */
enum {
    DIGITS = 15
};

static json_t *environment_to_json(const struct environment *env);
static json_t *settings_to_json(const struct results_settings *settings);
static json_t *cell_to_json(const struct results_cell *cell);
static void add_statistics(json_t *object, const struct results_cell *cell);
static json_t *processes_to_json(const struct results_cell *cell);
static json_t *times_to_json(const struct series_times *times);
static json_t *profile_to_json(const struct results_profile *profile, bool is_memory);
static json_t *speedup_to_json(const struct results_speedup *speedup, const char *name);
static json_t *number(double value);
static json_t *text(const char *bytes);
static void set(json_t *object, const char *key, json_t *value);

bool json_report(const struct results *results, const struct report_style *style,
                 struct strbuf *out)
{
    (void)style;
    json_t *root = json_object();
    json_t *benchmarks = json_array();
    json_t *speedups = json_array();
    for (size_t i = 0; i < results->cell_count; i++) {
        json_array_append_new(benchmarks, cell_to_json(&results->cells[i]));
    }
    for (size_t i = 0; i < results->suite->count; i++) {
        if (results->speedups[i].exists) {
            json_array_append_new(
                speedups,
                speedup_to_json(&results->speedups[i], results->suite->items[i].name));
        }
    }
    set(root, "schema", json_integer(SCHEMA));
    set(root, "environment", environment_to_json(&results->environment));
    set(root, "settings", settings_to_json(&results->settings));
    set(root, "interrupted", json_boolean(results->was_interrupted));
    set(root, "elapsed", json_integer((json_int_t)results->elapsed_ns));
    set(root, "benchmarks", benchmarks);
    set(root, "speedups", speedups);
    if (results->geometric.exists) {
        set(root, "geometric_mean", speedup_to_json(&results->geometric, NULL));
    }
    char *dumped = root == NULL
                       ? NULL
                       : json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS));
    json_decref(root);
    if (dumped == NULL) {
        return false;
    }
    strbuf_append_str(out, dumped);
    strbuf_append_char(out, '\n');
    free(dumped);
    return !strbuf_failed(out);
}

static json_t *environment_to_json(const struct environment *env)
{
    json_t *object = json_object();
    json_t *load = json_array();
    json_t *warnings = json_array();
    struct environment_warnings found;
    environment_warn(env, &found);
    for (size_t i = 0; i < 3; i++) {
        json_array_append_new(load, number(env->load[i]));
    }
    for (size_t i = 0; i < found.count; i++) {
        json_array_append_new(warnings, text(found.text[i]));
    }
    set(object, "time", text(env->time));
    set(object, "version", text(env->version));
    set(object, "features", text(env->features));
    set(object, "compiler", text(env->compiler));
    set(object, "flags", text(env->flags));
    set(object, "cpu", text(env->cpu));
    set(object, "cpus", json_integer((json_int_t)env->cpu_count));
    set(object, "governor", env->has_governor ? text(env->governor) : json_null());
    set(object, "load", load);
    set(object, "kernel", text(env->kernel));
    set(object, "system", text(env->system));
    set(object, "aslr", env->aslr < 0 ? json_null() : json_integer(env->aslr));
    set(object, "virtual", json_boolean(env->is_virtual));
    set(object, "memory",
        env->memory_bytes == 0 ? json_null()
                               : json_integer((json_int_t)env->memory_bytes));
    set(object, "clock_read", json_integer((json_int_t)env->clock_read_ns));
    set(object, "warnings", warnings);
    return object;
}

static json_t *settings_to_json(const struct results_settings *settings)
{
    json_t *object = json_object();
    /* A string: seeds use 64 bits, JSON numbers survive 53. */
    char seed[24];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)settings->seed);
    set(object, "seed", json_string(seed));
    set(object, "processes", json_integer((json_int_t)settings->processes));
    set(object, "iterations",
        settings->iterations == 0 ? json_null()
                                  : json_integer((json_int_t)settings->iterations));
    set(object, "warmup",
        settings->has_warmup ? json_integer((json_int_t)settings->warmup)
                             : json_null());
    set(object, "time", number(settings->time_s));
    set(object, "precision",
        settings->precision > 0.0 ? number(settings->precision) : json_null());
    set(object, "timeout", number(settings->timeout_s));
    set(object, "max_memory", json_integer((json_int_t)settings->max_memory));
    set(object, "pin",
        settings->pin_cpu < 0 ? json_null() : json_integer(settings->pin_cpu));
    set(object, "resamples", json_integer((json_int_t)settings->resamples));
    set(object, "clock", json_string("process-cpu"));
    return object;
}

/* ---- Cells ------------------------------------------------------------------- */

static json_t *cell_to_json(const struct results_cell *cell)
{
    json_t *object = json_object();
    bool ok = cell->state == RESULTS_OK;
    set(object, "name", text(cell->benchmark->name));
    set(object, "mode", json_string(ruff_mode_name(cell->mode)));
    set(object, "suite", text(cell->benchmark->suite));
    set(object, "file", text(cell->benchmark->path));
    set(object, "ok", json_boolean(ok));
    if (!ok) {
        set(object, "error",
            text(cell->state == RESULTS_NOT_RUN ? "not run: interrupted"
                                                : cell->error));
        return object;
    }
    set(object, "error", json_null());
    set(object, "unit", json_string("ns"));
    set(object, "processes", processes_to_json(cell));
    add_statistics(object, cell);
    if (cell->cpu.was_asked) {
        set(object, "profile_cpu", profile_to_json(&cell->cpu, false));
    }
    if (cell->memory.was_asked) {
        set(object, "profile_mem", profile_to_json(&cell->memory, true));
    }
    return object;
}

static void add_statistics(json_t *object, const struct results_cell *cell)
{
    json_t *interval = json_null();
    if (cell->has_interval) {
        interval = json_array();
        json_array_append_new(interval, number(cell->interval.low));
        json_array_append_new(interval, number(cell->interval.high));
    }
    json_t *outliers = json_pack("{s:I,s:I,s:I,s:I}", "low_severe",
                                 (json_int_t)cell->outliers.low_severe, "low_mild",
                                 (json_int_t)cell->outliers.low_mild, "high_mild",
                                 (json_int_t)cell->outliers.high_mild, "high_severe",
                                 (json_int_t)cell->outliers.high_severe);
    set(object, "mean", number(cell->summary.mean));
    set(object, "median", number(cell->summary.median));
    set(object, "min", number(cell->summary.min));
    set(object, "max", number(cell->summary.max));
    set(object, "stddev", number(cell->summary.stddev));
    set(object, "mad", number(cell->summary.mad));
    set(object, "ci95", interval);
    set(object, "sample_count", json_integer((json_int_t)cell->samples.count));
    set(object, "sample_mean", number(cell->samples.mean));
    set(object, "sample_median", number(cell->samples.median));
    set(object, "sample_min", number(cell->samples.min));
    set(object, "sample_max", number(cell->samples.max));
    set(object, "sample_stddev", number(cell->samples.stddev));
    set(object, "sample_mad", number(cell->samples.mad));
    set(object, "startup_median", number(cell->startup.median));
    set(object, "wall_median", number(cell->wall.median));
    set(object, "outliers", outliers);
    set(object, "interrupted", json_integer((json_int_t)cell->interrupted));
    set(object, "class", json_string(steady_class_name(cell->class)));
    set(object, "allocations", number(cell->work.allocations));
    set(object, "bytes", number(cell->work.bytes));
    set(object, "ops", cell->work.ops > 0.0 ? number(cell->work.ops) : json_null());
    set(object, "verdict", json_null());
}

static json_t *processes_to_json(const struct results_cell *cell)
{
    json_t *array = json_array();
    for (size_t i = 0; i < cell->process_count; i++) {
        const struct series *series = &cell->processes[i];
        json_t *object = json_object();
        set(object, "startup", number(series->startup_ns));
        set(object, "warmup", times_to_json(&series->warmup));
        set(object, "samples", times_to_json(&series->samples));
        set(object, "class", json_string(steady_class_name(series->class)));
        set(object, "batch", json_integer((json_int_t)series->batch));
        set(object, "median", number(series->median_ns));
        set(object, "startup_wall", number(series->startup_wall_ns));
        set(object, "wall", times_to_json(&series->wall));
        set(object, "interrupted", json_integer((json_int_t)series->interrupted));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *times_to_json(const struct series_times *times)
{
    json_t *array = json_array();
    for (size_t i = 0; i < times->count; i++) {
        /* A tenth of a nanosecond: no clock tells more, and the file stays small. */
        json_array_append_new(array, number(round(times->values[i] * 10.0) / 10.0));
    }
    return array;
}

static json_t *profile_to_json(const struct results_profile *profile, bool is_memory)
{
    json_t *object = json_object();
    set(object, "ok", json_boolean(profile->ok));
    if (!profile->ok) {
        set(object, "error", text(profile->error));
        return object;
    }
    set(object, "file", text(profile->path));
    set(object, "iterations", json_integer((json_int_t)profile->iterations));
    set(object, is_memory ? "allocations" : "samples",
        json_integer((json_int_t)profile->samples));
    if (is_memory) {
        set(object, "bytes", json_integer((json_int_t)profile->bytes));
    } else {
        set(object, "lost", json_integer((json_int_t)profile->lost));
    }
    return object;
}

static json_t *speedup_to_json(const struct results_speedup *speedup, const char *name)
{
    json_t *object = json_object();
    if (name != NULL) {
        set(object, "name", text(name));
    } else {
        set(object, "benchmarks", json_integer((json_int_t)speedup->benchmarks));
    }
    set(object, "base", json_string(ruff_mode_name(speedup->base)));
    set(object, "mode", json_string(ruff_mode_name(speedup->best)));
    set(object, "speedup", number(speedup->ratio.ratio));
    json_t *interval = json_null();
    if (speedup->ratio.has_interval) {
        interval = json_array();
        json_array_append_new(interval, number(speedup->ratio.interval.low));
        json_array_append_new(interval, number(speedup->ratio.interval.high));
    }
    set(object, "ci95", interval);
    return object;
}

/* ---- Values ------------------------------------------------------------------ */

/* What does not exist is null: NaN and Infinity are no JSON. */
static json_t *number(double value)
{
    if (!isfinite(value)) {
        return json_null();
    }
    double whole = round(value);
    if (fabs(value) < 9007199254740992.0 && !(whole < value) && !(whole > value)) {
        return json_integer((json_int_t)whole);
    }
    return json_real(value);
}

/* File names may hold any bytes; what is no UTF-8 becomes question marks. */
static json_t *text(const char *bytes)
{
    json_t *string = json_string(bytes);
    if (string != NULL) {
        return string;
    }
    char *copy = strdup(bytes);
    for (char *byte = copy; byte != NULL && *byte != '\0'; byte++) {
        if ((unsigned char)*byte >= 0x80) {
            *byte = '?';
        }
    }
    string = json_string(copy == NULL ? "" : copy);
    free(copy);
    return string;
}

/* Takes the value. Without memory the key is missing; json_dumps then fails as well. */
static void set(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

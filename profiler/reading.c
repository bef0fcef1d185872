#include "config.h"

#include "reading.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "model_threads.h"

#include "base/diag.h"
#include "base/os_linux.h"
#include "base/strbuf.h"

static bool parse_iterations(struct reading *reading, struct options *options,
                             const char *value);
static char *newest_profile(void);
static int explain_failure(enum model_status status, const char *path, int error);

void reading_init(struct reading *reading)
{
    memset(reading, 0, sizeof *reading);
}

void reading_done(struct reading *reading)
{
    view_free(reading->view);
    model_free(reading->model);
    free(reading->path);
    memset(reading, 0, sizeof *reading);
}

/* -- Options -------------------------------------------------------------- */

static bool parse_mem(struct reading *reading, struct options *options,
                      const char *value)
{
    static const char *const words[] = {"alloc", "live", "peak", "temporary", "leak"};
    size_t index = 0;
    if (value != NULL && !options_choice(options, value, words,
                                         sizeof words / sizeof words[0], &index)) {
        return false;
    }
    reading->memory = true;
    reading->filter.metric = (enum view_metric)(VIEW_ALLOC + index);
    return true;
}

static bool parse_value(struct reading *reading, struct options *options,
                        const char *value)
{
    static const char *const words[] = {"samples", "time", "bytes", "objects"};
    size_t index = 0;
    if (!options_choice(options, value, words, 4, &index)) {
        return false;
    }
    reading->filter.value = (enum view_value)(VIEW_SAMPLES + index);
    return true;
}

static bool parse_phase(struct reading *reading, struct options *options,
                        const char *value)
{
    static const char *const words[] = {"all", "warmup", "steady", "setup"};
    size_t index = 0;
    if (!options_choice(options, value, words, 4, &index)) {
        return false;
    }
    reading->filter.by_phase = index > 0;
    reading->filter.phase = (enum rprof_phase)index;
    return true;
}

bool reading_option(struct reading *reading, struct options *options, int id,
                    const char *value)
{
    switch ((enum reading_option)id) {
    case READING_MEM: return parse_mem(reading, options, value);
    case READING_VALUE: return parse_value(reading, options, value);
    case READING_CAUSE: reading->filter.cause = value; return true;
    case READING_EVENT: reading->event = value; return true;
    case READING_FOCUS: reading->filter.focus = value; return true;
    case READING_IGNORE: reading->filter.ignore = value; return true;
    case READING_THREAD: reading->filter.thread = value; return true;
    case READING_THREADS: reading->threads = true; return true;
    case READING_PHASE: return parse_phase(reading, options, value);
    case READING_ITERATION: return parse_iterations(reading, options, value);
    case READING_KERNEL: reading->kernel = true; return true;
    case READING_STRICT: reading->strict = true; return true;
    case READING_NO_SYMBOLS: reading->no_symbols = true; return true;
    }
    return false;
}

static bool parse_iterations(struct reading *reading, struct options *options,
                             const char *value)
{
    char *end = NULL;
    unsigned long low = strtoul(value, &end, 10), high = low;
    bool good = end != value && value[0] >= '0' && value[0] <= '9';
    if (good && strncmp(end, "..", 2) == 0) {
        const char *second = end + 2;
        high = strtoul(second, &end, 10);
        good = end != second && second[0] >= '0' && second[0] <= '9';
    }
    if (!good || *end != '\0' || low < 1 || high < low || high >= MODEL_NONE) {
        return options_error(options,
                             "--iteration=%s: give N or N..M, counted from 1, as in "
                             "--iteration=5..20",
                             value);
    }
    reading->filter.iteration_low = (uint32_t)low;
    reading->filter.iteration_high = (uint32_t)high;
    return true;
}

/* -- Opening -------------------------------------------------------------- */

/* Spread over the thread's samples, or over its life when it has none. */
static bool add_kernel_samples(struct model *model, uint32_t index, uint32_t node,
                               uint64_t count, uint64_t period)
{
    const struct model_thread *thread = &model->threads[index];
    bool sampled = thread->first_ns <= thread->last_ns;
    uint64_t first = sampled ? thread->first_ns : thread->start_ns;
    double last = (double)(sampled ? thread->last_ns : thread->end_ns);
    bool good = true;
    for (uint64_t i = 0; good && i < count; i++) {
        double part = ((double)i + 0.5) / (double)count;
        struct model_sample sample = {
            .when = {.time_ns =
                         first + (uint64_t)(part * fmax(last - (double)first, 0)),
                     .thread = index},
            .node = node,
            .weight = period};
        good = model_add_sample(model, &sample);
    }
    return good;
}

/* The [kernel] frame: time of the sampled threads that no sample can see, as samples of
 * the mean period spread over the thread's life. */
static bool add_kernel(struct model *model)
{
    struct model_frame frame = {.tier = RPROF_TIER_NATIVE, .module = MODEL_NONE};
    frame.function = model_add_function(model, "[kernel]", "", 0);
    uint32_t index =
        frame.function == MODEL_NONE ? MODEL_NONE : model_add_frame(model, &frame);
    uint32_t node =
        index == MODEL_NONE ? MODEL_NONE : model_add_node(model, MODEL_NONE, index);
    if (node == MODEL_NONE) {
        return false;
    }
    double weight = 0;
    for (size_t i = 0; i < model->sample_count; i++) {
        weight += (double)model->samples[i].weight;
    }
    double period = model->sample_count > 0 ? weight / (double)model->sample_count : 0;
    bool good = true;
    /* More than this would come from a damaged file. */
    uint64_t room = 100000 + 100 * (uint64_t)model->sample_count;
    double missing =
        0; /* carried on: one of many short threads may have a sample for all */
    for (uint32_t t = 0; good && period >= 1 && t < model->thread_count; t++) {
        struct model_thread thread = model->threads[t];
        if (thread.cpu_ns == 0) {
            continue;
        }
        missing += (double)thread.cpu_ns - (double)thread.sampled_ns -
                   (double)thread.lost * period;
        uint64_t count = view_whole(missing / period);
        count = count <= room ? count : room;
        room -= count;
        missing -= (double)count * period;
        good = add_kernel_samples(model, t, node, count, (uint64_t)period);
    }
    model_finish(model);
    return good;
}

/* What is missing is said in one line; with --strict it is an error. */
static int check_damage(const struct reading *reading, const struct options *options)
{
    struct strbuf text;
    strbuf_init(&text);
    bool damaged = model_complaint(reading->model, &text);
    if (damaged && (reading->strict || !options->quiet)) {
        diag_error("ruffprof", "%s: %s: showing what is readable", reading->path,
                   strbuf_str(&text));
    }
    strbuf_done(&text);
    return damaged && reading->strict ? READING_DAMAGED : READING_OK;
}

int reading_open(struct reading *reading, struct options *options)
{
    if (options->operand_count > 1) {
        options_error(options, "one profile at a time: what is '%s'?",
                      options->operands[1]);
        return READING_USAGE;
    }
    if (options->operand_count == 1) {
        reading->path = strdup(options->operands[0]);
    } else {
        reading->path = newest_profile();
        if (reading->path == NULL) {
            diag_error("ruffprof",
                       "there is no *.rprof in this folder: 'ruffprof record "
                       "FILE' makes one, or name a profile");
            return READING_IO;
        }
        if (!options->quiet) {
            diag_error("ruffprof", "reading %s", reading->path);
        }
    }
    if (reading->path == NULL) {
        return READING_INTERNAL;
    }
    int error = 0;
    enum model_status status =
        model_read_file(&reading->model, reading->path, !reading->no_symbols, &error);
    if (status != MODEL_OK) {
        return explain_failure(status, reading->path, error);
    }
    int code = check_damage(reading, options);
    if (code == READING_OK && reading->kernel && !add_kernel(reading->model)) {
        code = READING_INTERNAL;
    }
    if (code == READING_OK && reading->threads) {
        status = model_threads_split(reading->model);
        code =
            status == MODEL_OK ? READING_OK : explain_failure(status, reading->path, 0);
    }
    return code;
}

static int explain_failure(enum model_status status, const char *path, int error)
{
    switch (status) {
    case MODEL_IO: {
        struct strbuf why;
        strbuf_init(&why);
        os_append_error(&why, error);
        diag_error("ruffprof", "cannot read %s: %s: name another profile", path,
                   strbuf_str(&why));
        strbuf_done(&why);
        return READING_IO;
    }
    case MODEL_FOREIGN:
        diag_error("ruffprof",
                   "%s is no profile, or nothing of it is readable: 'ruffprof record "
                   "FILE' makes one",
                   path);
        return READING_DAMAGED;
    case MODEL_NEWER:
        diag_error("ruffprof",
                   "%s was made by a later version of ruffprof: read it with that one",
                   path);
        return READING_DAMAGED;
    case MODEL_TOO_LARGE:
        diag_error(
            "ruffprof",
            "%s has too many threads with stacks of their own for --threads: show "
            "some of them with --thread=NAME",
            path);
        return READING_USAGE;
    case MODEL_NO_MEMORY: diag_error("ruffprof", "no memory left for %s", path); break;
    case MODEL_OK: break;
    }
    return READING_INTERNAL;
}

static char *newest_profile(void)
{
    DIR *folder = opendir(".");
    char *best = NULL;
    struct timespec best_time = {0};
    for (const struct dirent *entry;
         folder != NULL && (entry = readdir(folder)) != NULL;) {
        size_t length = strlen(entry->d_name);
        struct stat facts;
        if (length < 7 || entry->d_name[0] == '.' ||
            strcmp(entry->d_name + length - 6, ".rprof") != 0 ||
            stat(entry->d_name, &facts) != 0 || !S_ISREG(facts.st_mode)) {
            continue;
        }
        int64_t later = (int64_t)facts.st_mtim.tv_sec - (int64_t)best_time.tv_sec;
        if (later == 0) {
            later = (int64_t)facts.st_mtim.tv_nsec - (int64_t)best_time.tv_nsec;
        }
        if (best == NULL || later > 0 ||
            (later == 0 && strcmp(entry->d_name, best) < 0)) {
            char *copy = strdup(entry->d_name);
            if (copy != NULL) {
                free(best);
                best = copy;
                best_time = facts.st_mtim;
            }
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return best;
}

/* -- Selecting ------------------------------------------------------------ */

static bool check_units(const struct reading *reading, struct options *options)
{
    const struct view_filter *filter = &reading->filter;
    bool cpu = filter->metric == VIEW_CPU;
    bool of_cpu = filter->value == VIEW_SAMPLES || filter->value == VIEW_TIME;
    if (filter->value != VIEW_DEFAULT && of_cpu != cpu) {
        return options_error(options,
                             cpu ? "--value: this shows CPU samples: samples or "
                                   "time (for memory add --mem)"
                                 : "--value: this shows memory: bytes or objects");
    }
    const char *event = model_meta(reading->model, "event");
    if (reading->event != NULL && cpu &&
        (event == NULL || strcmp(event, reading->event) != 0)) {
        return options_error(options,
                             "--event=%s: this profile has samples of '%s' only",
                             reading->event, event != NULL ? event : "no event");
    }
    return true;
}

int reading_select(struct reading *reading, struct options *options)
{
    const struct model *model = reading->model;
    struct view_filter *filter = &reading->filter;
    if (!reading->memory && filter->cause == NULL && !model->has_cpu &&
        model->has_memory) {
        filter->metric = VIEW_ALLOC; /* nothing else was recorded */
    } else if (!reading->memory && filter->cause != NULL) {
        filter->metric = VIEW_ALLOC;
    }
    if (!check_units(reading, options)) {
        return READING_USAGE;
    }
    struct strbuf message;
    strbuf_init(&message);
    enum view_status status = view_new(&reading->view, model, filter, &message);
    if (status == VIEW_NO_MEMORY) {
        diag_error("ruffprof", "no memory left for %s", reading->path);
    } else if (status != VIEW_OK) {
        options_error(options, "%s", strbuf_str(&message));
    }
    strbuf_done(&message);
    return status == VIEW_OK          ? READING_OK
           : status == VIEW_NO_MEMORY ? READING_INTERNAL
                                      : READING_USAGE;
}

/* -- Output --------------------------------------------------------------- */

bool reading_output_open(struct reading_output *output, const char *path)
{
    memset(output, 0, sizeof *output);
    if (path == NULL || strcmp(path, "-") == 0) {
        output->stream = stdout;
        return true;
    }
    output->path = path;
    output->file = calloc(1, sizeof *output->file);
    int error = output->file != NULL ? os_atomic_open(output->file, path) : ENOMEM;
    if (error != 0) {
        struct strbuf why;
        strbuf_init(&why);
        os_append_error(&why, error);
        diag_error("ruffprof", "cannot write %s: %s: choose another file with -o", path,
                   strbuf_str(&why));
        strbuf_done(&why);
        free(output->file);
        output->file = NULL;
        return false;
    }
    output->stream = output->file->stream;
    return true;
}

int reading_output_close(struct reading_output *output, bool good)
{
    bool broken = ferror(output->stream) != 0;
    int error = 0;
    if (output->file == NULL) {
        broken = fflush(stdout) != 0 || broken;
        error = broken ? errno : 0;
    } else if (good && !broken) {
        error = os_atomic_commit(output->file);
        broken = error != 0;
    } else {
        error = errno;
        os_atomic_abort(output->file);
    }
    free(output->file);
    output->file = NULL;
    if (broken) {
        struct strbuf why;
        strbuf_init(&why);
        os_append_error(&why, error);
        diag_error("ruffprof", "cannot write %s: %s: %s",
                   output->path != NULL ? output->path : "the result", strbuf_str(&why),
                   output->path != NULL ? "choose another file with -o"
                                        : "check where it goes");
        strbuf_done(&why);
        return READING_IO;
    }
    if (!good) {
        diag_error("ruffprof", "no memory left to write the result");
        return READING_INTERNAL;
    }
    return READING_OK;
}

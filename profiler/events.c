#include "config.h"

#include "events.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <perfmon/pfmlib_perf_event.h>
#include <stdio.h>
#include <string.h>

#include "refusal.h"

#include "base/suggest.h"

/* ---- events known without libpfm4 ------------------------------------------------- */

/* Rows that `auto` chooses from, by their place in the table. */
enum {
    KNOWN_TASK_CLOCK = 0,
    KNOWN_CYCLES = 2
};

static const struct known {
    const char *name;
    uint32_t type;
    uint64_t config;
    bool is_clock;
    const char *about;
} KNOWN[] = {
    [KNOWN_TASK_CLOCK] = {"task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK,
                          true, "CPU time of the thread; works everywhere"},
    {"cpu-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, true,
     "time of the processor while the thread runs"},
    [KNOWN_CYCLES] = {"cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, false,
                      "processor cycles"},
    {"instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, false,
     "instructions retired"},
    {"cache-references", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES, false,
     "last-level cache accesses"},
    {"cache-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, false,
     "last-level cache misses"},
    {"branches", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS, false,
     "branches"},
    {"branch-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES, false,
     "mispredicted branches"},
    {"page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, false,
     "pages touched for the first time, or again after they were taken away"},
    {"minor-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN, false,
     "page faults without disk access"},
    {"major-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ, false,
     "page faults that read from disk"},
    {"context-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, false,
     "switches away from the thread; counted in the kernel only"},
    {"cpu-migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, false,
     "moves to another processor; counted in the kernel only"},
};
#define KNOWN_COUNT (sizeof KNOWN / sizeof KNOWN[0])

static const struct known *find_known(const char *name)
{
    for (size_t i = 0; i < KNOWN_COUNT; i++)
        if (strcmp(KNOWN[i].name, name) == 0)
            return &KNOWN[i];
    return NULL;
}

static void from_known(const struct known *k, struct trigger_event *out)
{
    memset(out, 0, sizeof *out);
    snprintf(out->name, sizeof out->name, "%s", k->name);
    out->type = k->type;
    out->config = k->config;
    out->is_clock = k->is_clock;
}

/* ---- does it work here? -------------------------------------------------------------- */

/* 0, or why the kernel does not count it for us: found by asking, not by reading sysctls. */
static int probe(const struct trigger_event *event, const struct trigger_os *os)
{
    struct perf_event_attr attr;
    int fd;

    memset(&attr, 0, sizeof attr);
    attr.size = sizeof attr;
    attr.type = event->type;
    attr.config = event->config;
    attr.config1 = event->config1;
    attr.config2 = event->config2;
    attr.disabled = 1;
    attr.exclude_kernel = 1;
    attr.exclude_hv = 1;
    fd = os->perf_event_open(&attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    if (fd < 0)
        return errno;
    os->close(fd);
    return 0;
}

/* ---- libpfm4 ---------------------------------------------------------------------------- */

static bool encode(const char *name, struct trigger_event *out, const char **problem)
{
    pfm_perf_encode_arg_t arg;
    struct perf_event_attr attr;
    int rc = pfm_initialize();

    if (rc == PFM_SUCCESS) {
        memset(&attr, 0, sizeof attr);
        memset(&arg, 0, sizeof arg);
        arg.attr = &attr;
        arg.size = sizeof arg;
        rc = pfm_get_os_event_encoding(name, PFM_PLM3, PFM_OS_PERF_EVENT_EXT, &arg);
    }
    if (rc != PFM_SUCCESS) {
        *problem = pfm_strerror(rc);
        return false;
    }
    memset(out, 0, sizeof *out);
    snprintf(out->name, sizeof out->name, "%s", name);
    out->type = attr.type;
    out->config = attr.config;
    out->config1 = attr.config1;
    out->config2 = attr.config2;
    out->exclude_user = attr.exclude_user;
    out->is_clock =
        attr.type == PERF_TYPE_SOFTWARE && (attr.config == PERF_COUNT_SW_TASK_CLOCK ||
                                            attr.config == PERF_COUNT_SW_CPU_CLOCK);
    return true;
}

/* ---- finding ------------------------------------------------------------------------------ */

static bool find_auto(const struct trigger_os *os, struct trigger_event *out,
                      char *fallback, size_t size)
{
    int error;

    from_known(&KNOWN[KNOWN_CYCLES], out);
    error = probe(out, os);
    if (error == 0)
        return true;
    from_known(&KNOWN[KNOWN_TASK_CLOCK], out);
    snprintf(fallback, size, "cycles: %s", refusal_cause(error));
    return true;
}

static void unknown_event(const char *name, const char *problem,
                          struct event_error *error)
{
    const char *names[KNOWN_COUNT], *near;

    for (size_t i = 0; i < KNOWN_COUNT; i++)
        names[i] = KNOWN[i].name;
    near = suggest_nearest(name, names, KNOWN_COUNT);
    if (near != NULL)
        snprintf(error->text, sizeof error->text,
                 "event '%s' is unknown: did you mean '%s'? ruffprof list shows all",
                 name, near);
    else
        snprintf(error->text, sizeof error->text,
                 "event '%s' is unknown (%s): ruffprof list shows all", name, problem);
}

bool event_find(const char *name, const struct trigger_os *os,
                struct trigger_event *out, char *fallback, size_t fallback_size,
                struct event_error *error)
{
    const struct known *k = find_known(name);
    const char *problem = "no such name";
    struct trigger_event found;
    int refused;

    fallback[0] = '\0';
    if (os == NULL)
        os = &trigger_os_linux;
    if (strcmp(name, "auto") == 0)
        return find_auto(os, out, fallback, fallback_size);
    if (k != NULL) {
        from_known(k, &found);
    } else if (!encode(name, &found, &problem)) {
        unknown_event(name, problem, error);
        return false;
    }
    refused = probe(&found, os);
    if (refused != 0 && !found.is_clock) {
        const char *cure = refusal_cure(refused);

        snprintf(error->text, sizeof error->text,
                 "event '%s' cannot be counted: %s%s%s", name, refusal_cause(refused),
                 cure != NULL ? ": " : "", cure != NULL ? cure : "");
        return false;
    }
    *out = found;
    return true;
}

int event_open_counter(const struct trigger_event *event, bool threads,
                       const char **cause)
{
    struct perf_event_attr attr;
    int fd;

    memset(&attr, 0, sizeof attr);
    attr.size = sizeof attr;
    attr.type = event->type;
    attr.config = event->config;
    attr.config1 = event->config1;
    attr.config2 = event->config2;
    attr.disabled = 1;
    attr.exclude_hv = 1;
    attr.exclude_user = event->exclude_user ? 1 : 0;
    attr.inherit = threads ? 1 : 0;
    fd = trigger_os_linux.perf_event_open(&attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    if (fd < 0 && (errno == EACCES || errno == EPERM)) {
        attr.exclude_kernel = 1;
        fd = trigger_os_linux.perf_event_open(&attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    }
    if (fd < 0)
        *cause = refusal_cause(errno);
    return fd;
}

/* ---- listing -------------------------------------------------------------------------------- */

static void list_one(const struct trigger_event *event, const char *about,
                     const struct trigger_os *os,
                     void (*row)(void *context, const struct event_row *row),
                     void *context)
{
    int error = probe(event, os);
    struct event_row r = {.name = event->name, .about = about, .works = error == 0};

    if (error != 0) {
        r.cause = refusal_cause(error);
        r.cure = refusal_cure(error);
    }
    row(context, &r);
}

static void list_pmu(pfm_pmu_t pmu, const struct trigger_os *os,
                     void (*row)(void *context, const struct event_row *row),
                     void *context)
{
    pfm_pmu_info_t pinfo;

    memset(&pinfo, 0, sizeof pinfo);
    pinfo.size = sizeof pinfo;
    if (pfm_get_pmu_info(pmu, &pinfo) != PFM_SUCCESS || !pinfo.is_present)
        return;
    for (int i = pinfo.first_event; i != -1; i = pfm_get_event_next(i)) {
        pfm_event_info_t info;
        struct trigger_event event;
        const char *problem;
        char name[64];

        memset(&info, 0, sizeof info);
        info.size = sizeof info;
        if (pfm_get_event_info(i, PFM_OS_PERF_EVENT_EXT, &info) != PFM_SUCCESS)
            continue;
        snprintf(name, sizeof name, "%s::%s", pinfo.name, info.name);
        if (encode(name, &event, &problem)) {
            list_one(&event, info.desc, os, row, context);
        } else {
            struct event_row r = {.name = name,
                                  .about = info.desc,
                                  .cause = problem,
                                  .cure = "add a unit mask: NAME:MASK"};
            row(context, &r);
        }
    }
}

bool event_list(const struct trigger_os *os, bool all,
                void (*row)(void *context, const struct event_row *row), void *context)
{
    if (os == NULL)
        os = &trigger_os_linux;
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        struct trigger_event event;

        from_known(&KNOWN[i], &event);
        list_one(&event, KNOWN[i].about, os, row, context);
    }
    if (!all)
        return true;
    if (pfm_initialize() != PFM_SUCCESS)
        return false;
    for (int pmu = 0; pmu < PFM_PMU_MAX; pmu++)
        list_pmu((pfm_pmu_t)pmu, os, row, context);
    return true;
}

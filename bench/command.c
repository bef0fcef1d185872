#include "config.h"

#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ruff.h>

#include "environment.h"
#include "pictures.h"
#include "process.h"
#include "progress.h"
#include "quantity.h"
#include "request.h"
#include "results.h"
#include "runner.h"
#include "suite.h"
#include "textbuf.h"
#include "timer.h"
#include "worker.h"

#include "base/diag.h"
#include "base/options.h"
#include "base/os_linux.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "report/report.h"

static const char STDIN_NAME[] = "stdin";

/* A program given on standard input lies in a file of its own while it is measured. */
struct stdin_file {
    char folder[64];
    char path[96];
    bool exists;
};

struct session {
    struct request request;
    struct suite suite;
    struct results results;
    struct progress progress;
    struct stdin_file stdin_file;
    struct strbuf program; /* path of this executable */
    int interrupt_fd;
};

static int refuse_command(const char *name);
static int open_suite(struct session *session);
static int add_path(struct session *session, const char *given);
static int add_stdin(struct session *session);
static int add_one(struct session *session, const char *path);
static void find_functions(void *context, const char *path, suite_add_fn add,
                           void *add_context);
static bool discard(void *context, int stream, const char *data, size_t length);
static int run_session(struct session *session);
static int watch_signals(void);
static int prepare_folder(const char *folder);
static int check_reports(const struct request *request);
static void show_progress(void *context, const struct results_cell *cell, size_t done,
                          size_t total);
static int write_reports(struct session *session);
static int write_report(const struct session *session, const struct request_file *file);
static int write_tables(const struct session *session);
static int exit_code_of(const struct session *session);
static void session_init(struct session *session);
static void session_done(struct session *session);
static int fail(int code, const char *text);

int command_main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } COMMANDS[] = {{"list", command_list}, {"doctor", command_doctor}};
    if (argc > 1 && strcmp(argv[1], JOB_COMMAND) == 0) {
        struct job job;
        if (!job_parse(argc, argv, &job)) {
            return fail(COMMAND_USAGE, "the command --worker is for ruffbench itself: "
                                       "leave it out");
        }
        return worker_run(&job, PROCESS_MESSAGE_FD);
    }
    for (size_t i = 0; argc > 1 && i < sizeof COMMANDS / sizeof *COMMANDS; i++) {
        if (strcmp(argv[1], COMMANDS[i].name) == 0) {
            return COMMANDS[i].run(argc - 1, argv + 1);
        }
        /* For the shell's completion: the options follow from the table of options. */
        if (strcmp(argv[1], "--x-words") == 0) {
            puts(COMMANDS[i].name);
        }
    }
    if (argc > 1 &&
        (strcmp(argv[1], "compare") == 0 || strcmp(argv[1], "history") == 0)) {
        return refuse_command(argv[1]);
    }
    /* A bare word that is neither a command nor there is most likely a misspelt command. */
    if (argc > 1 && argv[1][0] != '-' && strpbrk(argv[1], "./") == NULL &&
        access(argv[1], F_OK) != 0) {
        static const char *const NAMES[] = {"list", "doctor", "compare", "history"};
        size_t count = sizeof NAMES / sizeof *NAMES;
        if (suggest_nearest(argv[1], NAMES, count) != NULL) {
            options_unknown_command(COMMAND_PROGRAM, argv[1], NAMES, count);
            return COMMAND_USAGE;
        }
    }
    return command_bench(argc, argv);
}

/* Silence would be taken for "no difference". */
static int refuse_command(const char *name)
{
    diag_error(COMMAND_PROGRAM,
               "'%s' is not part of version " RUFF_VERSION
               ": write --json files and compare those",
               name);
    return COMMAND_USAGE;
}

static int fail(int code, const char *text)
{
    diag_error(COMMAND_PROGRAM, "%s", text);
    return code;
}

/* ---- Commands ---------------------------------------------------------------- */

int command_bench(int argc, char **argv)
{
    struct session session;
    int code = COMMAND_OK;
    session_init(&session);
    if (request_parse(&session.request, argc, argv, &code)) {
        code = open_suite(&session);
        code = code != COMMAND_OK ? code : run_session(&session);
    }
    session_done(&session);
    return code;
}

int command_list(int argc, char **argv)
{
    struct session session;
    int code = COMMAND_OK;
    session_init(&session);
    if (request_parse_simple(&session.request, "list", argc, argv, &code)) {
        code = open_suite(&session);
        for (size_t i = 0; code == COMMAND_OK && i < session.suite.count; i++) {
            const struct suite_benchmark *benchmark = &session.suite.items[i];
            struct strbuf line;
            strbuf_init(&line);
            diag_escape(&line, benchmark->suite, strlen(benchmark->suite));
            strbuf_append_char(&line, '\t');
            diag_escape(&line, benchmark->name, strlen(benchmark->name));
            strbuf_append_char(&line, '\t');
            diag_escape(&line, benchmark->path, strlen(benchmark->path));
            puts(strbuf_str(&line));
            strbuf_done(&line);
        }
    }
    session_done(&session);
    return code;
}

int command_doctor(int argc, char **argv)
{
    struct request request;
    int code = COMMAND_OK;
    if (!request_parse_simple(&request, "doctor", argc, argv, &code)) {
        return code;
    }
    struct environment env;
    struct environment_warnings warnings;
    struct quantity memory;
    environment_read(&env, "");
    environment_warn(&env, &warnings);
    printf("processor    %s, %u online%s\n", env.cpu, env.cpu_count,
           env.is_virtual ? ", virtual machine" : "");
    printf("memory       %s\n", quantity_bytes(&memory, (double)env.memory_bytes));
    printf("governor     %s\n", env.governor);
    printf("load         %.2f %.2f %.2f\n", env.load[0], env.load[1], env.load[2]);
    printf("system       %s, %s\n", env.system, env.kernel);
    printf("addresses    %s\n", env.aslr < 0    ? "not available"
                                : env.aslr == 0 ? "fixed"
                                                : "randomised");
    printf("clock        %llu ns to read the process CPU clock\n",
           (unsigned long long)env.clock_read_ns);
    printf("build        %s, %s, CFLAGS %s\n", env.version, env.compiler, env.flags);
    printf("features     %s\n", env.features);
    for (size_t i = 0; i < warnings.count; i++) {
        printf("! %s\n", warnings.text[i]);
    }
    return COMMAND_OK;
}

static void session_init(struct session *session)
{
    memset(session, 0, sizeof *session);
    suite_init(&session->suite);
    strbuf_init(&session->program);
    session->interrupt_fd = -1;
}

static void session_done(struct session *session)
{
    results_done(&session->results);
    suite_done(&session->suite);
    strbuf_done(&session->program);
    if (session->interrupt_fd >= 0) {
        close(session->interrupt_fd);
    }
    if (session->stdin_file.exists) {
        (void)unlink(session->stdin_file.path);
        (void)rmdir(session->stdin_file.folder);
    }
}

/* ---- What to measure --------------------------------------------------------- */

static int open_suite(struct session *session)
{
    const struct request *request = &session->request;
    int code = COMMAND_OK;
    if (request->path_count == 0) {
        char *path = suite_default_path();
        if (path == NULL) {
            return fail(COMMAND_USAGE,
                        "no suite found beside this program or installed: name a "
                        ".ruff file or a folder");
        }
        code = add_one(session, path);
        free(path);
    }
    for (int i = 0; i < request->path_count && code == COMMAND_OK; i++) {
        code = add_path(session, request->paths[i]);
    }
    struct suite_error error;
    if (code == COMMAND_OK && request->filter != NULL &&
        !suite_filter(&session->suite, request->filter, &error)) {
        return fail(COMMAND_USAGE, error.text);
    }
    if (code == COMMAND_OK && session->suite.count == 0) {
        return fail(COMMAND_USAGE, "no benchmark matches the filter: ruffbench list "
                                   "shows their names");
    }
    return code;
}

static int add_path(struct session *session, const char *given)
{
    if (strcmp(given, "-") == 0) {
        return add_stdin(session);
    }
    bool was_found_elsewhere;
    char *path = suite_resolve(given, &was_found_elsewhere);
    if (path == NULL) {
        return fail(COMMAND_INTERNAL, "out of memory: close other programs");
    }
    if (was_found_elsewhere) {
        fprintf(stderr, COMMAND_PROGRAM ": using %s\n", path);
    }
    int code = add_one(session, path);
    free(path);
    return code;
}

static int add_one(struct session *session, const char *path)
{
    struct suite_error error;
    enum suite_status status =
        suite_add_path(&session->suite, path, find_functions, NULL, &error);
    switch (status) {
    case SUITE_OK: return COMMAND_OK;
    case SUITE_NO_PROGRAMS:
    case SUITE_NOT_A_PROGRAM: return fail(COMMAND_USAGE, error.text);
    case SUITE_NOT_FOUND:
    case SUITE_UNREADABLE: break;
    }
    if (error.system_error == 0) {
        return fail(COMMAND_IO, error.text);
    }
    /* An unreadable file has the same words in all three programs. */
    struct strbuf line;
    strbuf_init(&line);
    strbuf_append_str(&line, "[RUFCLI001] [cli] error: Failed to read .ruff file '");
    diag_escape(&line, path, strlen(path));
    strbuf_append_str(&line, "': ");
    os_append_error(&line, error.system_error);
    fprintf(stderr, "%s\n", strbuf_str(&line));
    strbuf_done(&line);
    return COMMAND_IO;
}

static int add_stdin(struct session *session)
{
    enum {
        STDIN = 0
    };
    static const size_t MAX_SOURCE = (size_t)64 << 20;
    struct stdin_file *file = &session->stdin_file;
    struct os_file source;
    if (file->exists) {
        return fail(COMMAND_USAGE, "- was named twice: standard input ends only once");
    }
    int error = os_read_fd(STDIN, MAX_SOURCE, &source);
    if (error != 0) {
        diag_error(COMMAND_PROGRAM, "cannot read standard input: %s: name a file",
                   strerror(error));
        return COMMAND_IO;
    }
    const char *temporary = getenv("TMPDIR");
    textbuf_format(file->folder, sizeof file->folder, "%s/ruffbench-XXXXXX",
                   temporary == NULL || strlen(temporary) > 40 ? "/tmp" : temporary);
    if (mkdtemp(file->folder) == NULL) {
        os_file_done(&source);
        return fail(COMMAND_IO,
                    "cannot make a temporary folder: set TMPDIR to one that "
                    "can be written");
    }
    textbuf_format(file->path, sizeof file->path, "%s/%s.ruff", file->folder,
                   STDIN_NAME);
    file->exists = true;
    error = os_write_file_atomic(file->path, source.data, source.len);
    os_file_done(&source);
    if (error != 0) {
        diag_error(COMMAND_PROGRAM,
                   "cannot write '%s': %s: set TMPDIR to another folder", file->path,
                   strerror(error));
        return COMMAND_IO;
    }
    size_t before = session->suite.count;
    int code = add_one(session, file->path);
    for (size_t i = before; i < session->suite.count; i++) {
        char *name = strdup(STDIN_NAME);
        if (name != NULL) {
            free(session->suite.items[i].suite);
            session->suite.items[i].suite = name;
        }
    }
    return code;
}

/* A suite_inspect_fn: lets the parser say which benchmark functions there are. */
static void find_functions(void *context, const char *path, suite_add_fn add,
                           void *add_context)
{
    enum {
        MOST = 256
    };
    (void)context;
    struct ruff_config config;
    ruff_config_init(&config);
    config.write = discard;
    config.input = "";
    struct ruff *runtime = ruff_new(&config);
    struct ruff_program *program = NULL;
    if (runtime != NULL && ruff_load_file(runtime, path, &program) == RUFF_OK) {
        const char *names[MOST];
        size_t count =
            ruff_program_functions(program, SUITE_FUNCTION_PREFIX, names, MOST);
        for (size_t i = 0; i < count && i < MOST; i++) {
            add(add_context, names[i]);
        }
    }
    ruff_program_free(program);
    ruff_free(runtime);
}

static bool discard(void *context, int stream, const char *data, size_t length)
{
    (void)context;
    (void)stream;
    (void)data;
    (void)length;
    return true;
}

/* ---- Measuring --------------------------------------------------------------- */

static int run_session(struct session *session)
{
    const struct request *request = &session->request;
    struct results *results = &session->results;
    if (!results_init(results, &session->suite, request->modes, request->mode_count,
                      &request->settings)) {
        return fail(COMMAND_INTERNAL, "out of memory: close other programs");
    }
    environment_read(&results->environment, "");
    if (os_executable_path(&session->program) != 0) {
        return fail(COMMAND_INTERNAL,
                    "this program's own path is unknown: mount /proc");
    }
    if (request->input != NULL && access(request->input, R_OK) != 0) {
        diag_error(COMMAND_PROGRAM, "cannot read the input '%s': %s: name another file",
                   request->input, strerror(errno));
        return COMMAND_IO;
    }
    bool has_pictures = request->wants_cpu || request->wants_memory;
    int code = has_pictures ? prepare_folder(request->folder) : COMMAND_OK;
    code = code != COMMAND_OK ? code : check_reports(request);
    if (code != COMMAND_OK) {
        return code;
    }
    session->interrupt_fd = watch_signals();
    progress_init(&session->progress, !request->quiet);
    struct runner_config config = {
        .program = strbuf_str(&session->program),
        .interrupt_fd = session->interrupt_fd,
        .input = request->input,
        .progress = show_progress,
        .progress_context = session,
    };
    uint64_t started_ns = timer_wall_now();
    struct pictures_config pictures = {request->wants_cpu, request->wants_memory,
                                       request->folder};
    bool ok = runner_measure(&config, results) && results_finish(results) &&
              (!has_pictures || pictures_make(&pictures, &config, results));
    progress_clear(&session->progress);
    results->elapsed_ns = timer_difference(started_ns, timer_wall_now());
    if (!ok) {
        return fail(COMMAND_INTERNAL, "out of memory: close other programs");
    }
    code = write_reports(session);
    return code != COMMAND_OK ? code : exit_code_of(session);
}

/* Ctrl-C and termination become readable instead of deadly, so that what was measured is
 * still reported. Without a descriptor they stay deadly. */
static int watch_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd >= 0) {
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
    }
    return fd;
}

/* Makes the folder and those above it. */
static int prepare_folder(const char *folder)
{
    char *path = strdup(folder);
    bool ok = path != NULL;
    for (char *slash = path; ok && slash != NULL;) {
        slash = strchr(slash + (slash == path ? 1 : 0), '/');
        if (slash != NULL) {
            *slash = '\0';
        }
        ok = mkdir(path, 0777) == 0 || errno == EEXIST;
        if (slash != NULL) {
            *slash++ = '/';
        }
    }
    struct stat status;
    ok = ok && stat(folder, &status) == 0;
    if (ok && !S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
        ok = false;
    }
    if (!ok) {
        diag_error(COMMAND_PROGRAM,
                   "cannot make the folder '%s': %s: choose another with -o", folder,
                   strerror(errno));
    }
    free(path);
    return ok ? COMMAND_OK : COMMAND_IO;
}

/* Measuring takes minutes: a report that cannot be written is better refused before. Pipes
 * and devices are left alone, opening one may wait for its reader. */
static int check_reports(const struct request *request)
{
    for (size_t i = 0; i < request->file_count; i++) {
        const char *path = request->files[i].path;
        struct os_atomic_file file;
        struct stat status;
        if (strcmp(path, "-") == 0 ||
            (stat(path, &status) == 0 && !S_ISREG(status.st_mode) &&
             !S_ISDIR(status.st_mode))) {
            continue;
        }
        int error = os_atomic_open(&file, path);
        if (error != 0) {
            diag_error(COMMAND_PROGRAM, "cannot write '%s': %s: choose another place",
                       path, strerror(error));
            return COMMAND_IO;
        }
        os_atomic_abort(&file);
    }
    return COMMAND_OK;
}

static void show_progress(void *context, const struct results_cell *cell, size_t done,
                          size_t total)
{
    struct session *session = context;
    char label[128];
    textbuf_format(label, sizeof label, "%s %s", cell->benchmark->name,
                   ruff_mode_name(cell->mode));
    progress_show(&session->progress, label, done, total);
}

/* ---- Reporting --------------------------------------------------------------- */

static int write_reports(struct session *session)
{
    const struct request *request = &session->request;
    bool uses_stdout = false;
    for (size_t i = 0; i < request->file_count; i++) {
        uses_stdout = uses_stdout || strcmp(request->files[i].path, "-") == 0;
    }
    int code = uses_stdout ? COMMAND_OK : write_tables(session);
    for (size_t i = 0; i < request->file_count; i++) {
        int result = write_report(session, &request->files[i]);
        code = code != COMMAND_OK ? code : result;
    }
    return code;
}

static int write_tables(const struct session *session)
{
    struct strbuf out;
    strbuf_init(&out);
    struct report_style style = {
        .color = diag_use_color(session->request.color, stdout),
        .is_verbose = session->request.verbose,
    };
    bool ok = terminal_report(&session->results, &style, &out);
    ok = ok && fwrite(out.data, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
    strbuf_done(&out);
    return ok ? COMMAND_OK
              : fail(COMMAND_IO, "cannot write the report: check where stdout goes");
}

static int write_report(const struct session *session, const struct request_file *file)
{
    struct report_style style = {0};
    struct strbuf out;
    strbuf_init(&out);
    if (!file->format->write(&session->results, &style, &out)) {
        strbuf_done(&out);
        return fail(COMMAND_INTERNAL, "out of memory: close other programs");
    }
    int error = 0;
    if (strcmp(file->path, "-") == 0) {
        if (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout) != 0) {
            error = errno;
        }
    } else {
        error = os_write_file_atomic(file->path, out.data, out.len);
    }
    strbuf_done(&out);
    if (error != 0) {
        diag_error(COMMAND_PROGRAM, "cannot write '%s': %s: choose another place",
                   file->path, strerror(error));
        return COMMAND_IO;
    }
    return COMMAND_OK;
}

static int exit_code_of(const struct session *session)
{
    const struct results *results = &session->results;
    if (results->was_interrupted) {
        struct signalfd_siginfo info;
        bool is_known = read(session->interrupt_fd, &info, sizeof info) == sizeof info;
        return is_known ? 128 + (int)info.ssi_signo : COMMAND_INTERRUPTED;
    }
    for (size_t i = 0; i < results->cell_count; i++) {
        const struct results_cell *cell = &results->cells[i];
        if ((cell->cpu.was_asked && !cell->cpu.ok) ||
            (cell->memory.was_asked && !cell->memory.ok)) {
            return COMMAND_FAILED;
        }
    }
    return results->failed_count > 0 ? COMMAND_FAILED : COMMAND_OK;
}

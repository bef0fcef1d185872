/*
 * ruff repl: reads pieces of a program, runs them, shows the value of the last expression.
 *
 * On a terminal lines are edited with libedit, opened on demand (no start-up cost for
 * `ruff run`, and no need to have it); history is kept in ~/.ruff_history. Without a terminal
 * there are no prompts, so that a script can be piped in.
 */
#include "config.h"

#include <dlfcn.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "session.h"

#include "base/strbuf.h"

#define HISTORY_LINES 1000
#define PROMPT        "ruff> "
#define PROMPT_MORE   "....> "

static const struct option_spec SPECS[] = {COMMAND_ENGINE_OPTIONS};

static const struct options_command COMMAND = {
    .program = "ruff",
    .name = "repl",
    .usage = "repl [OPTION...]",
    .summary =
        "Runs what you type, piece by piece, and shows the value of each expression. The "
        "last value is in the variable _. A piece goes on over several lines until it is "
        "complete; an empty line ends it, Ctrl-C drops it. exit() or end of file leaves.",
    .specs = SPECS,
    .spec_count = sizeof SPECS / sizeof SPECS[0],
    .details = "Examples:\n  ruff repl\n  echo '1 + 2' | ruff repl --mode=interp\n",
};

/* The four functions of libedit's readline interface that are used; NULL without it. */
struct editor {
    void *library;
    char *(*readline)(const char *prompt);
    int (*add_history)(const char *line);
    int (*read_history)(const char *file);
    int (*write_history)(const char *file);
    int (*stifle_history)(int lines);
    char *history_file;
};

/* POSIX gives dlsym's result this way; ISO C has no cast from data to function pointer. */
static void find_function(void *library, const char *name, void *place)
{
    void *symbol = dlsym(library, name);

    memcpy(place, &symbol, sizeof symbol);
}

/* The editor drops what the locale does not know, and programs are UTF-8 wherever they run. */
static void editor_locale(void)
{
    if (setlocale(LC_CTYPE, "") == NULL || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

static void editor_open(struct editor *e)
{
    static const char *const NAMES[] = {"libedit.so.2", "libedit.so.0", "libedit.so"};
    const char *home = getenv("HOME");

    for (size_t i = 0; i < 3 && e->library == NULL; i++)
        e->library = dlopen(NAMES[i], RTLD_NOW | RTLD_LOCAL);
    if (e->library == NULL)
        return;
    editor_locale();
    find_function(e->library, "readline", &e->readline);
    find_function(e->library, "add_history", &e->add_history);
    find_function(e->library, "read_history", &e->read_history);
    find_function(e->library, "write_history", &e->write_history);
    find_function(e->library, "stifle_history", &e->stifle_history);
    if (home == NULL || asprintf(&e->history_file, "%s/.ruff_history", home) < 0)
        e->history_file = NULL;
    if (e->history_file != NULL && e->read_history != NULL)
        e->read_history(e->history_file);
    if (e->stifle_history != NULL)
        e->stifle_history(HISTORY_LINES);
}

static void editor_close(struct editor *e)
{
    if (e->history_file != NULL && e->write_history != NULL)
        e->write_history(e->history_file);
    free(e->history_file);
    /* The library stays: what it has allocated hangs from variables of its own. */
}

/* One line without its line feed, heap; NULL at the end of input and after Ctrl-C. */
static char *read_line(const struct editor *e, bool terminal, bool more)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n;

    if (e->readline != NULL) {
        line = e->readline(more ? PROMPT_MORE : PROMPT);
        if (line != NULL && line[0] != '\0' && e->add_history != NULL)
            e->add_history(line);
        return line;
    }
    if (terminal) {
        fputs(more ? PROMPT_MORE : PROMPT, stdout);
        fflush(stdout);
    }
    n = getline(&line, &room, stdin);
    if (n < 0) {
        clearerr(stdin);
        free(line);
        return NULL;
    }
    if (n > 0 && line[n - 1] == '\n')
        line[n - 1] = '\0';
    return line;
}

/* ---- Ctrl-C ------------------------------------------------------------------------ */

/* The runtime Ctrl-C stops; a handler has no other way to it (notes/globals.md). */
static struct ruff *volatile interrupted_repl;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    if (interrupted_repl != NULL)
        ruff_interrupt(interrupted_repl);
}

static void catch_interrupts(struct ruff *r)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_interrupt;
    sigemptyset(&action.sa_mask);
    interrupted_repl = r;
    sigaction(SIGINT, &action, NULL);
}

/* ---- the loop ------------------------------------------------------------------------ */

/* Runs `piece` and shows its value. False: the piece is not complete yet. */
static bool run_piece(struct session *s, const struct strbuf *piece, bool complete,
                      bool *leave, int *code)
{
    char *shown = NULL;
    enum session_status status =
        session_eval(s, piece->data, piece->len, complete, &shown, code);

    if (status == SESSION_VALUE)
        puts(shown);
    fflush(stdout);
    free(shown);
    *leave = status == SESSION_EXIT;
    *code = *leave ? *code : 0;
    return status != SESSION_INCOMPLETE;
}

static int loop(struct session *s, struct editor *e, bool terminal)
{
    struct strbuf piece;
    int code = 0;
    bool leave = false;

    strbuf_init(&piece);
    while (!leave) {
        char *line = read_line(e, terminal, piece.len > 0);
        bool interrupted = line == NULL && session_take_interrupt(s);

        if (interrupted && terminal) {
            /* What was typed so far is dropped, as in a shell. */
            putchar('\n');
            strbuf_clear(&piece);
        } else if (interrupted) {
            code = 128 + SIGINT;
            break;
        } else if (line == NULL) {
            break;
        } else {
            bool complete = line[0] == '\0' && piece.len > 0;

            strbuf_append_str(&piece, line);
            strbuf_append_char(&piece, '\n');
            if (run_piece(s, &piece, complete, &leave, &code))
                strbuf_clear(&piece);
            /* The terminal wrote ^C where the cursor was. */
            if (session_take_interrupt(s) && terminal)
                putchar('\n');
        }
        free(line);
    }
    /* What was left unfinished at the end of input is still said. */
    if (!leave && code == 0) {
        if (terminal)
            putchar('\n');
        if (piece.len > 0)
            run_piece(s, &piece, true, &leave, &code);
    }
    strbuf_done(&piece);
    return code;
}

int command_repl(int argc, char **argv)
{
    struct options o;
    struct ruff_config config;
    struct editor editor = {.library = NULL};
    struct session *s = NULL;
    struct ruff *r;
    const char *value;
    enum options_event event = OPTIONS_END;
    bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO), ok = true;
    int id, code = RUFF_INTERNAL_ERROR;

    ruff_config_init(&config);
    if (!options_init(&o, &COMMAND, argc, argv))
        return RUFF_INTERNAL_ERROR;
    while (ok && (event = options_next(&o, &id, &value)) == OPTIONS_OPTION)
        ok = command_engine_option(&o, id, value, &config);
    if (ok && event == OPTIONS_END && o.operand_count > 0)
        ok = options_error(&o, "repl takes no FILE: use ruff run FILE");
    if (!ok || event == OPTIONS_EXIT) {
        code = o.exit_code;
        options_done(&o);
        return code;
    }
    config.color = diag_use_color(o.color, stderr);
    r = command_runtime(&config);
    if (r != NULL)
        s = session_new(r);
    if (s != NULL) {
        catch_interrupts(r);
        if (terminal) {
            editor_open(&editor);
            puts("ruff " RUFF_VERSION ": end of file (Ctrl-D) or exit() leaves");
        }
        code = loop(s, &editor, terminal);
        editor_close(&editor);
        interrupted_repl = NULL;
    }
    session_free(s);
    ruff_free(r);
    options_done(&o);
    return code;
}

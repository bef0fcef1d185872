#include "config.h"

#include "loader.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "oversize.h"
#include "runtime.h"
#include "tests.h"

#include "base/os_linux.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "core/scope.h"
#include "core/string.h"
#include "front/front.h"

/* A module that is being evaluated; lives in the C frame of the import. */
struct import_level {
    const char *name;
    struct import_level *outer;
};

/* ---- files and roots --------------------------------------------------------------------------- */

/* What stands before the last `/`, heap; "." when there is none. */
static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return strdup(".");
    return strndup(path, slash == path ? 1u : (size_t)(slash - path));
}

/* `..`, absolute or empty names never reach the file system. */
static bool is_unsafe_name(const char *name)
{
    return name[0] == '/' || name[0] == '\0' || strstr(name, "..") != NULL;
}

/* Does `path` stay inside `root` once symlinks are followed? */
static bool stays_inside(const char *root, const char *path)
{
    char real_root[PATH_MAX], real_path[PATH_MAX];
    size_t n;

    if (realpath(root, real_root) == NULL || realpath(path, real_path) == NULL)
        return false;
    n = strlen(real_root);
    if (n == 1)
        return true;
    return strncmp(real_root, real_path, n) == 0 && real_path[n] == '/';
}

static bool is_file(const char *path)
{
    struct stat sb;

    return stat(path, &sb) == 0 && S_ISREG(sb.st_mode);
}

enum found {
    FOUND,
    FOUND_NOTHING,
    FOUND_OUTSIDE,
    FOUND_NO_MEMORY
};

/* NAME.ruff literally, then a/b/c.ruff, in one root. */
static enum found find_in_root(const char *root, const char *name, char **path)
{
    for (int dotted = 0; dotted < 2; dotted++) {
        char *made = NULL, *tail;

        if (dotted && strchr(name, '.') == NULL)
            break;
        if (asprintf(&made, "%s/%s.ruff", root, name) < 0)
            return FOUND_NO_MEMORY;
        tail = made + strlen(root) + 1;
        for (size_t i = 0; dotted && i < strlen(name); i++)
            if (tail[i] == '.')
                tail[i] = '/';
        if (is_file(made)) {
            if (!stays_inside(root, made)) {
                free(made);
                return FOUND_OUTSIDE;
            }
            *path = made;
            return FOUND;
        }
        free(made);
    }
    return FOUND_NOTHING;
}

/* The search roots of language.md 16, in order; entries may repeat. */
static size_t search_roots(const struct ruff_program *p, const char *from,
                           char *roots[5])
{
    const char *last;
    size_t n = 0;

    if (from != NULL)
        roots[n++] = strdup(from);
    roots[n++] = strdup(".");
    roots[n++] = strdup("./modules");
    roots[n++] = strdup(p->main_dir);
    last = strrchr(p->main_dir, '/');
    last = last != NULL ? last + 1 : p->main_dir;
    if (strcmp(last, "src") == 0) {
        char *parent = NULL;

        if (asprintf(&parent, "%s/..", p->main_dir) >= 0)
            roots[n++] = parent;
    }
    return n;
}

/* ---- parsing ------------------------------------------------------------------------------------- */

struct exports_context {
    struct ruff_program *program;
    const char *root; /* of the importing unit */
};

static struct module *load_module(struct ruff_program *p, const char *from,
                                  const char *name);

/* For `import m`: the names m exports; none when m cannot be loaded (the import statement
   then raises, so its names do not matter). */
static size_t module_exports(void *context, const char *name, size_t len,
                             const char *const **names)
{
    struct exports_context *c = context;
    char *text = strndup(name, len);
    const struct module *m =
        text != NULL ? load_module(c->program, c->root, text) : NULL;

    free(text);
    if (m == NULL || m->parsed == NULL)
        return 0;
    *names = (const char *const *)m->parsed->exports;
    return m->parsed->nexports;
}

/* Resolves a parsed tree and makes it a unit of the program; ast is taken, and *source, which is
   then NULL. On failure *source may still be there, for the diagnostics. */
static struct program_unit *finish_unit(struct ruff_program *p, struct ast_unit *ast,
                                        struct source **source, const struct module *m,
                                        const struct resolve_input *input,
                                        struct diagnostics *diags)
{
    struct ruff *r = p->runtime;
    struct program_unit *u;
    uint64_t started = os_monotonic_ns();
    bool ok = front_resolve(ast, input, diags);

    r->resolve_ns += os_monotonic_ns() - started;
    if (!ok) {
        front_unit_free(ast);
        return NULL;
    }
    u = program_unit_new(ast, *source, m != NULL ? m->root : NULL,
                         m != NULL ? m->name : NULL, &r->next_proto_id);
    if (u != NULL && !oversize_check(r->st, u, diags)) {
        u->source = NULL;
        program_unit_free(u);
        return NULL;
    }
    *source = NULL;
    if (u == NULL)
        return NULL;
    if (!runtime_register(r, u)) {
        program_unit_free(u);
        return NULL;
    }
    u->next = p->units;
    p->units = u;
    return u;
}

/* Parses and resolves a text. `m` is the module it is for, NULL for the main script. NULL:
   see diags; out of memory when it has none. *source_out is then the caller's, for the
   diagnostics. */
static struct program_unit *make_unit(struct ruff_program *p, const char *path,
                                      const char *text, size_t len, struct module *m,
                                      struct diagnostics *diags,
                                      struct source **source_out)
{
    struct exports_context context = {.program = p, .root = m != NULL ? m->root : NULL};
    const struct resolve_input input = {.exports = module_exports, .context = &context};
    struct source *source = source_new(path, text, len);
    struct ast_unit *ast = NULL;
    struct program_unit *u;
    uint64_t started = os_monotonic_ns();
    bool ok;

    *source_out = source;
    if (source == NULL)
        return NULL;
    ok = front_parse(&(struct front_input){.source = source}, &ast, diags);
    p->runtime->parse_ns += os_monotonic_ns() - started;
    if (!ok)
        return NULL;
    if (m == NULL && p->for_tests && !tests_prepare(p, ast)) {
        front_unit_free(ast);
        return NULL;
    }
    if (m != NULL)
        m->parsed = ast;
    u = finish_unit(p, ast, source_out, m, &input, diags);
    if (u == NULL && m != NULL)
        m->parsed = NULL;
    return u;
}

struct ruff_program *loader_empty(struct ruff *r)
{
    struct ruff_program *p = calloc(1, sizeof *p);

    if (p == NULL)
        return NULL;
    p->runtime = r;
    p->next = r->programs;
    r->programs = p;
    p->main_dir = strdup(".");
    if (p->main_dir == NULL) {
        ruff_program_free(p);
        return NULL;
    }
    return p;
}

struct program_unit *loader_piece(struct ruff_program *p, struct ast_unit *ast,
                                  struct source **source,
                                  const struct resolve_global *globals, size_t nglobals,
                                  struct diagnostics *diags)
{
    struct exports_context context = {.program = p};
    const struct resolve_input input = {.exports = module_exports,
                                        .context = &context,
                                        .globals = globals,
                                        .nglobals = nglobals};
    struct program_unit *u = finish_unit(p, ast, source, NULL, &input, diags);

    if (u != NULL)
        u->unit.shared_globals = true;
    return u;
}

enum ruff_status loader_main(struct ruff *r, const char *path, const char *text,
                             size_t len, bool for_tests, struct ruff_program **out)
{
    struct ruff_program *p = calloc(1, sizeof *p);
    enum ruff_status status = RUFF_NO_MEMORY;
    struct source *source = NULL;
    struct diagnostics diags;
    struct strbuf sb;

    if (p == NULL)
        return RUFF_NO_MEMORY;
    strbuf_init(&sb);
    diagnostics_init(&diags);
    p->runtime = r;
    p->for_tests = for_tests;
    p->next = r->programs;
    r->programs = p;
    p->main_dir = directory_of(path);
    if (p->main_dir != NULL)
        p->main = make_unit(p, path, text, len, NULL, &diags, &source);
    if (p->main != NULL) {
        *out = p;
        status = RUFF_OK;
    } else {
        ruff_program_free(p);
        /* Misplaced break, continue and yield have the form of runtime errors (21a.8). */
        if (!diagnostics_empty(&diags) && !diags.out_of_memory) {
            status = (enum ruff_status)diagnostics_exit_code(&diags);
            diagnostics_render(&diags, source, r->config.color, &sb);
            runtime_write(r, 2, sb.data, sb.len);
        }
    }
    source_free(source);
    diagnostics_done(&diags);
    strbuf_done(&sb);
    return status;
}

/* ---- modules --------------------------------------------------------------------------------------- */

static struct module *find_module(struct ruff_program *p, const char *root,
                                  const char *name)
{
    for (struct module *m = p->modules; m != NULL; m = m->next)
        if (strcmp(m->name, name) == 0 && strcmp(m->root, root) == 0)
            return m;
    return NULL;
}

static struct module *add_module(struct ruff_program *p, const char *root,
                                 const char *name, enum module_status status)
{
    struct module *m = calloc(1, sizeof *m);

    if (m == NULL)
        return NULL;
    m->name = strdup(name);
    m->root = strdup(root);
    m->status = status;
    m->next = p->modules;
    p->modules = m;
    return m->name != NULL && m->root != NULL ? m : NULL;
}

/* Fills a module from its file. */
static void read_module(struct ruff_program *p, struct module *m, const char *path)
{
    struct source *source = NULL;
    struct program_unit *u = NULL;
    struct diagnostics diags;
    struct os_file file;
    int error = os_read_file(path, SOURCE_MAX_BYTES + 1u, &file);

    diagnostics_init(&diags);
    if (error != 0) {
        m->status = MODULE_BROKEN;
        m->problem = strdup(strerror(error));
    } else {
        u = make_unit(p, path, file.data, file.len, m, &diags, &source);
        if (u == NULL && diags.items.len > 0) {
            const struct diagnostic *d = &diags.items.data[0];

            if (asprintf(&m->problem, "%u:%u: %s", source_line(source, d->offset),
                         source_column(source, d->offset), d->message) < 0)
                m->problem = NULL;
        }
        os_file_done(&file);
        m->status = MODULE_BROKEN;
    }
    if (u != NULL) {
        m->unit = &u->unit;
        m->status = MODULE_READY;
    }
    source_free(source);
    diagnostics_done(&diags);
}

/* The module an import in a unit of root `from` means; NULL when memory is out. */
static struct module *load_module(struct ruff_program *p, const char *from,
                                  const char *name)
{
    char *roots[5], *path = NULL;
    struct module *m = NULL;
    size_t nroots;

    if (is_unsafe_name(name)) {
        m = find_module(p, ".", name);
        return m != NULL ? m : add_module(p, ".", name, MODULE_UNSAFE);
    }
    nroots = search_roots(p, from, roots);
    for (size_t i = 0; i < nroots && m == NULL; i++) {
        enum found found;

        if (roots[i] == NULL)
            continue;
        m = find_module(p, roots[i], name);
        if (m != NULL && m->status != MODULE_NOT_FOUND)
            break;
        m = NULL;
        found = find_in_root(roots[i], name, &path);
        if (found == FOUND_NOTHING)
            continue;
        if (found == FOUND_NO_MEMORY)
            break;
        m = add_module(p, roots[i], name,
                       found == FOUND ? MODULE_LOADING : MODULE_UNSAFE);
        if (m != NULL && found == FOUND)
            read_module(p, m, path);
    }
    if (m == NULL) {
        m = find_module(p, from != NULL ? from : "", name);
        if (m == NULL)
            m = add_module(p, from != NULL ? from : "", name, MODULE_NOT_FOUND);
    }
    for (size_t i = 0; i < nroots; i++)
        free(roots[i]);
    free(path);
    return m;
}

/* ---- import statements -------------------------------------------------------------------------------- */

static bool raise_circular(struct state *st, const struct ruff *r, const char *name)
{
    const struct import_level *levels[256];
    struct strbuf sb;
    struct value message;
    size_t n = 0;
    bool ok;

    strbuf_init(&sb);
    strbuf_append_str(&sb, "Circular import detected: ");
    for (const struct import_level *l = r->imports; l != NULL && n < 256;
         l = l->outer) {
        levels[n++] = l;
        if (strcmp(l->name, name) == 0)
            break;
    }
    while (n > 0) {
        strbuf_append_str(&sb, levels[--n]->name);
        strbuf_append_str(&sb, " -> ");
    }
    strbuf_append_str(&sb, name);
    ok = string_make_strbuf(st, &sb, &message);
    strbuf_done(&sb);
    return ok && error_raise_take(st, message);
}

static int is_module_file(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);

    return n > 5 && strcmp(entry->d_name + n - 5, ".ruff") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* "Did you mean" among the files of the search roots; always false. */
static bool suggest_module(struct state *st, const struct module *m)
{
    char *roots[5];
    struct dirent **files[5] = {NULL}; /* stays so when a root cannot be read */
    int count[5];
    size_t nroots = search_roots(runtime_of(st)->root->running,
                                 m->root[0] != '\0' ? m->root : NULL, roots);
    struct suggest best;

    suggest_init(&best, m->name, strlen(m->name));
    for (size_t i = 0; i < nroots; i++) {
        count[i] = roots[i] != NULL
                       ? scandir(roots[i], &files[i], is_module_file, by_bytes)
                       : 0;
        for (int j = 0; j < count[i]; j++)
            suggest_offer(&best, files[i][j]->d_name, strlen(files[i][j]->d_name) - 5);
    }
    error_suggest(st, &best);
    for (size_t i = 0; i < nroots; i++) {
        for (int j = 0; j < count[i]; j++)
            free(files[i][j]);
        free(files[i]);
        free(roots[i]);
    }
    return false;
}

static bool raise_problem(struct state *st, const struct module *m)
{
    switch (m->status) {
    case MODULE_NOT_FOUND:
        error_raise(st,
                    "Module not found: %s; Check that '%s' exists as a flat "
                    "<module>.ruff file or a nested src/... path under the package "
                    "root, and confirm the import name matches the on-disk layout.",
                    m->name, m->name);
        return suggest_module(st, m);
    case MODULE_UNSAFE:
        return error_raise(
            st,
            "Unsafe module import '%s': module names must stay inside their "
            "search root",
            m->name);
    case MODULE_BROKEN:
    case MODULE_LOADING:
    case MODULE_READY: break;
    }
    return error_raise(st, "Failed to parse module '%s': %s", m->name,
                       m->problem != NULL ? m->problem : "out of memory");
}

static bool passes_unwrapped(struct value message)
{
    const char *text = STRING_OF(message)->data;

    return strncmp(text, "Circular import detected: ", 26) == 0 ||
           strncmp(text, "Module not found: ", 18) == 0;
}

/* Runs the module's top level; an error of it is wrapped and keeps its hint. */
static bool evaluate(struct state *st, const struct module *m,
                     struct instance *instance)
{
    struct ruff *r = runtime_of(st);
    struct import_level level = {.name = m->name, .outer = r->imports};
    struct error failed, wrapped;
    struct strbuf text;
    struct value message;
    bool ok, made;

    instance->import_state = 1;
    r->imports = &level;
    ok = runtime_run_main(st, instance);
    r->imports = level.outer;
    instance->import_state = ok ? 2 : 3;
    if (ok || st->error.kind != ERROR_RAISED || passes_unwrapped(st->error.message))
        return ok;
    failed = error_save(st);
    strbuf_init(&text);
    strbuf_append_format(&text, "Failed to evaluate module '%s': ", m->name);
    /* It may hold a NUL, so no format. */
    strbuf_append(&text, STRING_OF(failed.message)->data,
                  STRING_OF(failed.message)->len);
    made = string_make_strbuf(st, &text, &message);
    strbuf_done(&text);
    if (made)
        error_raise_take(st, message);
    wrapped = error_save(st);
    if (made) {
        wrapped.help = failed.help;
        failed.help = value_unset();
    }
    error_restore_take(st, failed);
    error_restore_take(st, wrapped);
    return false;
}

/* The module in the program all threads share. */
static const struct module *find_and_load(struct ruff *root, const char *from,
                                          const char *name)
{
    const struct module *m;

    pthread_mutex_lock(&root->load_lock);
    m = load_module(root->running, from, name);
    pthread_mutex_unlock(&root->load_lock);
    return m;
}

bool loader_import(struct state *st, const struct unit *from, const char *name,
                   struct instance **out)
{
    struct ruff *r = runtime_of(st);
    const struct module *m = find_and_load(r->root, from->root, name);
    struct instance *instance;

    if (m == NULL)
        return error_out_of_memory(st);
    if (m->status != MODULE_READY)
        return raise_problem(st, m);
    instance = scope_instance(st, m->unit);
    if (instance == NULL)
        return false;
    if (instance->import_state == 1)
        return raise_circular(st, r, name);
    if (instance->import_state != 2 && !evaluate(st, m, instance))
        return false;
    *out = instance;
    return true;
}

bool loader_import_symbol(struct state *st, struct instance *module, const char *symbol,
                          bool all, struct value *out)
{
    const struct ast_unit *ast = module->unit->ast;
    struct suggest best;

    suggest_init(&best, symbol, strlen(symbol));
    for (uint32_t i = 0; i < ast->nexports; i++) {
        struct value v;

        if (strcmp(ast->exports[i], symbol) != 0)
            continue;
        v = module->globals[ast->export_slots[i]];
        if (v.kind == VALUE_UNSET && !all)
            break;
        *out = value_retain(v);
        return true;
    }
    /* Only those that the module reached. */
    for (uint32_t i = 0; i < ast->nexports; i++) {
        if (module->globals[ast->export_slots[i]].kind != VALUE_UNSET)
            suggest_offer(&best, ast->exports[i], strlen(ast->exports[i]));
    }
    error_raise(st, "Symbol '%s' not found in module '%s'", symbol, module->unit->name);
    return error_suggest(st, &best);
}

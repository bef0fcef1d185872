#include "config.h"

#include "base/options.h"

#include <getopt.h>
#include <string.h>

#include "base/manual.h"
#include "base/mem.h"
#include "base/numtext.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/utf8.h"

enum common_id {
    COMMON_HELP = -7,
    COMMON_VERSION,
    COMMON_QUIET,
    COMMON_VERBOSE,
    COMMON_COLOR,
    COMMON_HELP_MAN,
    COMMON_HELP_WORDS,
};

static const struct option_spec common_specs[] = {
    {COMMON_QUIET, 'q', "quiet", OPTION_FLAG, NULL, "Print results and errors only."},
    {COMMON_VERBOSE, 'v', "verbose", OPTION_FLAG, NULL, "Say more about what is done."},
    {COMMON_COLOR, '\0', "color", OPTION_VALUE, "WHEN",
     "Use colours: auto (on a terminal, the default), always or never. NO_COLOR in the "
     "environment is honoured."},
    {COMMON_HELP, 'h', "help", OPTION_FLAG, NULL, "Print this text."},
    {COMMON_VERSION, '\0', "version", OPTION_FLAG, NULL,
     "Print version, features, compiler and host."},
    /* For the manual pages and for the shell's completion: not in the help. */
    {COMMON_HELP_MAN, '\0', "x-manual", OPTION_FLAG, NULL, NULL},
    {COMMON_HELP_WORDS, '\0', "x-words", OPTION_FLAG, NULL, NULL},
};
enum {
    COMMON_COUNT = sizeof common_specs / sizeof *common_specs
};

/* Values of long options for getopt_long: above any character. */
enum {
    LONG_BASE = 1000,
    USAGE_EXIT = 2,
    INTERNAL_EXIT = 6
};

static const struct option_spec *spec_of(const struct options *o, int getopt_value);
static bool handle_common(struct options *o, const char *value, bool *leave);
static void report_bad_option(struct options *o, int result);
static void report_unknown_long(struct options *o, const char *given);
static void help_place(const struct options_command *command, struct strbuf *out);

/* ---- parsing ------------------------------------------------------------------ */

bool options_init(struct options *o, const struct options_command *command, int argc,
                  char **argv)
{
    *o = (struct options){.command = command, .argc = argc, .argv = argv};
    size_t count = options_spec_count(command);
    o->long_options = mem_alloc_zero(count + 1, sizeof *o->long_options);
    struct strbuf shorts;
    strbuf_init(&shorts);
    /* ':' makes a missing value distinguishable; '+' stops at the first operand. */
    strbuf_append_str(&shorts, command->stop_at_operand ? "+:" : ":");
    for (size_t i = 0; i < count && o->long_options != NULL; i++) {
        const struct option_spec *spec = options_spec_at(command, i);
        o->long_options[i] = (struct option){
            .name = spec->long_name,
            .has_arg = spec->kind == OPTION_FLAG    ? no_argument
                       : spec->kind == OPTION_VALUE ? required_argument
                                                    : optional_argument,
            .val = LONG_BASE + (int)i,
        };
        if (spec->short_name != '\0') {
            strbuf_append_char(&shorts, spec->short_name);
            strbuf_append_str(&shorts, spec->kind == OPTION_FLAG    ? ""
                                       : spec->kind == OPTION_VALUE ? ":"
                                                                    : "::");
        }
    }
    o->short_options = strbuf_detach(&shorts, NULL);
    if (o->long_options == NULL || o->short_options == NULL) {
        diag_error(command->program,
                   "not enough memory to start: close other programs");
        options_done(o);
        return false;
    }
    opterr = 0;
    optind = 0; /* makes the C library start afresh */
    return true;
}

enum options_event options_next(struct options *o, int *id, const char **value)
{
    for (;;) {
        int result =
            getopt_long(o->argc, o->argv, o->short_options, o->long_options, NULL);
        if (result == -1) {
            o->operands = o->argv + optind;
            o->operand_count = o->argc - optind;
            return OPTIONS_END;
        }
        if (result == '?' || result == ':') {
            report_bad_option(o, result);
            o->exit_code = USAGE_EXIT;
            return OPTIONS_EXIT;
        }
        o->current = spec_of(o, result);
        if (o->current->id >= 0) {
            *id = o->current->id;
            *value = optarg;
            return OPTIONS_OPTION;
        }
        bool leave = false;
        if (!handle_common(o, optarg, &leave) || leave)
            return OPTIONS_EXIT;
    }
}

void options_done(struct options *o)
{
    mem_free(o->long_options);
    mem_free(o->short_options);
    o->long_options = NULL;
    o->short_options = NULL;
}

size_t options_spec_count(const struct options_command *command)
{
    return command->spec_count + COMMON_COUNT;
}

const struct option_spec *options_spec_at(const struct options_command *command,
                                          size_t i)
{
    return i < command->spec_count ? &command->specs[i]
                                   : &common_specs[i - command->spec_count];
}

static const struct option_spec *spec_of(const struct options *o, int getopt_value)
{
    if (getopt_value >= LONG_BASE)
        return options_spec_at(o->command, (size_t)(getopt_value - LONG_BASE));
    size_t i = 0;
    while (options_spec_at(o->command, i)->short_name != getopt_value)
        i++;
    return options_spec_at(o->command, i);
}

static bool handle_common(struct options *o, const char *value, bool *leave)
{
    switch ((enum common_id)o->current->id) {
    case COMMON_HELP:
        options_print_help(stdout, o->command);
        *leave = true;
        break;
    case COMMON_VERSION:
        options_print_version(stdout, o->command->program);
        *leave = true;
        break;
    case COMMON_HELP_MAN:
        manual_print_command(stdout, o->command);
        *leave = true;
        break;
    case COMMON_HELP_WORDS:
        manual_print_options(stdout, o->command);
        *leave = true;
        break;
    case COMMON_QUIET: o->quiet = true; break;
    case COMMON_VERBOSE: o->verbose++; break;
    case COMMON_COLOR:
        if (!diag_color_parse(value, &o->color))
            return options_error(
                o, "'%s' is no value of --color: use auto, always or never", value);
        break;
    }
    return true;
}

/* ---- errors ------------------------------------------------------------------- */

bool options_error(struct options *o, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    diag_verror(o->command->program, format, args);
    va_end(args);
    o->exit_code = USAGE_EXIT;
    return false;
}

/* optopt tells the cases apart: 0 = an unknown or ambiguous long option, at least
   LONG_BASE = a known long one used wrongly, else a short one. */
static void report_bad_option(struct options *o, int result)
{
    if (optopt == 0) {
        report_unknown_long(o, o->argv[optind - 1]);
        return;
    }
    if (result == ':' || optopt >= LONG_BASE) {
        const struct option_spec *spec = spec_of(o, optopt);
        if (result == ':')
            options_error(o, "option '--%s' needs a value: give it as --%s=%s",
                          spec->long_name, spec->long_name, spec->argument);
        else
            options_error(o,
                          "option '--%s' takes no value: leave out everything from '='",
                          spec->long_name);
        return;
    }
    struct strbuf place;
    strbuf_init(&place);
    help_place(o->command, &place);
    options_error(o, "unknown option '-%c': see %s", optopt, strbuf_str(&place));
    strbuf_done(&place);
}

static void report_unknown_long(struct options *o, const char *given)
{
    const char *name = given + strspn(given, "-");
    size_t n = strcspn(name, "=");
    struct strbuf matches;
    strbuf_init(&matches);
    struct suggest s;
    suggest_init(&s, name, n);
    size_t count = options_spec_count(o->command);
    for (size_t i = 0; i < count; i++) {
        const struct option_spec *spec = options_spec_at(o->command, i);
        if (n > 0 && strncmp(spec->long_name, name, n) == 0)
            strbuf_append_format(&matches, "%s--%s", matches.len > 0 ? ", " : "",
                                 spec->long_name);
        if (spec->help != NULL)
            suggest_offer(&s, spec->long_name, strlen(spec->long_name));
    }
    const char *best = suggest_best(&s, NULL);
    if (matches.len > 0) {
        options_error(o, "option '--%.*s' is short for several: choose one of %s",
                      (int)n, name, strbuf_str(&matches));
    } else if (best != NULL) {
        options_error(o, "unknown option '--%.*s': did you mean '--%s'?", (int)n, name,
                      best);
    } else {
        help_place(o->command, &matches);
        options_error(o, "unknown option '--%.*s': see %s", (int)n, name,
                      strbuf_str(&matches));
    }
    strbuf_done(&matches);
}

static void help_place(const struct options_command *command, struct strbuf *out)
{
    strbuf_append_format(out, "%s%s%s --help", command->program,
                         command->name == NULL ? "" : " ",
                         command->name == NULL ? "" : command->name);
}

void options_unknown_command(const char *program, const char *given,
                             const char *const *commands, size_t count)
{
    const char *best = suggest_nearest(given, commands, count);
    if (best != NULL)
        diag_error(program, "unknown command '%s': did you mean '%s'?", given, best);
    else
        diag_error(program, "unknown command '%s': see %s --help", given, program);
}

/* ---- values ------------------------------------------------------------------- */

/* A factor and the words for it. */
struct unit {
    const char *name;
    double factor;
};

static bool parse_scaled(const char *value, const struct unit *units, size_t count,
                         uint64_t *out);

bool options_count(struct options *o, const char *value, uint64_t low, uint64_t high,
                   uint64_t *out)
{
    uint64_t number;
    if (value == NULL ||
        numtext_parse_u64(value, strlen(value), &number) != NUMTEXT_OK ||
        number < low || number > high) {
        const char *given = value == NULL ? "" : value;
        if (high == UINT64_MAX)
            return options_error(
                o, "'%s' is no value of --%s: give a whole number from %llu up", given,
                o->current->long_name, (unsigned long long)low);
        return options_error(
            o, "'%s' is no value of --%s: give a whole number from %llu to %llu", given,
            o->current->long_name, (unsigned long long)low, (unsigned long long)high);
    }
    *out = number;
    return true;
}

bool options_number(struct options *o, const char *value, double low, double high,
                    double *out)
{
    double number;
    if (value == NULL ||
        numtext_parse_double(value, strlen(value), &number) != NUMTEXT_OK ||
        number < low || number > high)
        return options_error(o, "'%s' is no value of --%s: give a number from %g to %g",
                             value == NULL ? "" : value, o->current->long_name, low,
                             high);
    *out = number;
    return true;
}

bool options_size(struct options *o, const char *value, uint64_t *bytes)
{
    static const struct unit units[] = {
        {"", 1},        {"B", 1},        {"K", 0x1p10},   {"k", 0x1p10},
        {"KB", 0x1p10}, {"kB", 0x1p10},  {"KiB", 0x1p10}, {"M", 0x1p20},
        {"m", 0x1p20},  {"MB", 0x1p20},  {"MiB", 0x1p20}, {"G", 0x1p30},
        {"g", 0x1p30},  {"GB", 0x1p30},  {"GiB", 0x1p30}, {"T", 0x1p40},
        {"TB", 0x1p40}, {"TiB", 0x1p40},
    };
    if (value == NULL ||
        !parse_scaled(value, units, sizeof units / sizeof *units, bytes))
        return options_error(
            o, "'%s' is no value of --%s: give a size such as 64k or 2MiB",
            value == NULL ? "" : value, o->current->long_name);
    return true;
}

bool options_duration(struct options *o, const char *value, uint64_t *ns)
{
    static const struct unit units[] = {
        {"", 1e9}, {"s", 1e9},  {"ms", 1e6},   {"us", 1e3},   {"\xC2\xB5s", 1e3},
        {"ns", 1}, {"m", 6e10}, {"min", 6e10}, {"h", 3.6e12},
    };
    if (value == NULL || !parse_scaled(value, units, sizeof units / sizeof *units, ns))
        return options_error(
            o, "'%s' is no value of --%s: give a time such as 250ms or 2s",
            value == NULL ? "" : value, o->current->long_name);
    return true;
}

bool options_choice(struct options *o, const char *value, const char *const *words,
                    size_t count, size_t *index)
{
    for (size_t i = 0; i < count; i++) {
        if (value != NULL && strcmp(value, words[i]) == 0) {
            *index = i;
            return true;
        }
    }
    struct strbuf list;
    strbuf_init(&list);
    for (size_t i = 0; i < count; i++)
        strbuf_append_format(&list, "%s%s",
                             i == 0           ? ""
                             : i + 1 == count ? " or "
                                              : ", ",
                             words[i]);
    const char *best = value == NULL ? NULL : suggest_nearest(value, words, count);
    if (best != NULL)
        options_error(o, "'%s' is no value of --%s: did you mean '%s'?", value,
                      o->current->long_name, best);
    else
        options_error(o, "'%s' is no value of --%s: use %s", value == NULL ? "" : value,
                      o->current->long_name, strbuf_str(&list));
    strbuf_done(&list);
    return false;
}

static bool parse_scaled(const char *value, const struct unit *units, size_t count,
                         uint64_t *out)
{
    size_t digits = strspn(value, "0123456789.");
    double number;
    if (numtext_parse_double(value, digits, &number) != NUMTEXT_OK)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(value + digits, units[i].name) == 0) {
            double scaled = number * units[i].factor;
            if (scaled >= 0x1p63)
                return false;
            *out = (uint64_t)scaled;
            return true;
        }
    }
    return false;
}

/* ---- texts -------------------------------------------------------------------- */

enum {
    HELP_COLUMN = 28,
    HELP_WIDTH = 88
};

static void print_spec(FILE *out, const struct option_spec *spec);
static void print_wrapped(FILE *out, const char *text, size_t column);
static void print_usage(FILE *out, const struct options_command *command);

void options_print_help(FILE *out, const struct options_command *command)
{
    print_usage(out, command);
    fputc('\n', out);
    print_wrapped(out, command->summary, 0);
    if (command->spec_count > 0) {
        fputs("\nOptions:\n", out);
        for (size_t i = 0; i < command->spec_count; i++)
            print_spec(out, &command->specs[i]);
    }
    fputs("\nCommon options:\n", out);
    for (size_t i = 0; i < COMMON_COUNT; i++)
        print_spec(out, &common_specs[i]);
    if (command->details != NULL)
        fprintf(out, "\n%s%s", command->details,
                command->details[strlen(command->details) - 1] == '\n' ? "" : "\n");
}

void options_print_version(FILE *out, const char *program)
{
    fprintf(out, "%s " RUFF_VERSION "\nfeatures: " RUFF_FEATURES "\n", program);
    fputs("compiler: " RUFF_COMPILER " " __VERSION__ "\nhost: " RUFF_HOST "\n", out);
}

static void print_usage(FILE *out, const struct options_command *command)
{
    const char *lead = "usage: ";
    for (const char *line = command->usage; *line != '\0';) {
        size_t n = strcspn(line, "\n");
        fprintf(out, "%s%s %.*s\n", lead, command->program, (int)n, line);
        lead = "       ";
        line += n + (line[n] == '\n');
    }
}

static void print_spec(FILE *out, const struct option_spec *spec)
{
    if (spec->help == NULL)
        return;
    struct strbuf names;
    strbuf_init(&names);
    options_append_names(&names, spec);
    size_t width = 2 + utf8_count(strbuf_str(&names), names.len);
    fprintf(out, "  %s", strbuf_str(&names));
    strbuf_done(&names);
    if (width + 2 > HELP_COLUMN) {
        fputc('\n', out);
        width = 0;
    }
    fprintf(out, "%*s", (int)(HELP_COLUMN - width), "");
    print_wrapped(out, spec->help, HELP_COLUMN);
}

void options_append_names(struct strbuf *out, const struct option_spec *spec)
{
    if (spec->short_name != '\0')
        strbuf_append_format(out, "-%c, ", spec->short_name);
    strbuf_append_format(out, "--%s", spec->long_name);
    if (spec->kind == OPTION_VALUE)
        strbuf_append_format(out, "=%s", spec->argument);
    else if (spec->kind == OPTION_OPTIONAL)
        strbuf_append_format(out, "[=%s]", spec->argument);
}

/* Words up to HELP_WIDTH; later lines start at the column. */
static void print_wrapped(FILE *out, const char *text, size_t column)
{
    size_t at = column;
    bool first = true;
    while (*text != '\0') {
        size_t n = strcspn(text, " ");
        size_t width = utf8_count(text, n);
        if (!first && at + 1 + width > HELP_WIDTH) {
            fprintf(out, "\n%*s", (int)column, "");
            at = column;
            first = true;
        }
        fprintf(out, "%s%.*s", first ? "" : " ", (int)n, text);
        at += width + !first;
        first = false;
        text += n + (text[n] == ' ');
    }
    fputc('\n', out);
}

#include "config.h"

#include "lib/times.h"

#include <string.h>

#include "base/os_linux.h"
#include "base/strbuf.h"
#include "core/state.h"
#include "core/string.h"
#include "lib/argument.h"
#include "lib/builtins.h"

enum {
    DAY_SECONDS = 86400,
    TOKEN_COUNT = 6
};

#define SECONDS_LIMIT INT64_C(1000000000000000)

/* What a format letter run stands for; the index is that of `parts`. */
struct token {
    const char *text;
    size_t len;
};

static const struct token tokens[TOKEN_COUNT] = {
    {"YYYY", 4}, {"MM", 2}, {"DD", 2}, {"HH", 2}, {"mm", 2}, {"ss", 2},
};

static int find_token(const char *format, size_t len);

/* ---- clocks ---------------------------------------------------------------------- */

static double since_start_ns(const struct state *st)
{
    return (double)(os_monotonic_ns() - st->start_ns);
}

bool times_now(struct state *st, struct value *args, uint32_t nargs,
               struct value *result)
{
    (void)st;
    (void)args;
    (void)nargs;
    *result = value_float((double)(os_wall_ns() / UINT64_C(1000000000)));
    return true;
}

bool times_now_unix(struct state *st, struct value *args, uint32_t nargs,
                    struct value *result)
{
    (void)st;
    (void)args;
    (void)nargs;
    *result = value_int((int64_t)(os_wall_ns() / UINT64_C(1000000000)));
    return true;
}

bool times_current_timestamp(struct state *st, struct value *args, uint32_t nargs,
                             struct value *result)
{
    (void)st;
    (void)args;
    (void)nargs;
    *result = value_int((int64_t)(os_wall_ns() / UINT64_C(1000000)));
    return true;
}

bool times_now_utc(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)args;
    (void)nargs;
    static const char format[] = "YYYY-MM-DDTHH:mm:ssZ";
    struct strbuf out;
    strbuf_init(&out);
    times_append_date(&out, (int64_t)(os_wall_ns() / UINT64_C(1000000000)), format,
                      sizeof(format) - 1);
    bool ok = string_make_strbuf(st, &out, result);
    strbuf_done(&out);
    return ok;
}

bool times_performance_now(struct state *st, struct value *args, uint32_t nargs,
                           struct value *result)
{
    (void)args;
    (void)nargs;
    *result = value_float(since_start_ns(st) / 1e6);
    return true;
}

bool times_ms(struct state *st, struct value *args, uint32_t nargs,
              struct value *result)
{
    return times_performance_now(st, args, nargs, result);
}

bool times_us(struct state *st, struct value *args, uint32_t nargs,
              struct value *result)
{
    (void)args;
    (void)nargs;
    *result = value_float(since_start_ns(st) / 1e3);
    return true;
}

bool times_ns(struct state *st, struct value *args, uint32_t nargs,
              struct value *result)
{
    (void)args;
    (void)nargs;
    *result = value_float(since_start_ns(st));
    return true;
}

bool times_elapsed(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    if (!argument_is_number(args[0]) || !argument_is_number(args[1]))
        return argument_raise(st, "elapsed", "two numbers");
    *result = value_float(argument_number(args[1]) - argument_number(args[0]));
    return true;
}

/* ---- text ------------------------------------------------------------------------ */

bool times_format_duration(struct state *st, struct value *args, uint32_t nargs,
                           struct value *result)
{
    (void)nargs;
    if (!argument_is_number(args[0]))
        return argument_raise(st, "format_duration", "a number of milliseconds");
    struct strbuf out;
    strbuf_init(&out);
    times_append_duration(&out, argument_number(args[0]));
    bool ok = string_make_strbuf(st, &out, result);
    strbuf_done(&out);
    return ok;
}

bool times_format_date(struct state *st, struct value *args, uint32_t nargs,
                       struct value *result)
{
    (void)nargs;
    struct string *format = NULL;
    int64_t seconds = 0;
    if (!argument_integer(st, "format_date", args[0], &seconds) ||
        !argument_string(st, "format_date", args[1], &format))
        return false;
    /* Fractions before the epoch belong to the second before. */
    if (args[0].kind == VALUE_FLOAT && args[0].as.number < (double)seconds)
        seconds--;
    struct strbuf out;
    strbuf_init(&out);
    times_append_date(&out, seconds, format->data, format->len);
    bool ok = string_make_strbuf(st, &out, result);
    strbuf_done(&out);
    return ok;
}

bool times_parse_date_text(struct state *st, struct value *args, uint32_t nargs,
                           struct value *result)
{
    (void)nargs;
    struct string *text = NULL, *format = NULL;
    if (!argument_string(st, "parse_date", args[0], &text) ||
        !argument_string(st, "parse_date", args[1], &format))
        return false;
    int64_t seconds = 0;
    const char *why =
        times_parse_date(text->data, text->len, format->data, format->len, &seconds);
    if (why != NULL)
        return error_raise(st, "parse_date failed: %s", why);
    *result = value_float((double)seconds);
    return true;
}

/* ---- pure ------------------------------------------------------------------------ */

void times_append_duration(struct strbuf *out, double ms)
{
    if (ms >= 1000.0)
        strbuf_append_format(out, "%.2fs", ms / 1000.0);
    else if (ms >= 1.0)
        strbuf_append_format(out, "%.2fms", ms);
    else if (ms >= 0.001)
        strbuf_append_format(out, "%.2fμs", ms * 1000.0);
    else
        strbuf_append_format(out, "%.0fns", ms * 1e6);
}

/* Days since the epoch to the civil calendar, by eras of 400 years that begin in March. */
void times_from_seconds(int64_t seconds, struct times_date *out)
{
    if (seconds > SECONDS_LIMIT)
        seconds = SECONDS_LIMIT;
    if (seconds < -SECONDS_LIMIT)
        seconds = -SECONDS_LIMIT;
    int64_t days = seconds / DAY_SECONDS, rest = seconds % DAY_SECONDS;
    if (rest < 0) {
        rest += DAY_SECONDS;
        days--;
    }
    days += 719468; /* from 0000-03-01 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) /
        365;
    int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    out->day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    out->month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    out->year = year_of_era + era * 400 + (out->month <= 2 ? 1 : 0);
    out->hour = (int)(rest / 3600);
    out->minute = (int)(rest / 60 % 60);
    out->second = (int)(rest % 60);
}

int64_t times_to_seconds(const struct times_date *date)
{
    int64_t year = date->year - (date->month <= 2 ? 1 : 0);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t shifted_month = date->month > 2 ? date->month - 3 : date->month + 9;
    int64_t day_of_year = (153 * shifted_month + 2) / 5 + date->day - 1;
    int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    int64_t days = era * 146097 + day_of_era - 719468;
    return days * DAY_SECONDS + date->hour * 3600 + date->minute * 60 + date->second;
}

void times_append_date(struct strbuf *out, int64_t seconds, const char *format,
                       size_t len)
{
    struct times_date date;
    times_from_seconds(seconds, &date);
    const int64_t parts[TOKEN_COUNT] = {date.year, date.month,  date.day,
                                        date.hour, date.minute, date.second};
    for (size_t at = 0; at < len;) {
        int token = find_token(format + at, len - at);
        if (token < 0) {
            strbuf_append_char(out, format[at++]);
            continue;
        }
        strbuf_append_format(out, token == 0 ? "%04lld" : "%02lld",
                             (long long)parts[token]);
        at += tokens[token].len;
    }
}

static int find_token(const char *format, size_t len)
{
    for (int i = 0; i < TOKEN_COUNT; i++)
        if (len >= tokens[i].len && memcmp(format, tokens[i].text, tokens[i].len) == 0)
            return i;
    return -1;
}

static int days_in_month(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

const char *times_parse_date(const char *text, size_t len, const char *format,
                             size_t format_len, int64_t *seconds)
{
    int64_t parts[TOKEN_COUNT] = {1970, 1, 1, 0, 0, 0};
    size_t at = 0;
    for (size_t f = 0; f < format_len;) {
        int token = find_token(format + f, format_len - f);
        if (token < 0) {
            if (at == len || text[at] != format[f])
                return "input does not match the format";
            at++;
            f++;
            continue;
        }
        int64_t value = 0;
        for (size_t i = 0; i < tokens[token].len; i++, at++) {
            if (at == len || text[at] < '0' || text[at] > '9')
                return "input does not match the format";
            value = value * 10 + (text[at] - '0');
        }
        parts[token] = value;
        f += tokens[token].len;
    }
    if (at != len)
        return "trailing input";
    if (parts[1] < 1 || parts[1] > 12)
        return "month out of range";
    if (parts[2] < 1 || parts[2] > days_in_month(parts[0], (int)parts[1]))
        return "day out of range";
    if (parts[3] > 23 || parts[4] > 59 || parts[5] > 59)
        return "time out of range";
    struct times_date date = {parts[0],      (int)parts[1], (int)parts[2],
                              (int)parts[3], (int)parts[4], (int)parts[5]};
    *seconds = times_to_seconds(&date);
    return NULL;
}

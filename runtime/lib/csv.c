#include "config.h"

#include "lib/csv.h"

#include <string.h>

#include "base/strbuf.h"
#include "core/array.h"
#include "core/dict.h"
#include "core/poll.h"
#include "core/print.h"
#include "core/state.h"
#include "core/string.h"
#include "lib/argument.h"
#include "lib/builtins.h"
#include "lib/convert.h"

static bool read_rows(struct state *st, struct csv_reader *r, struct strbuf *field,
                      struct value *header, struct value *rows);
static bool field_value(struct state *st, const struct strbuf *field, bool quoted,
                        struct value *out);
static bool write_rows(struct state *st, const struct array *rows, struct strbuf *out);
static bool write_cell(struct state *st, struct strbuf *out, struct strbuf *scratch,
                       struct value v);
static void end_record(struct strbuf *out, size_t start, size_t columns);

/* ---- parse_csv ------------------------------------------------------------------- */

bool csv_parse_csv(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    struct string *s = NULL;
    if (!argument_string(st, "parse_csv", args[0], &s))
        return false;
    struct csv_reader r = {.text = s->data, .len = s->len};
    struct strbuf field;
    strbuf_init(&field);
    struct value header = value_null(), rows = value_null();
    bool ok = array_make_empty(st, &header) && array_make_empty(st, &rows) &&
              read_rows(st, &r, &field, &header, &rows);
    if (ok && strbuf_failed(&field))
        ok = error_out_of_memory(st);
    if (ok)
        *result = value_take(&rows);
    value_release(st, header);
    value_release(st, rows);
    strbuf_done(&field);
    return ok;
}

static bool read_rows(struct state *st, struct csv_reader *r, struct strbuf *field,
                      struct value *header, struct value *rows)
{
    bool quoted = false;
    enum csv_step step = CSV_FIELD;
    while (step == CSV_FIELD && (step = csv_next(r, field, &quoted)) != CSV_END) {
        struct value name;
        if (!string_make_strbuf(st, field, &name) || !array_push_take(st, header, name))
            return false;
    }
    size_t columns = ARRAY_OF(*header)->len;
    for (;;) {
        struct value row;
        step = csv_next(r, field, &quoted);
        if (step == CSV_END)
            return true;
        if (!poll(st, ARRAY_OF(*rows)->len) || !dict_make_empty(st, &row))
            return false;
        bool ok = true;
        for (size_t column = 0;; column++) {
            struct value v;
            if (column < columns)
                ok = field_value(st, field, quoted, &v) &&
                     dict_set_take(st, &row, array_get(ARRAY_OF(*header), column), v);
            if (ok && step == CSV_LAST_FIELD) {
                for (column++; ok && column < columns; column++)
                    ok = dict_set_take(st, &row, array_get(ARRAY_OF(*header), column),
                                       string_value(string_empty(st)));
                break;
            }
            if (!ok)
                break;
            step = csv_next(r, field, &quoted);
        }
        if (!ok) {
            value_release(st, row);
            return false;
        }
        if (!array_push_take(st, rows, row))
            return false;
    }
}

static bool field_value(struct state *st, const struct strbuf *field, bool quoted,
                        struct value *out)
{
    bool integer = false;
    int64_t i = 0;
    double f = 0.0;
    if (!quoted && csv_is_number(strbuf_str(field), field->len, &integer)) {
        if (integer && convert_parse_integer(field->data, field->len, &i)) {
            *out = value_int(i);
            return true;
        }
        if (convert_parse_number(field->data, field->len, &f)) {
            *out = value_float(f);
            return true;
        }
    }
    return string_make_strbuf(st, field, out);
}

/* ---- to_csv ---------------------------------------------------------------------- */

bool csv_to_csv(struct state *st, struct value *args, uint32_t nargs,
                struct value *result)
{
    (void)nargs;
    struct array *rows = NULL;
    if (!argument_array(st, "to_csv", args[0], &rows))
        return false;
    for (size_t i = 0; i < rows->len; i++)
        if (array_get(rows, i).kind != VALUE_DICT)
            return argument_raise(st, "to_csv", "an array of dicts");
    struct strbuf out;
    strbuf_init(&out);
    bool ok = write_rows(st, rows, &out) && string_make_strbuf(st, &out, result);
    strbuf_done(&out);
    return ok;
}

static bool write_rows(struct state *st, const struct array *rows, struct strbuf *out)
{
    if (rows->len == 0)
        return true;
    struct dict *first = DICT_OF(array_get(rows, 0));
    const uint32_t *order = dict_sorted(st, first);
    if (order == NULL)
        return false;
    char digits[24];
    for (size_t column = 0; column < first->len; column++) {
        size_t n = 0;
        const char *text = dict_key_text(first->entries[order[column]].key, digits, &n);
        if (column > 0)
            strbuf_append_char(out, ',');
        csv_append_field(out, text, n);
    }
    end_record(out, 0, first->len);
    struct strbuf scratch;
    strbuf_init(&scratch);
    bool ok = true;
    for (size_t i = 0; ok && i < rows->len; i++) {
        struct dict *row = DICT_OF(array_get(rows, i));
        size_t start = out->len;
        ok = poll(st, i);
        for (size_t column = 0; ok && column < first->len; column++) {
            struct value *cell = dict_find(st, row, first->entries[order[column]].key);
            if (column > 0)
                strbuf_append_char(out, ',');
            if (cell != NULL)
                ok = write_cell(st, out, &scratch, *cell);
        }
        end_record(out, start, first->len);
    }
    strbuf_done(&scratch);
    return ok;
}

/* A missing value and null are empty fields. */
static bool write_cell(struct state *st, struct strbuf *out, struct strbuf *scratch,
                       struct value v)
{
    if (v.kind == VALUE_NULL)
        return true;
    strbuf_clear(scratch);
    if (!print_display(st, scratch, v))
        return false;
    csv_append_field(out, strbuf_str(scratch), scratch->len);
    return true;
}

/* Ends the record that begins at `start`. One empty field is quoted: an empty line would be
   no record at all. */
static void end_record(struct strbuf *out, size_t start, size_t columns)
{
    if (columns == 1 && out->len == start)
        strbuf_append_str(out, "\"\"");
    strbuf_append_char(out, '\n');
}

/* ---- pure ------------------------------------------------------------------------ */

enum csv_step csv_next(struct csv_reader *r, struct strbuf *field, bool *quoted)
{
    strbuf_clear(field);
    *quoted = false;
    while (!r->record_open && r->at < r->len &&
           (r->text[r->at] == '\n' || r->text[r->at] == '\r'))
        r->at++;
    if (!r->record_open && r->at == r->len)
        return CSV_END;
    r->record_open = true;
    if (r->at < r->len && r->text[r->at] == '"') {
        *quoted = true;
        r->at++;
        while (r->at < r->len) {
            if (r->text[r->at] == '"') {
                r->at++;
                if (r->at == r->len || r->text[r->at] != '"')
                    break;
            }
            strbuf_append_char(field, r->text[r->at++]);
        }
    }
    size_t from = r->at;
    while (r->at < r->len && r->text[r->at] != ',' && r->text[r->at] != '\n' &&
           r->text[r->at] != '\r')
        r->at++;
    strbuf_append(field, r->text + from, r->at - from);
    if (r->at < r->len && r->text[r->at] == ',') {
        r->at++;
        return CSV_FIELD;
    }
    if (r->at < r->len && r->text[r->at] == '\r')
        r->at++;
    if (r->at < r->len && r->text[r->at] == '\n')
        r->at++;
    r->record_open = false;
    return CSV_LAST_FIELD;
}

bool csv_is_number(const char *text, size_t len, bool *integer)
{
    size_t at = len > 0 && text[0] == '-' ? 1 : 0;
    size_t digits = at;
    while (at < len && text[at] >= '0' && text[at] <= '9')
        at++;
    if (at == digits || (text[digits] == '0' && at - digits > 1))
        return false;
    *integer = at == len;
    if (at == len)
        return true;
    if (text[at] != '.')
        return false;
    size_t fraction = ++at;
    while (at < len && text[at] >= '0' && text[at] <= '9')
        at++;
    return at > fraction && at == len;
}

void csv_append_field(struct strbuf *out, const char *text, size_t len)
{
    bool quote = false;
    for (size_t i = 0; i < len && !quote; i++)
        quote = text[i] == ',' || text[i] == '"' || text[i] == '\n' || text[i] == '\r';
    if (!quote) {
        strbuf_append(out, text, len);
        return;
    }
    strbuf_append_char(out, '"');
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"')
            strbuf_append_char(out, '"');
        strbuf_append_char(out, text[i]);
    }
    strbuf_append_char(out, '"');
}

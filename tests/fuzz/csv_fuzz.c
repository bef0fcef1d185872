/*
 * Any text as CSV: what is read and written in turn comes to rest. And any texts as the cells
 * of one column: each comes back, unless it reads as a number.
 */
#include "config.h"

#include "fuzz.h"
#include "library.h"

#include "core/dict.h"
#include "lib/csv.h"

enum {
    ROUNDS = 4
};

static size_t length(struct value rows)
{
    if (rows.kind != VALUE_ARRAY)
        abort();
    return ARRAY_OF(rows)->len;
}

/* A cell changes its kind when its text reads as a number, and its text when that number is
   written otherwise: the text "-0.0" is the float -0, written -0, which is the int 0. That
   ends after three rounds; the number of rows never changes. */
static void text_settles(struct state *st, struct value text)
{
    struct value rows = library_call_one(st, "parse_csv", text);
    struct value written = library_call_one(st, "to_csv", rows);
    size_t count = length(rows);
    for (int round = 1; round <= ROUNDS; round++) {
        value_release(st, rows);
        rows = library_call_one(st, "parse_csv", written);
        if (length(rows) != count)
            abort();
        struct value again = library_call_one(st, "to_csv", rows);
        if (round == ROUNDS)
            library_must_equal(st, written, again);
        value_release(st, written);
        written = again;
    }
    value_release(st, rows);
    value_release(st, written);
}

static void cell_comes_back(struct state *st, struct value row, struct value key,
                            struct value cell)
{
    bool integer = false;
    const struct value *back = dict_find(st, DICT_OF(row), key);
    if (back == NULL)
        abort();
    if (!csv_is_number(STRING_OF(cell)->data, STRING_OF(cell)->len, &integer))
        library_must_equal(st, *back, cell);
}

/* The first part names the column. */
static void cells_come_back(const struct library *l)
{
    struct state *st = l->st;
    struct value rows = value_null();
    if (!array_make_empty(st, &rows))
        abort();
    for (size_t i = 1; i < l->nparts; i++) {
        struct value row = value_null();
        if (!dict_make_empty(st, &row) ||
            !dict_set_take(st, &row, l->parts[0], value_retain(l->parts[i])) ||
            !array_push_take(st, &rows, row))
            abort();
    }
    struct value text = library_call_one(st, "to_csv", rows);
    struct value back = library_call_one(st, "parse_csv", text);
    if (length(back) != length(rows))
        abort();
    for (size_t i = 1; i < l->nparts; i++)
        cell_comes_back(st, array_get(ARRAY_OF(back), i - 1), l->parts[0], l->parts[i]);
    value_release(st, rows);
    value_release(st, text);
    value_release(st, back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct library l;
    if (!library_open(&l, data, size))
        return 0;
    text_settles(l.st, l.parts[0]);
    cells_come_back(&l);
    library_close(&l);
    return 0;
}

/* JSON that is read, written in both forms and read again is the same value. */
#include "config.h"

#include "fuzz.h"
#include "library.h"

static void round_trip(struct state *st, struct value v, const char *writer)
{
    struct value text = library_call_one(st, writer, v);
    if (text.kind != VALUE_STRING)
        abort();
    struct value again = library_call_one(st, "parse_json", text);
    library_must_equal(st, v, again);
    /* Equality does not tell 1 from 1.0; the text does. */
    struct value text_again = library_call_one(st, writer, again);
    library_must_equal(st, text, text_again);
    value_release(st, text);
    value_release(st, again);
    value_release(st, text_again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct library l;
    if (!library_open(&l, data, size))
        return 0;
    struct value v = library_call_one(l.st, "parse_json", l.parts[0]);
    round_trip(l.st, v, "to_json");
    round_trip(l.st, v, "to_json_pretty");
    value_release(l.st, v);
    /* Any text is a string that JSON can say. */
    round_trip(l.st, l.parts[0], "to_json");
    library_close(&l);
    return 0;
}

#include "config.h"

#include "lib/regex_linear.h"

#include <string.h>

#include "base/mem.h"
#include "base/sizing.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "lib/unicode.h"

enum {
    STOP_STEPS = SIZE_OR_TINY(1024, 1) /* between two looks at an interrupt */
};

enum opcode {
    OP_CHAR,   /* x: code point */
    OP_CLASS,  /* x: index of the class */
    OP_ANY,    /* any but LF; `flag`: LF too */
    OP_SPLIT,  /* first x, then y; both relative */
    OP_JUMP,   /* x: relative */
    OP_SAVE,   /* x: position to keep */
    OP_ASSERT, /* x: enum assertion */
    OP_MATCH,
};

enum assertion {
    ASSERT_TEXT_START,
    ASSERT_TEXT_END,
    ASSERT_LINE_START,
    ASSERT_LINE_END,
    ASSERT_WORD_EDGE,
    ASSERT_NOT_WORD_EDGE,
};

struct instruction {
    uint8_t op;
    bool flag; /* OP_CHAR: x is folded, case does not matter */
    int32_t x, y;
};

struct range {
    uint32_t first, last;
};

/* A range of a class. In `\\w` and its like case counts even where it else does not. */
struct class_range {
    struct range of;
    bool fold;
};

struct class
{
    uint32_t start, count; /* in ranges */
    bool negated;
};

VEC_DEFINE(program_vec, struct instruction);
VEC_DEFINE(range_vec, struct class_range);
VEC_DEFINE(class_vec, struct class);

struct regex_linear {
    struct program_vec program;
    struct range_vec ranges;
    struct class_vec classes;
    uint32_t groups;
};

struct compiler {
    struct regex_linear *re;
    const char *in;
    size_t len, at;
    bool fold, lines, dot_all; /* flags i m s */
    bool failed;
};

static void alternatives(struct compiler *c);
static void sequence(struct compiler *c);
static bool atom(struct compiler *c);
static void group(struct compiler *c);
static void escape(struct compiler *c);
static void bracket(struct compiler *c);
static void quantify(struct compiler *c, size_t start);

struct regex_linear *regex_linear_new(const char *pattern, size_t len)
{
    struct regex_linear *re = mem_alloc_zero(1, sizeof(*re));
    if (re == NULL)
        return NULL;
    struct compiler c = {.re = re, .in = pattern, .len = len};
    alternatives(&c);
    struct instruction match = {.op = OP_MATCH};
    size_t captures = 2 * ((size_t)re->groups + 1);
    if (c.failed || c.at != len || !program_vec_push(&re->program, match) ||
        re->program.len * captures > REGEX_LINEAR_MAX_CAPTURES) {
        regex_linear_free(re);
        return NULL;
    }
    return re;
}

void regex_linear_free(struct regex_linear *re)
{
    if (re == NULL)
        return;
    program_vec_done(&re->program);
    range_vec_done(&re->ranges);
    class_vec_done(&re->classes);
    mem_free(re);
}

uint32_t regex_linear_groups(const struct regex_linear *re)
{
    return re->groups;
}

/* ---- compiling: all jumps are relative, so a piece of program can be moved --------- */

static void emit(struct compiler *c, enum opcode op, int32_t x, int32_t y)
{
    struct instruction i = {.op = (uint8_t)op, .x = x, .y = y};
    if (op == OP_CHAR && c->fold) {
        i.x = (int32_t)unicode_fold((uint32_t)x);
        i.flag = true;
    } else if (op == OP_ANY) {
        i.flag = c->dot_all;
    }
    if (c->re->program.len >= REGEX_LINEAR_MAX_PROGRAM ||
        !program_vec_push(&c->re->program, i))
        c->failed = true;
}

static void insert_split(struct compiler *c, size_t at, int32_t x, int32_t y)
{
    struct instruction i = {.op = OP_SPLIT, .x = x, .y = y};
    if (c->re->program.len >= REGEX_LINEAR_MAX_PROGRAM ||
        !program_vec_insert(&c->re->program, at, i))
        c->failed = true;
}

/* A pattern may hold NUL, which strchr would find at the end of `set`. */
static bool is_one_of(const char *set, char byte)
{
    return byte != '\0' && strchr(set, byte) != NULL;
}

static int32_t length_from(const struct compiler *c, size_t start)
{
    return (int32_t)(c->re->program.len - start);
}

/* Up to `)` or the end. Flags set inside end here. */
static void alternatives(struct compiler *c)
{
    bool fold = c->fold, lines = c->lines, dot_all = c->dot_all;
    int32_t last_jump =
        -1; /* jumps to the end; each holds the place of the one before */
    for (;;) {
        size_t start = c->re->program.len;
        sequence(c);
        if (c->failed || c->at == c->len || c->in[c->at] != '|')
            break;
        c->at++;
        insert_split(c, start, 1, length_from(c, start) + 2);
        emit(c, OP_JUMP, last_jump, 0);
        last_jump = length_from(c, 1);
    }
    while (last_jump >= 0 && !c->failed) {
        struct instruction *jump = &c->re->program.data[last_jump];
        int32_t before = jump->x;
        jump->x = length_from(c, (size_t)last_jump);
        last_jump = before;
    }
    c->fold = fold;
    c->lines = lines;
    c->dot_all = dot_all;
}

static void sequence(struct compiler *c)
{
    while (!c->failed && c->at < c->len && c->in[c->at] != '|' && c->in[c->at] != ')') {
        size_t start = c->re->program.len;
        if (atom(c))
            quantify(c, start);
    }
}

/* False for what takes no quantifier: a change of flags. */
static bool atom(struct compiler *c)
{
    char byte = c->in[c->at];
    switch (byte) {
    case '(':
        if (c->len - c->at >= 2 && c->in[c->at + 1] == '?') {
            size_t end = c->at + 2;
            while (end < c->len && is_one_of("ims-", c->in[end]))
                end++;
            if (end < c->len && c->in[end] == ')') {
                group(c);
                return false;
            }
        }
        group(c);
        return true;
    case '[': bracket(c); return true;
    case '\\': escape(c); return true;
    case '.':
        c->at++;
        emit(c, OP_ANY, 0, 0);
        return true;
    case '^':
        c->at++;
        emit(c, OP_ASSERT, c->lines ? ASSERT_LINE_START : ASSERT_TEXT_START, 0);
        return true;
    case '$':
        c->at++;
        emit(c, OP_ASSERT, c->lines ? ASSERT_LINE_END : ASSERT_TEXT_END, 0);
        return true;
    default: break;
    }
    uint32_t point = 0;
    size_t n = utf8_decode(c->in + c->at, c->len - c->at, &point);
    if (n == 0)
        c->failed = true;
    c->at += n;
    emit(c, OP_CHAR, (int32_t)point, 0);
    return true;
}

/* From `(`: a capture, `(?:`, `(?flags:`, `(?flags)`, `(?P<name>`, `(?<name>`. */
static void group(struct compiler *c)
{
    bool fold = c->fold, lines = c->lines, dot_all = c->dot_all;
    int32_t number = 0;
    c->at++;
    if (c->at < c->len && c->in[c->at] == '?') {
        c->at++;
        bool on = true;
        for (; c->at < c->len && is_one_of("ims-", c->in[c->at]); c->at++) {
            switch (c->in[c->at]) {
            case 'i': c->fold = on; break;
            case 'm': c->lines = on; break;
            case 's': c->dot_all = on; break;
            default: on = false; break;
            }
        }
        if (c->at == c->len) {
            c->failed = true;
            return;
        }
        if (c->in[c->at] == ')') {
            c->at++;
            return; /* until the end of the group around */
        }
        if (c->in[c->at] == ':') {
            c->at++;
        } else {
            while (c->at < c->len && c->in[c->at] != '>')
                c->at++;
            c->at++;
            number = (int32_t)++c->re->groups;
        }
    } else {
        number = (int32_t)++c->re->groups;
    }
    if (number > 0)
        emit(c, OP_SAVE, 2 * number, 0);
    alternatives(c);
    if (number > 0)
        emit(c, OP_SAVE, 2 * number + 1, 0);
    if (c->at >= c->len || c->in[c->at] != ')')
        c->failed = true;
    c->at++;
    c->fold = fold;
    c->lines = lines;
    c->dot_all = dot_all;
}

/* ---- quantifiers ----------------------------------------------------------------- */

static uint32_t number(struct compiler *c)
{
    uint32_t n = 0;
    for (; c->at < c->len && c->in[c->at] >= '0' && c->in[c->at] <= '9'; c->at++)
        if (n <= REGEX_LINEAR_MAX_PROGRAM)
            n = n * 10 + (uint32_t)(c->in[c->at] - '0');
    return n;
}

/* A split that prefers `stay` unless lazy. */
static void order_split(struct instruction *split, bool lazy)
{
    if (lazy) {
        int32_t x = split->x;
        split->x = split->y;
        split->y = x;
    }
}

/* piece* where the piece is the program from `start` on. */
static void make_star(struct compiler *c, size_t start, bool lazy)
{
    int32_t n = length_from(c, start);
    insert_split(c, start, 1, n + 2);
    emit(c, OP_JUMP, -(n + 1), 0);
    if (!c->failed)
        order_split(&c->re->program.data[start], lazy);
}

static void append_copy(struct compiler *c, const struct instruction *piece, size_t n)
{
    if (c->failed || c->re->program.len + n > REGEX_LINEAR_MAX_PROGRAM ||
        !program_vec_append(&c->re->program, piece, n))
        c->failed = true;
}

/* piece{low,high}, written out. */
static void make_counted(struct compiler *c, size_t start, uint32_t low, uint32_t high,
                         bool endless, bool lazy)
{
    size_t n = c->re->program.len - start;
    struct instruction *piece = mem_alloc(n * sizeof(*piece) + 1);
    if (piece == NULL) {
        c->failed = true;
        return;
    }
    memcpy(piece, c->re->program.data + start, n * sizeof(*piece));
    c->re->program.len = start;
    for (uint32_t i = 0; i < low && !c->failed; i++)
        append_copy(c, piece, n);
    if (endless) {
        size_t tail = c->re->program.len;
        append_copy(c, piece, n);
        if (!c->failed)
            make_star(c, tail, lazy);
    }
    for (uint32_t left = high > low ? high - low : 0; left > 0 && !c->failed; left--) {
        /* Leaving jumps over all the copies still to come. */
        uint64_t rest = (uint64_t)left * (n + 1);
        if (rest > REGEX_LINEAR_MAX_PROGRAM) {
            c->failed = true;
            break;
        }
        size_t split = c->re->program.len;
        emit(c, OP_SPLIT, 1, (int32_t)rest);
        if (!c->failed)
            order_split(&c->re->program.data[split], lazy);
        append_copy(c, piece, n);
    }
    mem_free(piece);
}

static void quantify(struct compiler *c, size_t start)
{
    if (c->failed || c->at == c->len || !is_one_of("*+?{", c->in[c->at]))
        return;
    char kind = c->in[c->at++];
    uint32_t low = 0, high = 0;
    bool endless = false;
    if (kind == '{') {
        low = high = number(c);
        if (c->at < c->len && c->in[c->at] == ',') {
            c->at++;
            endless = c->at < c->len && c->in[c->at] == '}';
            high = endless ? low : number(c);
        }
        c->at++;
    }
    bool lazy = c->at < c->len && c->in[c->at] == '?';
    c->at += lazy;
    int32_t n = length_from(c, start);
    switch (kind) {
    case '*': make_star(c, start, lazy); break;
    case '?':
        insert_split(c, start, 1, n + 1);
        if (!c->failed)
            order_split(&c->re->program.data[start], lazy);
        break;
    case '+':
        emit(c, OP_SPLIT, -n, 1);
        if (!c->failed)
            order_split(program_vec_last(&c->re->program), lazy);
        break;
    default: make_counted(c, start, low, high, endless, lazy); break;
    }
}

/* ---- escapes and classes ----------------------------------------------------------- */

static void add_range(struct compiler *c, uint32_t first, uint32_t last, bool fold)
{
    struct class_range r = {{first, last}, fold};
    if (!range_vec_push(&c->re->ranges, r))
        c->failed = true;
}

static void add_ranges(struct compiler *c, const struct range *ranges, size_t n,
                       bool negated)
{
    uint32_t next = 0;
    for (size_t i = 0; i < n; i++) {
        if (!negated)
            add_range(c, ranges[i].first, ranges[i].last, false);
        else if (ranges[i].first > next)
            add_range(c, next, ranges[i].first - 1, false);
        next = ranges[i].last + 1;
    }
    if (negated)
        add_range(c, next, UTF8_MAX_CODE_POINT, false);
}

/* \d \w \s and their negations; false for other letters. */
static bool class_escape(struct compiler *c, char letter)
{
    static const struct range digits[] = {{'0', '9'}};
    static const struct range words[] = {
        {'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
    static const struct range spaces[] = {{9, 13}, {' ', ' '}};
    switch (letter) {
    case 'd':
    case 'D': add_ranges(c, digits, 1, letter == 'D'); return true;
    case 'w':
    case 'W': add_ranges(c, words, 4, letter == 'W'); return true;
    case 's':
    case 'S': add_ranges(c, spaces, 2, letter == 'S'); return true;
    default: return false;
    }
}

/* The code point of an escape behind its backslash: \x{..} \xHH \n ... or itself. */
static uint32_t escaped_point(struct compiler *c)
{
    char letter = c->in[c->at++];
    switch (letter) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'f': return '\f';
    case 'a': return '\a';
    case 'x': break;
    default: return (unsigned char)letter;
    }
    bool braces = c->at < c->len && c->in[c->at] == '{';
    uint32_t point = 0;
    c->at += braces;
    for (int i = 0; c->at < c->len && (braces ? c->in[c->at] != '}' : i < 2); i++) {
        char digit = c->in[c->at++];
        point = point * 16 +
                (uint32_t)(digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10);
    }
    c->at += braces;
    return point;
}

static void end_class(struct compiler *c, uint32_t start, bool negated)
{
    struct class made = {start, (uint32_t)c->re->ranges.len - start, negated};
    if (!class_vec_push(&c->re->classes, made))
        c->failed = true;
    emit(c, OP_CLASS, (int32_t)c->re->classes.len - 1, 0);
}

static void escape(struct compiler *c)
{
    c->at++;
    if (c->at == c->len) {
        c->failed = true;
        return;
    }
    uint32_t start = (uint32_t)c->re->ranges.len;
    char letter = c->in[c->at];
    if (class_escape(c, letter)) {
        c->at++;
        end_class(c, start, false);
        return;
    }
    switch (letter) {
    case 'b':
        c->at++;
        emit(c, OP_ASSERT, ASSERT_WORD_EDGE, 0);
        return;
    case 'B':
        c->at++;
        emit(c, OP_ASSERT, ASSERT_NOT_WORD_EDGE, 0);
        return;
    case 'A':
        c->at++;
        emit(c, OP_ASSERT, ASSERT_TEXT_START, 0);
        return;
    case 'z':
        c->at++;
        emit(c, OP_ASSERT, ASSERT_TEXT_END, 0);
        return;
    case 'p':
    case 'P': c->failed = true; return;
    default: emit(c, OP_CHAR, (int32_t)escaped_point(c), 0);
    }
}

/* `[:name:]`, from its `[`. */
static void posix_class(struct compiler *c)
{
    static const struct {
        const char *name;
        struct range ranges[4];
        size_t n;
    } known[] = {
        {"alpha", {{'A', 'Z'}, {'a', 'z'}}, 2},
        {"digit", {{'0', '9'}}, 1},
        {"alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}, 3},
        {"upper", {{'A', 'Z'}}, 1},
        {"lower", {{'a', 'z'}}, 1},
        {"space", {{9, 13}, {' ', ' '}}, 2},
        {"blank", {{9, 9}, {' ', ' '}}, 2},
        {"punct", {{33, 47}, {58, 64}, {91, 96}, {123, 126}}, 4},
        {"word", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}, 4},
        {"xdigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}, 3},
        {"cntrl", {{0, 31}, {127, 127}}, 2},
        {"print", {{32, 126}}, 1},
        {"graph", {{33, 126}}, 1},
        {"ascii", {{0, 127}}, 1},
    };
    const char *name = c->in + c->at + 2;
    bool negated = *name == '^';
    name += negated;
    const char *end = memchr(name, ':', c->len - (size_t)(name - c->in));
    size_t n = end != NULL ? (size_t)(end - name) : 0;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (n == strlen(known[i].name) && memcmp(name, known[i].name, n) == 0) {
            /* Where case does not matter these two are `alpha`, the first row. */
            if (c->fold && (strcmp(known[i].name, "upper") == 0 ||
                            strcmp(known[i].name, "lower") == 0))
                i = 0;
            add_ranges(c, known[i].ranges, known[i].n, negated);
            c->at = (size_t)(end - c->in) + 2;
            return;
        }
    }
    c->failed = true;
}

/* One item of a class that may begin a range; false for `\d` and the like. */
static bool class_point(struct compiler *c, uint32_t *point)
{
    if (c->in[c->at] == '\\') {
        c->at++;
        if (c->at == c->len || c->in[c->at] == 'p' || c->in[c->at] == 'P') {
            c->failed = true;
            return false;
        }
        if (class_escape(c, c->in[c->at])) {
            c->at++;
            return false;
        }
        *point = escaped_point(c);
        return true;
    }
    size_t n = utf8_decode(c->in + c->at, c->len - c->at, point);
    if (n == 0)
        c->failed = true;
    c->at += n;
    return n > 0;
}

static void bracket(struct compiler *c)
{
    uint32_t start = (uint32_t)c->re->ranges.len;
    c->at++;
    bool negated = c->at < c->len && c->in[c->at] == '^';
    c->at += negated;
    while (!c->failed && c->at < c->len && c->in[c->at] != ']') {
        uint32_t first = 0, last = 0;
        if (c->in[c->at] == '[' && c->at + 1 < c->len && c->in[c->at + 1] == ':') {
            posix_class(c);
            continue;
        }
        if (!class_point(c, &first))
            continue;
        last = first;
        if (c->len - c->at >= 2 && c->in[c->at] == '-' && c->in[c->at + 1] != ']') {
            size_t hyphen = c->at++;
            if (c->in[c->at] == '[' || !class_point(c, &last)) {
                /* `a-\d`: the hyphen stands for itself. */
                last = first;
                if (c->at == hyphen + 1)
                    c->at = hyphen;
                add_range(c, '-', '-', false);
                if (c->at == hyphen)
                    c->at++;
            }
        }
        add_range(c, first, last, c->fold);
    }
    if (c->at == c->len) {
        c->failed = true;
        return;
    }
    c->at++;
    end_class(c, start, negated);
}

/* ---- running --------------------------------------------------------------------- */

/* Threads in order of priority; a thread is its instruction, which is in a list once. */
struct threads {
    uint32_t *dense, *sparse;
    uint32_t len;
    size_t *captures; /* of the thread at instruction i: captures[i * ncaptures] */
};

/* What is left to do while following jumps: an instruction, or a position to put back. */
struct pending {
    uint32_t pc;
    int32_t restore; /* capture, -1: none */
    size_t old;
};

struct machine {
    const struct regex_linear *re;
    const char *text;
    size_t len;
    size_t ncaptures;
    struct threads now, next;
    struct pending *stack;
    size_t *work; /* captures of the thread being followed */
};

static bool in_range(struct range r, uint32_t c)
{
    return c >= r.first && c <= r.last;
}

static bool in_class(const struct regex_linear *re, const struct class *class,
                     uint32_t c)
{
    uint32_t variants[UNICODE_MAX_VARIANTS];
    unsigned n = 0;
    for (uint32_t i = 0; i < class->count; i++) {
        const struct class_range *r = &re->ranges.data[class->start + i];
        if (in_range(r->of, c))
            return true;
        if (r->fold && n == 0)
            n = unicode_case_variants(c, variants);
        for (unsigned k = 0; r->fold && k < n; k++)
            if (in_range(r->of, variants[k]))
                return true;
    }
    return false;
}

static bool accepts(const struct regex_linear *re, const struct instruction *i,
                    uint32_t c)
{
    switch ((enum opcode)i->op) {
    case OP_CHAR: return (i->flag ? unicode_fold(c) : c) == (uint32_t)i->x;
    case OP_CLASS: {
        const struct class *class = &re->classes.data[i->x];
        return in_class(re, class, c) != class->negated;
    }
    case OP_ANY: return i->flag || c != '\n';
    case OP_SPLIT:
    case OP_JUMP:
    case OP_SAVE:
    case OP_ASSERT:
    case OP_MATCH: break;
    }
    return false;
}

static bool is_word_at(const struct machine *m, size_t at)
{
    if (at >= m->len)
        return false;
    unsigned char c = (unsigned char)m->text[at];
    return (c >= '0' && c <= '9') || c == '_' || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static bool holds(const struct machine *m, enum assertion assertion, size_t at)
{
    bool edge = (at > 0 && is_word_at(m, at - 1)) != is_word_at(m, at);
    switch (assertion) {
    case ASSERT_TEXT_START: return at == 0;
    case ASSERT_TEXT_END: return at == m->len;
    case ASSERT_LINE_START: return at == 0 || m->text[at - 1] == '\n';
    case ASSERT_LINE_END: return at == m->len || m->text[at] == '\n';
    case ASSERT_WORD_EDGE: return edge;
    case ASSERT_NOT_WORD_EDGE: return !edge;
    }
    return false;
}

/* Follows jumps from `pc` and adds the threads that wait for a character (or have matched),
   with the captures in `work`, which are the same afterwards. */
static void add_thread(struct machine *m, struct threads *list, uint32_t pc, size_t at)
{
    size_t top = 0;
    m->stack[top++] = (struct pending){.pc = pc, .restore = -1};
    while (top > 0) {
        struct pending p = m->stack[--top];
        if (p.restore >= 0) {
            m->work[p.restore] = p.old;
            continue;
        }
        uint32_t slot = list->sparse[p.pc];
        if (slot < list->len && list->dense[slot] == p.pc)
            continue;
        list->sparse[p.pc] = list->len;
        list->dense[list->len++] = p.pc;
        const struct instruction *i = &m->re->program.data[p.pc];
        switch ((enum opcode)i->op) {
        case OP_SPLIT:
            m->stack[top++] =
                (struct pending){.pc = (uint32_t)((int32_t)p.pc + i->y), .restore = -1};
            m->stack[top++] =
                (struct pending){.pc = (uint32_t)((int32_t)p.pc + i->x), .restore = -1};
            break;
        case OP_JUMP:
            m->stack[top++] =
                (struct pending){.pc = (uint32_t)((int32_t)p.pc + i->x), .restore = -1};
            break;
        case OP_SAVE:
            m->stack[top++] = (struct pending){.restore = i->x, .old = m->work[i->x]};
            m->work[i->x] = at;
            m->stack[top++] = (struct pending){.pc = p.pc + 1, .restore = -1};
            break;
        case OP_ASSERT:
            if (holds(m, (enum assertion)i->x, at))
                m->stack[top++] = (struct pending){.pc = p.pc + 1, .restore = -1};
            break;
        case OP_CHAR:
        case OP_CLASS:
        case OP_ANY:
        case OP_MATCH:
            memcpy(list->captures + p.pc * m->ncaptures, m->work,
                   m->ncaptures * sizeof(*m->work));
            break;
        }
    }
}

/* One character for every thread of `now`; true when one of them has matched, its captures
   are then in `ends`, and threads of less priority are gone. */
static bool step(struct machine *m, size_t at, size_t n, uint32_t c, size_t *ends)
{
    for (uint32_t k = 0; k < m->now.len; k++) {
        uint32_t pc = m->now.dense[k];
        const struct instruction *i = &m->re->program.data[pc];
        const size_t *captures = m->now.captures + pc * m->ncaptures;
        if (i->op == OP_MATCH) {
            memcpy(ends, captures, m->ncaptures * sizeof(*ends));
            ends[1] = at;
            return true;
        }
        if (n > 0 && accepts(m->re, i, c)) {
            memcpy(m->work, captures, m->ncaptures * sizeof(*m->work));
            add_thread(m, &m->next, pc + 1, at + n);
        }
    }
    return false;
}

/* False when *stop became not 0 on the way. */
static bool run(struct machine *m, size_t from, size_t *ends, bool *found,
                const volatile int *stop)
{
    bool matched = false;
    for (size_t at = from, steps = 0;; steps++) {
        if (steps % STOP_STEPS == 0 && stop != NULL &&
            __atomic_load_n(stop, __ATOMIC_RELAXED) != 0)
            return false;
        uint32_t c = 0;
        size_t n = at < m->len ? utf8_decode(m->text + at, m->len - at, &c) : 0;
        if (!matched) {
            for (size_t i = 0; i < m->ncaptures; i++)
                m->work[i] = REGEX_LINEAR_UNSET;
            m->work[0] = at;
            add_thread(m, &m->now, 0, at);
        }
        if (m->now.len == 0)
            break;
        m->next.len = 0;
        matched = step(m, at, n, c, ends) || matched;
        struct threads swap = m->now;
        m->now = m->next;
        m->next = swap;
        if (n == 0)
            break;
        at += n;
    }
    *found = matched;
    return true;
}

bool regex_linear_find(const struct regex_linear *re, const char *text, size_t len,
                       size_t from, size_t *ends, bool *found, const volatile int *stop)
{
    size_t n = re->program.len, ncaptures = 2 * ((size_t)re->groups + 1);
    struct machine m = {.re = re, .text = text, .len = len, .ncaptures = ncaptures};
    /* One block: captures of both lists and work, then dense and sparse, then the stack. */
    size_t captures = (2 * n + 1) * ncaptures;
    size_t bytes = captures * sizeof(size_t) + 3 * n * sizeof(struct pending) +
                   sizeof(struct pending) + 4 * n * sizeof(uint32_t);
    char *block = mem_alloc_zero(1, bytes);
    size_t *result = mem_alloc_zero(ncaptures, sizeof(*result));
    if (block == NULL || result == NULL) {
        mem_free(block);
        mem_free(result);
        return false;
    }
    m.now.captures = (size_t *)(void *)block;
    m.next.captures = m.now.captures + n * ncaptures;
    m.work = m.next.captures + n * ncaptures;
    m.stack = (struct pending *)(void *)(m.work + ncaptures);
    m.now.dense = (uint32_t *)(void *)(m.stack + 3 * n + 1);
    m.now.sparse = m.now.dense + n;
    m.next.dense = m.now.sparse + n;
    m.next.sparse = m.next.dense + n;
    bool ended = run(&m, from, result, found, stop);
    if (ended && *found)
        memcpy(ends, result, ncaptures * sizeof(*ends));
    mem_free(block);
    mem_free(result);
    return ended;
}

#include "config.h"

#include "bytecode/disasm.h"

#include <inttypes.h>

#include "base/strbuf.h"
#include "bytecode/chunk.h"
#include "core/builtin.h"

/* Longest text of a constant in a listing. */
#define DISASM_TEXT 40

static void put_insn(const struct chunk *c, uint32_t at, bool meaning,
                     struct strbuf *out);

bool disasm_chunk(const struct chunk *c, bool meaning, struct strbuf *out)
{
    strbuf_append_format(out, "function %s: %u variables, %u registers\n",
                         c->proto->name, c->nlocals, c->nregs);
    for (uint32_t i = 0; i < c->ncode; i++)
        put_insn(c, i, meaning, out);
    for (uint32_t i = 0; i < c->nhandlers; i++) {
        const struct chunk_handler *h = &c->handlers[i];
        strbuf_append_format(out, "  handler %u..%u -> %u\n", h->start, h->end,
                             h->target);
    }
    return !strbuf_failed(out);
}

static void put_register(const struct chunk *c, uint32_t index, struct strbuf *out)
{
    if (index < c->nlocals)
        strbuf_append_format(out, "r%u", index);
    else
        strbuf_append_format(out, "t%u", index - c->nlocals);
}

static void put_text(const struct string *s, struct strbuf *out)
{
    strbuf_append_char(out, '"');
    for (size_t i = 0; i < s->len && i < DISASM_TEXT; i++) {
        unsigned char ch = (unsigned char)s->data[i];
        if (ch == '"' || ch == '\\')
            strbuf_append_format(out, "\\%c", ch);
        else if (ch < 0x20 || ch == 0x7f)
            strbuf_append_format(out, "\\x%02x", ch);
        else
            strbuf_append_char(out, (char)ch);
    }
    strbuf_append_str(out, s->len > DISASM_TEXT ? "...\"" : "\"");
}

static void put_constant(const struct chunk *c, uint32_t index, struct strbuf *out)
{
    if (index >= c->nconstants) {
        strbuf_append_format(out, "k%u?", index);
        return;
    }
    struct value v = c->constants[index];
    switch (v.kind) {
    case VALUE_NULL: strbuf_append_str(out, "null"); return;
    case VALUE_BOOL: strbuf_append_str(out, v.as.boolean ? "true" : "false"); return;
    case VALUE_INT: strbuf_append_format(out, "%" PRId64, v.as.integer); return;
    case VALUE_FLOAT: strbuf_append_format(out, "%.17gf", v.as.number); return;
    case VALUE_NONE: strbuf_append_str(out, "None"); return;
    case VALUE_BUILTIN: strbuf_append_str(out, v.as.builtin->name); return;
    case VALUE_STRING: put_text(STRING_OF(v), out); return;
    default: strbuf_append_str(out, "?"); return;
    }
}

static void put_path(const struct chunk *c, uint32_t index, struct strbuf *out)
{
    if (index >= c->npaths)
        return;
    const struct chunk_path *path = &c->paths[index];
    for (uint32_t i = 0; i < path->count; i++) {
        if (path->names[i] == NULL)
            strbuf_append_str(out, "[]");
        else
            strbuf_append_format(out, ".%s", path->names[i]->data);
    }
}

static const char *operator_name(uint16_t op)
{
    static const char *const names[] = {
        "+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">="};
    return op < sizeof names / sizeof names[0] ? names[op] : "?";
}

static void put_operand(const struct chunk *c, uint32_t at, uint8_t kind,
                        uint16_t operand, bool taken, struct strbuf *out)
{
    const struct insn *i = &c->code[at];
    strbuf_append_char(out, ' ');
    switch ((enum operand_kind)kind) {
    case OPERAND_NONE: break;
    case OPERAND_WRITE:
    case OPERAND_READ:
    case OPERAND_BOTH:
    case OPERAND_FIRST: put_register(c, REG_INDEX(operand), out); break;
    case OPERAND_CONST: put_constant(c, REG_INDEX(operand), out); break;
    case OPERAND_WCONST: put_constant(c, insn_wide(i), out); break;
    case OPERAND_XCONST: put_constant(c, (uint32_t)i->x, out); break;
    case OPERAND_IMM: strbuf_append_format(out, "%d", (int16_t)operand); break;
    case OPERAND_XIMM: strbuf_append_format(out, "%" PRId32, i->x); break;
    case OPERAND_JUMP:
    case OPERAND_XJUMP:
        strbuf_append_format(out, "->%u", chunk_jump_target(c->code, at));
        break;
    case OPERAND_COUNT: strbuf_append_format(out, "%u", operand); break;
    case OPERAND_WCOUNT: strbuf_append_format(out, "%" PRIu32, insn_wide(i)); break;
    case OPERAND_OPERATOR: strbuf_append_str(out, operator_name(operand)); break;
    case OPERAND_BUILTIN:
        strbuf_append_format(out, "builtin %u/%u", operand, i->d);
        break;
    case OPERAND_CACHE:
        strbuf_append_format(out, ".%s", c->caches[operand].name->data);
        break;
    case OPERAND_PATH: put_path(c, insn_wide(i), out); break;
    case OPERAND_LITERAL:
        strbuf_append_format(out, "%s{%u}", c->literals[insn_wide(i)].name->data,
                             c->literals[insn_wide(i)].count);
        break;
    case OPERAND_STRUCTDEF:
        strbuf_append_str(out, c->structdefs[insn_wide(i)].name);
        break;
    case OPERAND_XGLOBAL:
        strbuf_append_format(out, "g%" PRId32 " (%s)", i->x,
                             c->proto->unit->global_names[i->x]);
        break;
    case OPERAND_XCOUNT: strbuf_append_format(out, "%" PRId32, i->x); break;
    case OPERAND_XCLOSURE:
        strbuf_append_str(out, c->closures[i->x].proto->profile_name);
        break;
    }
    if (taken)
        strbuf_append_char(out, '!');
}

static void put_ext(const struct chunk *c, uint32_t at, struct strbuf *out)
{
    static const char *const places[] = {"", "cell ", "capture ", "global "};
    const struct insn *i = &c->code[at];
    uint8_t owner = c->code[at - 1].op;
    strbuf_append_char(out, ' ');
    if (owner == OP_TAGGED || owner == OP_IMPORT) {
        put_constant(c, (uint32_t)i->x, out);
        return;
    }
    strbuf_append_str(out, places[i->d & 3]);
    if (i->d == PLACE_LOCAL || i->d == PLACE_CELL)
        put_register(c, insn_ext_index(i), out);
    else
        strbuf_append_format(out, "%" PRIu32, insn_ext_index(i));
    if (i->a != 0)
        put_path(c, i->a - 1u, out);
}

static void put_insn(const struct chunk *c, uint32_t at, bool meaning,
                     struct strbuf *out)
{
    const struct insn *i = &c->code[at];
    const struct opcode_info *info = &opcode_table[i->op];
    uint32_t line = source_ref_line(c->proto->source, c->positions[at]);
    strbuf_append_format(out, "%5u  line %-4u", at, line);
    if (c->counts != NULL)
        strbuf_append_format(out, " %10" PRIu64, c->counts[at]);
    size_t start = out->len;
    strbuf_append_format(out, " %-11s", info->name);
    if (i->op == OP_EXT) {
        put_ext(c, at, out);
    } else {
        bool takes =
            (info->flags & (OPCODE_TAKES_A | OPCODE_TAKES_B | OPCODE_TAKES_C)) != 0;
        if (info->a != OPERAND_NONE)
            put_operand(c, at, info->a, i->a, takes && (i->d & INSN_TAKE_A) != 0, out);
        if (info->b != OPERAND_NONE)
            put_operand(c, at, info->b, i->b, takes && (i->d & INSN_TAKE_B) != 0, out);
        if (info->c != OPERAND_NONE)
            put_operand(c, at, info->c, i->c, takes && (i->d & INSN_TAKE_C) != 0, out);
        if (takes && (i->d & INSN_SWAPPED) != 0)
            strbuf_append_str(out, " swapped");
    }
    if (meaning) {
        size_t width = out->len - start;
        strbuf_append_repeat(out, ' ', width < 40 ? 40 - width : 1);
        strbuf_append_format(out, " ; %s", info->meaning);
    }
    strbuf_append_char(out, '\n');
}

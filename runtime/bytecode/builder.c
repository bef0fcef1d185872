#include "config.h"

#include "bytecode/builder.h"

#include <string.h>

#include "base/sizing.h"

static uint32_t intern(struct builder *b, uint64_t hash, struct value v,
                       const char *bytes, size_t len);
static bool same_constant(struct value have, struct value v, const char *bytes,
                          size_t len);
static bool grow_index(struct builder *b);
static uint64_t constant_hash(const struct builder *b, struct value v);

void builder_init(struct builder *b, struct hash_key key, struct arena *arena,
                  void *room)
{
    *b = (struct builder){.key = key, .arena = arena};
    arena_init_on(&b->temp, room, BUILDER_ROOM);
}

void builder_done(struct builder *b)
{
    for (size_t i = 0; i < b->constants.len; i++) {
        if (b->constants.data[i].kind == VALUE_STRING)
            string_constant_free(STRING_OF(b->constants.data[i]));
    }
    arena_done(&b->temp);
}

void builder_refuse(struct builder *b, enum builder_refusal why)
{
    if (b->refusal != BUILDER_OK)
        return;
    b->refusal = why;
    if (b->positions.len > 0)
        b->refused_at = b->positions.data[b->positions.len - 1];
}

const char *builder_refusal_text(enum builder_refusal why)
{
    switch (why) {
    case BUILDER_OK: return "no reason";
    case BUILDER_NO_MEMORY: return "memory is out";
    case BUILDER_REGISTERS:
        return "it needs more than 32767 variables and values at once";
    case BUILDER_TABLE: return "it has too many literals or names";
    case BUILDER_LONG_JUMP: return "a jump is too long";
    case BUILDER_DEPTH: return "it is nested too deep";
    }
    return "unknown reason";
}

uint32_t builder_emit(struct builder *b, struct insn i, uint32_t position)
{
    uint32_t index = (uint32_t)b->code.len;
    if (b->code.len >= INT32_MAX / 2)
        builder_refuse(b, BUILDER_TABLE);
    if (!insn_vec_push(&b->temp, &b->code, i) ||
        !position_vec_push(&b->temp, &b->positions, position))
        builder_refuse(b, BUILDER_NO_MEMORY);
    return index;
}

void builder_patch(struct builder *b, uint32_t index, uint32_t target)
{
    if (index < b->code.len && !chunk_set_jump(b->code.data, index, target))
        builder_refuse(b, BUILDER_LONG_JUMP);
}

/* ---- constants ------------------------------------------------------------------------ */

uint32_t builder_constant(struct builder *b, struct value v)
{
    return intern(b, hash_mix_u64(v.as.bits ^ ((uint64_t)v.kind << 56)), v, NULL, 0);
}

uint32_t builder_string(struct builder *b, const char *bytes, size_t len)
{
    return intern(b, hash_bytes(&b->key, bytes, len), value_unset(), bytes, len);
}

struct string *builder_string_at(const struct builder *b, uint32_t index)
{
    if (index >= b->constants.len || b->constants.data[index].kind != VALUE_STRING)
        return NULL;
    return STRING_OF(b->constants.data[index]);
}

static uint32_t intern(struct builder *b, uint64_t hash, struct value v,
                       const char *bytes, size_t len)
{
    if ((b->constants.len + 1) * 2 > b->constant_mask && !grow_index(b)) {
        builder_refuse(b, BUILDER_NO_MEMORY);
        return 0;
    }
    size_t at = (size_t)hash & b->constant_mask;
    while (b->constant_index[at] != 0) {
        uint32_t index = b->constant_index[at] - 1;
        if (same_constant(b->constants.data[index], v, bytes, len))
            return index;
        at = (at + 1) & b->constant_mask;
    }
    if (bytes != NULL) {
        struct string *s = string_constant_new(&b->key, bytes, len);
        if (s == NULL) {
            builder_refuse(b, BUILDER_NO_MEMORY);
            return 0;
        }
        v = string_value(s);
    }
    if (!constant_cache_vec_push(&b->temp, &b->cache_of_constant, 0) ||
        !constant_vec_push(&b->temp, &b->constants, v)) {
        if (bytes != NULL)
            string_constant_free(STRING_OF(v));
        builder_refuse(b, BUILDER_NO_MEMORY);
        return 0;
    }
    b->constant_index[at] = (uint32_t)b->constants.len;
    return (uint32_t)b->constants.len - 1;
}

/* Floats are compared by bits: 0.0 and -0.0 are different constants. */
static bool same_constant(struct value have, struct value v, const char *bytes,
                          size_t len)
{
    if (bytes == NULL)
        return have.kind == v.kind && have.as.bits == v.as.bits;
    if (have.kind != VALUE_STRING)
        return false;
    const struct string *s = STRING_OF(have);
    return s->len == len && memcmp(s->data, bytes, len) == 0;
}

static bool grow_index(struct builder *b)
{
    size_t size =
        b->constant_mask == 0 ? SIZE_OR_TINY(64, 2) : (b->constant_mask + 1) * 2;
    uint32_t *index = arena_alloc_zero(&b->temp, size, sizeof *index);
    if (index == NULL)
        return false;
    for (size_t i = 0; i < b->constants.len; i++) {
        size_t at = (size_t)constant_hash(b, b->constants.data[i]) & (size - 1);
        while (index[at] != 0)
            at = (at + 1) & (size - 1);
        index[at] = (uint32_t)i + 1;
    }
    b->constant_index = index;
    b->constant_mask = size - 1;
    return true;
}

static uint64_t constant_hash(const struct builder *b, struct value v)
{
    if (v.kind == VALUE_STRING)
        return hash_bytes(&b->key, STRING_OF(v)->data, STRING_OF(v)->len);
    return hash_mix_u64(v.as.bits ^ ((uint64_t)v.kind << 56));
}

uint16_t builder_cache(struct builder *b, const char *name, size_t len)
{
    uint32_t constant = builder_string(b, name, len);
    if (b->refusal != BUILDER_OK)
        return 0;
    uint32_t *newest = &b->cache_of_constant.data[constant];
    if (b->caches.len >= BUILDER_SHARED_CACHE && *newest != 0)
        return (uint16_t)(*newest - 1);
    if (b->caches.len > BUILDER_SHARED_CACHE)
        return BUILDER_SHARED_CACHE;
    struct inline_cache cache = {.name = builder_string_at(b, constant)};
    if (!cache_vec_push(&b->temp, &b->caches, cache)) {
        builder_refuse(b, BUILDER_NO_MEMORY);
        return 0;
    }
    if (b->caches.len <= BUILDER_SHARED_CACHE)
        *newest = (uint32_t)b->caches.len;
    return (uint16_t)(b->caches.len - 1);
}

/* ---- end ------------------------------------------------------------------------------ */

/* Copies a vector into the chunk's arena; NULL without memory or elements. */
static void *settle(struct builder *b, const void *data, size_t count, size_t size)
{
    void *copy = count == 0 ? NULL : arena_memdup(b->arena, data, count * size);
    if (copy == NULL && count != 0)
        builder_refuse(b, BUILDER_NO_MEMORY);
    return copy;
}

struct chunk *builder_finish(struct builder *b, struct proto *p, uint32_t nlocals,
                             uint32_t nregs)
{
    if (b->refusal != BUILDER_OK)
        return NULL;
    struct chunk *c = arena_alloc_zero(b->arena, 1, sizeof *c);
    if (c == NULL) {
        builder_refuse(b, BUILDER_NO_MEMORY);
        return NULL;
    }
    c->ncode = (uint32_t)b->code.len;
    c->code = settle(b, b->code.data, b->code.len, sizeof(struct insn));
    c->positions = settle(b, b->positions.data, b->positions.len, sizeof(uint32_t));
    c->constants = settle(b, b->constants.data, b->constants.len, sizeof(struct value));
    c->caches = settle(b, b->caches.data, b->caches.len, sizeof(struct inline_cache));
    c->handlers =
        settle(b, b->handlers.data, b->handlers.len, sizeof(struct chunk_handler));
    c->paths = settle(b, b->paths.data, b->paths.len, sizeof(struct chunk_path));
    c->literals =
        settle(b, b->literals.data, b->literals.len, sizeof(struct chunk_literal));
    c->structdefs = settle(b, b->structdefs.data, b->structdefs.len,
                           sizeof(struct chunk_structdef));
    c->closures =
        settle(b, b->closures.data, b->closures.len, sizeof(struct chunk_closure));
    if (b->refusal != BUILDER_OK)
        return NULL;
    c->nconstants = (uint32_t)b->constants.len;
    c->ncaches = (uint32_t)b->caches.len;
    c->nhandlers = (uint32_t)b->handlers.len;
    c->npaths = (uint32_t)b->paths.len;
    c->nliterals = (uint32_t)b->literals.len;
    c->nstructdefs = (uint32_t)b->structdefs.len;
    c->nclosures = (uint32_t)b->closures.len;
    c->proto = p;
    c->nlocals = nlocals;
    c->nregs = nregs;
    b->constants.len = 0;
    return c;
}

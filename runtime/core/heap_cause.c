#include "config.h"

#include "core/heap.h"

const char *heap_cause_name(enum heap_cause cause)
{
    switch (cause) {
    case HEAP_STRING: return "string";
    case HEAP_STRING_CONCAT: return "string concatenation";
    case HEAP_STRING_GROW: return "string growth";
    case HEAP_ARRAY: return "array";
    case HEAP_ARRAY_GROW: return "array growth";
    case HEAP_ARRAY_WIDEN: return "array widening";
    case HEAP_COPY_ON_WRITE: return "copy on write";
    case HEAP_DICT: return "dict";
    case HEAP_DICT_GROW: return "dict growth";
    case HEAP_STRUCT: return "struct";
    case HEAP_CLOSURE: return "closure";
    case HEAP_CELL: return "captured variable";
    case HEAP_BOX: return "result, option or tagged value";
    case HEAP_ITERATOR: return "iterator";
    case HEAP_GENERATOR: return "generator";
    case HEAP_COLLECTION: return "set, queue or stack";
    case HEAP_BYTES: return "bytes";
    case HEAP_BUILTIN: return "builtin";
    case HEAP_CAUSE_COUNT: break;
    }
    return "unknown";
}

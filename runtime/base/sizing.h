/*
 * The one choice between usual and tiny sizes.
 *
 * A mistake at the edge of a buffer, a table or a block shows only where the edge is crossed,
 * and usual sizes are chosen so that it seldom is. In a build with --enable-hard-tests all
 * that refills, grows or flushes begins at a size that ordinary tests cross again and again, and
 * where a small and a large amount are treated in two ways, the small one ends early:
 *
 *     #define INPUT_CHUNK_BYTES SIZE_OR_TINY(4096, 5)
 *
 * The tiny size must be correct, only slow: what a table needs to end its searches (an empty
 * slot, a power of two) it keeps. Limits of the language and of file formats are no sizes in
 * this sense and are the same in every build. tests/unit/sizing_test.c shows that a hard
 * build has the tiny ones.
 */
#ifndef BASE_SIZING_H
#define BASE_SIZING_H

/* Both are evaluated at compile time when they are constants. */
#ifdef RUFF_HARD_TESTS
#    define SIZE_OR_TINY(usual, tiny) (tiny)
#else
#    define SIZE_OR_TINY(usual, tiny) (usual)
#endif

#endif

/*
 * cover.c - which basic blocks ran: one byte per byte of program text, in the file $COVER,
 * shared, so that it is complete however the program ends. For mutants.py only.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern char __executable_start, etext; /* from the linker */

void __sanitizer_cov_trace_pc(void); /* gcc calls it at the start of each block */

static unsigned char *blocks;

static size_t text_size(void)
{
    return (size_t)(&etext - &__executable_start);
}

__attribute__((constructor(101))) static void open_file(void)
{
    const char *name = getenv("COVER");
    int fd = name == NULL ? -1 : open(name, O_RDWR | O_CREAT, 0644);
    void *map = MAP_FAILED;

    if (fd < 0)
        return;
    if (ftruncate(fd, (off_t)text_size()) == 0)
        map = mmap(NULL, text_size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED)
        blocks = map;
    close(fd);
}

void __sanitizer_cov_trace_pc(void)
{
    size_t at = (size_t)((char *)__builtin_return_address(0) - &__executable_start);

    if (blocks != NULL && at < text_size())
        blocks[at] = 1;
}

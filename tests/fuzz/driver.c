#include "config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include "base/os_linux.h"
#include "base/strbuf.h"

enum {
    MAX_INPUT_BYTES = 16 << 20
};

static int run_corpus(const char *program);
static void run_folder(struct strbuf *path, int *ran);
static void run_folders_listed(const char *top, const char *list, int *ran);
static bool run_file(const char *path);

/* Runs the target over the files named or, when none is, over its seeds; TAP on stdout. */
int main(int argc, char **argv)
{
    if (argc == 1)
        return run_corpus(argv[0]);
    for (int i = 1; i < argc; i++)
        printf("%s %d - %s\n", run_file(argv[i]) ? "ok" : "not ok", i, argv[i]);
    printf("1..%d\n", argc - 1);
    return EXIT_SUCCESS;
}

/* The seeds of tests/fuzz/NAME_fuzz lie in $top_srcdir/tests/fuzz/corpus/NAME and in the
   folders that tests/fuzz/NAME.seeds lists. */
static int run_corpus(const char *program)
{
    const char *top = getenv("top_srcdir");
    const char *slash = strrchr(program, '/');
    const char *name = slash == NULL ? program : slash + 1;
    const char *suffix = strstr(name, "_fuzz");
    int length = suffix == NULL ? 0 : (int)(suffix - name);
    struct strbuf path;
    int ran = 0;
    if (top == NULL)
        top = ".";
    strbuf_init(&path);
    strbuf_append_format(&path, "%s/tests/fuzz/corpus/%.*s/", top, length, name);
    run_folder(&path, &ran);
    strbuf_clear(&path);
    strbuf_append_format(&path, "%s/tests/fuzz/%.*s.seeds", top, length, name);
    run_folders_listed(top, strbuf_str(&path), &ran);
    if (ran == 0)
        printf("not ok %d - there are no seeds for %.*s\n", ++ran, length, name);
    printf("1..%d\n", ran);
    strbuf_done(&path);
    return EXIT_SUCCESS;
}

/* The files of the folder and of those below it; `path` ends with a slash. */
static void run_folder(struct strbuf *path, int *ran)
{
    size_t folder = path->len;
    struct dirent **entries = NULL;
    int count = scandir(strbuf_str(path), &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        strbuf_append_str(path, entries[i]->d_name);
        if (entries[i]->d_type == DT_DIR && entries[i]->d_name[0] != '.') {
            strbuf_append_str(path, "/");
            run_folder(path, ran);
        } else if (entries[i]->d_name[0] != '.') {
            printf("%s %d - %s\n", run_file(strbuf_str(path)) ? "ok" : "not ok", ++*ran,
                   entries[i]->d_name);
            fflush(stdout);
        }
        strbuf_truncate(path, folder);
        free(entries[i]);
    }
    free(entries);
}

static void run_folders_listed(const char *top, const char *list, int *ran)
{
    FILE *file = fopen(list, "r");
    char name[256];
    struct strbuf path;
    if (file == NULL)
        return;
    strbuf_init(&path);
    while (fgets(name, sizeof name, file) != NULL) {
        name[strcspn(name, "\n")] = '\0';
        strbuf_clear(&path);
        strbuf_append_format(&path, "%s/%s/", top, name);
        run_folder(&path, ran);
    }
    strbuf_done(&path);
    fclose(file);
}

/* Whole, and cut at half its length, where parsers meet the end unprepared. Copies of the
   exact size let ASan see a step behind the end. */
static bool run_file(const char *path)
{
    struct os_file file;
    if (os_read_file(path, MAX_INPUT_BYTES, &file) != 0)
        return false;
    for (size_t n = file.len;; n /= 2) {
        uint8_t *exact = malloc(n == 0 ? 1 : n);
        if (exact == NULL)
            return false;
        memcpy(exact, file.data, n);
        LLVMFuzzerTestOneInput(exact, n);
        free(exact);
        if (n <= file.len / 2)
            break;
    }
    os_file_done(&file);
    return true;
}

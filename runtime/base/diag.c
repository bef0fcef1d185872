#include "config.h"

#include "base/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/os_linux.h"
#include "base/strbuf.h"
#include "base/utf8.h"

static bool is_hidden(uint32_t code_point);
static bool escape_byte(struct strbuf *out, unsigned char byte);

/* ---- colours ------------------------------------------------------------------ */

bool diag_color_parse(const char *text, enum diag_color *color)
{
    if (strcmp(text, "auto") == 0)
        *color = DIAG_COLOR_AUTO;
    else if (strcmp(text, "always") == 0)
        *color = DIAG_COLOR_ALWAYS;
    else if (strcmp(text, "never") == 0)
        *color = DIAG_COLOR_NEVER;
    else
        return false;
    return true;
}

bool diag_use_color(enum diag_color color, FILE *stream)
{
    if (color != DIAG_COLOR_AUTO)
        return color == DIAG_COLOR_ALWAYS;
    const char *no_color = getenv("NO_COLOR");
    if (no_color != NULL && *no_color != '\0')
        return false;
    const char *terminal = getenv("TERM");
    if (terminal != NULL && strcmp(terminal, "dumb") == 0)
        return false;
    return os_is_tty(fileno(stream));
}

const char *diag_style(bool use, enum diag_style style)
{
    static const char *const sequences[] = {
        [DIAG_PLAIN] = "\x1b[0m", [DIAG_BOLD] = "\x1b[1m",   [DIAG_DIM] = "\x1b[2m",
        [DIAG_RED] = "\x1b[31m",  [DIAG_GREEN] = "\x1b[32m", [DIAG_YELLOW] = "\x1b[33m",
        [DIAG_BLUE] = "\x1b[34m", [DIAG_CYAN] = "\x1b[36m",
    };
    return use ? sequences[style] : "";
}

/* ---- messages ----------------------------------------------------------------- */

void diag_error(const char *program, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    diag_verror(program, format, args);
    va_end(args);
}

void diag_verror(const char *program, const char *format, va_list args)
{
    struct strbuf text, line;
    strbuf_init(&text);
    strbuf_init(&line);
    strbuf_append_vformat(&text, format, args);
    strbuf_append_format(&line, "%s: ", program);
    diag_escape(&line, strbuf_str(&text), text.len);
    strbuf_append_char(&line, '\n');
    if (strbuf_failed(&text) || strbuf_failed(&line))
        fprintf(stderr, "%s: out of memory: close other programs\n", program);
    else
        fwrite(line.data, 1, line.len, stderr);
    strbuf_done(&line);
    strbuf_done(&text);
}

void diag_interrupted(const char *program, int signal_number, const char *file,
                      uint32_t line, uint32_t column, const char *kept)
{
    const char *name = sigabbrev_np(signal_number);
    if (file != NULL && line != 0)
        diag_error(program, "stopped by SIG%s at %s:%u:%u: %s", name, file, line,
                   column, kept);
    else
        diag_error(program, "stopped by SIG%s: %s", name, kept);
}

/* ---- start and end of a program --------------------------------------------------- */

/* Opened for reading only: what is written there fails as it would on a closed one. */
void diag_start(void)
{
    /* A file that may not grow is a full disk (EFBIG), not a reason to die half-way. */
    signal(SIGXFSZ, SIG_IGN);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
            continue;
        if (open("/dev/null", O_RDONLY) != fd)
            return;
    }
}

int diag_finish(const char *program, int code)
{
    enum {
        EXIT_OUTPUT = 5
    };
    /* ferror remembers that a write failed but not why; a full disk is the usual reason. */
    int error = ferror(stdout) ? ENOSPC : 0;
    if (fflush(stdout) != 0)
        error = errno;
    if (error == 0 || error == EPIPE || code == EXIT_OUTPUT)
        return code;
    diag_output_lost(program, error);
    return code != 0 ? code : EXIT_OUTPUT;
}

void diag_output_lost(const char *program, int error)
{
    diag_error(program,
               "cannot write to standard output: %s (os error %d): check where it goes",
               strerror(error), error);
}

/* ---- escapes ------------------------------------------------------------------ */

bool diag_escape(struct strbuf *out, const char *text, size_t n)
{
    while (n > 0) {
        uint32_t code_point = 0;
        size_t length = utf8_decode(text, n, &code_point);
        bool ok;
        if (length == 0) {
            length = 1;
            ok = escape_byte(out, (unsigned char)*text);
        } else if (code_point < 0x20 || code_point == 0x7F) {
            ok = escape_byte(out, (unsigned char)code_point);
        } else if (is_hidden(code_point)) {
            ok = strbuf_append_format(out, "\\u{%x}", (unsigned)code_point);
        } else {
            ok = strbuf_append(out, text, length);
        }
        if (!ok)
            return false;
        text += length;
        n -= length;
    }
    return true;
}

bool diag_escape_nul(struct strbuf *out, const char *text, size_t n)
{
    for (;;) {
        const char *nul = memchr(text, '\0', n);
        size_t plain = nul != NULL ? (size_t)(nul - text) : n;
        if (!strbuf_append(out, text, plain))
            return false;
        if (nul == NULL)
            return true;
        if (!escape_byte(out, '\0'))
            return false;
        text = nul + 1;
        n -= plain + 1;
    }
}

/* C1 controls, line and paragraph separators, and the marks that reorder what is shown. */
static bool is_hidden(uint32_t code_point)
{
    return (code_point >= 0x80 && code_point <= 0x9F) ||
           (code_point >= 0x200E && code_point <= 0x200F) ||
           (code_point >= 0x2028 && code_point <= 0x202E) ||
           (code_point >= 0x2066 && code_point <= 0x2069) || code_point == 0xFEFF;
}

static bool escape_byte(struct strbuf *out, unsigned char byte)
{
    switch (byte) {
    case '\n': return strbuf_append_str(out, "\\n");
    case '\r': return strbuf_append_str(out, "\\r");
    case '\t': return strbuf_append_str(out, "\\t");
    }
    return strbuf_append_format(out, "\\x%02x", byte);
}

#include "config.h"

#include "progress.h"

#include <stdio.h>

#include "textbuf.h"
#include "timer.h"

#include "base/os_linux.h"

static const uint64_t QUIET_NS = 500000000u;
static const uint64_t REDRAW_NS = 100000000u;
enum {
    BAR_WIDTH = 24,
    LABEL_WIDTH = 40
};

void progress_init(struct progress *progress, bool is_enabled)
{
    enum {
        STDERR = 2
    };
    *progress = (struct progress){
        .is_enabled = is_enabled && os_is_tty(STDERR),
        .start_ns = timer_wall_now(),
    };
}

void progress_show(struct progress *progress, const char *label, size_t done,
                   size_t total)
{
    if (!progress->is_enabled) {
        return;
    }
    uint64_t now_ns = timer_wall_now();
    uint64_t elapsed_ns = timer_difference(progress->start_ns, now_ns);
    if (elapsed_ns < QUIET_NS ||
        timer_difference(progress->drawn_ns, now_ns) < REDRAW_NS) {
        return;
    }
    char line[PROGRESS_LINE_SIZE];
    progress_format(line, label, done, total, elapsed_ns);
    fprintf(stderr, "\r\033[K%s", line);
    fflush(stderr);
    progress->drawn_ns = now_ns;
    progress->is_drawn = true;
}

void progress_clear(struct progress *progress)
{
    if (progress->is_drawn) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        progress->is_drawn = false;
    }
}

void progress_format(char *line, const char *label, size_t done, size_t total,
                     uint64_t elapsed_ns)
{
    size_t used = 0;
    size_t filled = total == 0 ? 0 : done * BAR_WIDTH / total;
    for (size_t i = 0; i < BAR_WIDTH; i++) {
        used += textbuf_format(line + used, PROGRESS_LINE_SIZE - used, "%s",
                               i < filled ? "█" : "░");
    }
    used +=
        textbuf_format(line + used, PROGRESS_LINE_SIZE - used, " %zu/%zu", done, total);
    if (done > 0 && done <= total) {
        double left_s =
            (double)elapsed_ns / 1e9 / (double)done * (double)(total - done);
        used += textbuf_format(line + used, PROGRESS_LINE_SIZE - used, "  %.0f s left",
                               left_s);
    }
    char name[LABEL_WIDTH + 1];
    textbuf_format(name, sizeof name, "%s", label);
    textbuf_make_printable(name);
    textbuf_format(line + used, PROGRESS_LINE_SIZE - used, "  %s", name);
}

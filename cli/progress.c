#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guotu/date.h"

/* State of the one bar a process can show. */
static struct {
    bool open, is_terminal, asked;
    const gt_message *what;
    double started, last_line;
} bar;

static const char *label(const gt_message *what)
{
    const char *lang = getenv("GUOTU_LANG");
    if (lang == NULL || *lang == '\0') {
        lang = getenv("LANG");
    }
    return lang != NULL && strncmp(lang, "zh", 2) == 0 ? what->zh : what->en;
}

static void draw(uint64_t done, uint64_t total, double seconds)
{
    enum { WIDTH = 30 };
    if (total == 0) {
        (void)fprintf(stderr, "\r\033[K%s  %llu  %.0f s", label(bar.what), (unsigned long long)done,
                      seconds);
        return;
    }
    double share = (double)done / (double)total;
    share = share > 1 ? 1 : share;
    int full = (int)(share * WIDTH);
    (void)fprintf(stderr, "\r\033[K%s [%.*s%.*s] %3.0f%%  %.0f s", label(bar.what), full,
                  "##############################", WIDTH - full, "..............................",
                  share * 100, seconds);
}

void cli_progress(void *user, const gt_message *what, uint64_t done, uint64_t total)
{
    (void)user;
    double now = gt_clock();
    if (!bar.asked) {
        bar.asked = true;
        bar.is_terminal = isatty(STDERR_FILENO) != 0;
    }
    if (bar.what != what) {
        cli_progress_close();
        bar.what = what;
        bar.started = bar.last_line = now;
    }
    bool end = total > 0 && done >= total;
    if (bar.is_terminal) {
        bar.open = true;
        draw(done, total, now - bar.started);
        if (end) {
            cli_progress_close();
        }
    } else if (now - bar.last_line >= 10.0) {
        bar.last_line = now;
        (void)fprintf(stderr, "%s: %llu / %llu\n", label(what), (unsigned long long)done,
                      (unsigned long long)total);
    }
}

void cli_progress_close(void)
{
    if (bar.open) {
        (void)fputs("\r\033[K", stderr);
    }
    bar.open = false;
    bar.what = NULL;
}

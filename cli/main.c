/* guotu: reads the global options, finds the verb, runs it, maps its status to an exit code.
 * Exit codes: 0 done, 1 the answer is "no", 2 usage, 3 input, 4 environment. */
#include <errno.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "messages.h"
#include "parse.h"
#include "progress.h"

enum { TOP_PAD = 8 << 20 };

/* The one mutable global of the program: a signal handler can reach nothing else. */
static gt_ctx *interrupted_ctx;

static void on_interrupt(int sig)
{
    (void)sig;
    gt_ctx *ctx = interrupted_ctx;
    if (ctx != NULL) {
        gt_cancel(ctx); /* second ctrl-C: the default action, set by SA_RESETHAND */
    }
}

static gt_lang language(void)
{
    const char *names[] = {"GUOTU_LANG", "LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *v = getenv(names[i]);
        if (v != NULL && *v != '\0') {
            return strncmp(v, "zh", 2) == 0 ? GT_LANG_ZH : GT_LANG_EN;
        }
    }
    return GT_LANG_EN;
}

static void print_error(const cli *app)
{
    gt_ctx *plain = gt_ctx_new(NULL); /* the run's own context may be out of memory */
    if (plain == NULL) {
        (void)fputs("guotu: out of memory\n", stderr);
        return;
    }
    gt_text text;
    gt_text_init(&text, plain, 0);
    gt_text_puts(&text, "guotu: ");
    gt_error_render(app->ctx, app->lang, &text);
    (void)fputs(gt_text_cstr(&text), stderr);
    gt_text_free(&text);
    gt_ctx_free(plain);
}

static int run(cli *app, const cli_globals *globals)
{
    gt_ctx_options o;
    gt_ctx_options_init(&o);
    o.lang = app->lang;
    o.threads = globals->threads;
    o.memory_ceiling = globals->memory;
    o.progress = app->quiet ? NULL : cli_progress;
    app->ctx = gt_ctx_new(&o);
    if (app->ctx == NULL) {
        (void)fputs("guotu: out of memory\n", stderr);
        return 4;
    }
    interrupted_ctx = app->ctx;
    struct sigaction act = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    (void)sigaction(SIGINT, &act, NULL);
    (void)sigaction(SIGTERM, &act, NULL);
    gt_text_init(&app->out, app->ctx, (size_t)1 << 30);
    gt_status st = cli_parse_verb(app, globals);
    if (st == GT_OK) {
        st = app->verb->run(app);
    }
    cli_progress_close();
    gt_status flushed = cli_flush(app);
    st = st != GT_OK ? st : flushed;
    if (st != GT_OK) {
        print_error(app);
    }
    int code = st != GT_OK ? gt_status_exit_code(st) : app->answer_no ? 1 : 0;
    gt_text_free(&app->out);
    interrupted_ctx = NULL;
    gt_ctx_free(app->ctx);
    return code;
}

int main(int argc, char **argv)
{
    /* Classification of characters and encodings follow the user, numbers never do. */
    (void)setlocale(LC_ALL, "");
    (void)setlocale(LC_NUMERIC, "C");
    (void)signal(SIGPIPE, SIG_IGN);
    /* Opening a workspace makes a hundred thousand small blocks: without a count of them behind a
     * lock, and with room to grow, a short command takes a tenth less. Refused means as it was. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    (void)mallopt(M_TOP_PAD, TOP_PAD);
    (void)mallopt(M_MXFAST, 0);
    cli app;
    memset(&app, 0, sizeof app);
    app.lang = language();
    cli_globals globals;
    const char *wrong = cli_parse_globals(&app, argc, argv, &globals);
    if (wrong != NULL) {
        (void)fprintf(
            stderr, "guotu: %s: %s\n", wrong,
            cli_say(&app, "无法理解这个全局选项；见 guotu help", "not understood; see guotu help"));
        return 2;
    }
    if (globals.version) {
        (void)puts("guotu " GT_VERSION);
        return 0;
    }
    return run(&app, &globals);
}

/* How long a run goes without asking whether it is cancelled: the longest stretches between two
 * questions on one thread, in processor seconds, and where they ended.
 * usage: bench_cancel_gaps circuit FILE.ini OUT-FOLDER
 *        bench_cancel_gaps omniscape FILE.ini OUT-FOLDER
 *        bench_cancel_gaps model NAME in:PORT=FILE out:PORT=FILE with:NAME=TEXT ... */
#include <execinfo.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guotu/circuit.h"
#include "guotu/model.h"

enum { KEPT = 12, DEPTH = 8 };

typedef struct gap {
    double seconds;
    void *frames[DEPTH];
    int depth;
} gap;

typedef struct gaps {
    pthread_mutex_t lock;
    gap worst[KEPT];
    unsigned long questions;
} gaps;

static _Thread_local double last;

static double thread_time(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Each place of the program counts once, by its longest stretch. */
static void keep(gaps *g, double seconds)
{
    void *frames[DEPTH];
    int depth = backtrace(frames, DEPTH), at = KEPT - 1;
    (void)pthread_mutex_lock(&g->lock);
    for (int i = 0; i < KEPT; i++) {
        if (g->worst[i].depth > 4 && depth > 4 && g->worst[i].frames[3] == frames[3]) {
            at = i;
        }
    }
    if (seconds > g->worst[at].seconds) {
        for (; at > 0 && g->worst[at - 1].seconds < seconds; at--) {
            g->worst[at] = g->worst[at - 1];
        }
        g->worst[at].seconds = seconds;
        g->worst[at].depth = depth;
        memcpy(g->worst[at].frames, frames, sizeof frames);
    }
    (void)pthread_mutex_unlock(&g->lock);
}

static bool asked(void *user)
{
    gaps *g = user;
    double now = thread_time();
    double seconds = now - last;
    __atomic_fetch_add(&g->questions, 1, __ATOMIC_RELAXED);
    if (seconds > 0.01) {
        keep(g, seconds);
    }
    last = now;
    return false;
}

static gt_status run_model(gt_ctx *ctx, int argc, char **argv)
{
    const gt_model *m = NULL;
    gt_model_call *call = NULL;
    gt_status st = gt_model_find(ctx, argv[2], &m);
    st = st == GT_OK ? gt_model_call_new(ctx, m, &call) : st;
    for (int i = 3; st == GT_OK && i < argc; i++) {
        char *name = strchr(argv[i], ':'), *value = strchr(argv[i], '=');
        if (name == NULL || value == NULL || value < name) {
            (void)fprintf(stderr, "what is %s?\n", argv[i]);
            exit(2);
        }
        *value++ = '\0';
        *name++ = '\0';
        st = strcmp(argv[i], "in") == 0    ? gt_model_set_in(ctx, call, name, value)
             : strcmp(argv[i], "out") == 0 ? gt_model_set_out(ctx, call, name, value)
                                           : gt_model_set_with(ctx, call, name, value);
    }
    st = st == GT_OK ? gt_model_run(ctx, call) : st;
    gt_model_call_free(call);
    return st;
}

int main(int argc, char **argv)
{
    static gaps g = {.lock = PTHREAD_MUTEX_INITIALIZER};
    gt_circuit_options o;
    gt_circuit_facts facts;
    gt_status st = GT_OK;
    if (argc < 4) {
        (void)fputs("usage: see the head of bench/cancel_gaps.c\n", stderr);
        return 2;
    }
    gt_ctx *ctx = gt_ctx_new(NULL);
    gt_circuit_options_init(&o);
    o.out = argv[3];
    gt_ctx_on_check(ctx, asked, &g);
    last = thread_time();
    if (strcmp(argv[1], "model") == 0) {
        st = run_model(ctx, argc, argv);
    } else if (strcmp(argv[1], "omniscape") == 0) {
        st = gt_omniscape_run(ctx, argv[2], &o, &facts);
    } else {
        st = gt_circuit_run(ctx, argv[2], &o, &facts);
    }
    (void)asked(&g); /* what comes after the last question counts, too */
    if (st != GT_OK) {
        gt_text t;
        gt_text_init(&t, ctx, 0);
        gt_error_render(ctx, GT_LANG_EN, &t);
        (void)fprintf(stderr, "%s\n", gt_text_cstr(&t));
        return 4;
    }
    printf("%lu questions, %.2f s of processor time on this thread\n", g.questions, thread_time());
    for (int i = 0; i < KEPT && g.worst[i].seconds > 0; i++) {
        printf("%.3f s\n", g.worst[i].seconds);
        (void)fflush(stdout);
        backtrace_symbols_fd(g.worst[i].frames + 2, g.worst[i].depth - 2, 1);
    }
    gt_ctx_free(ctx);
    return 0;
}

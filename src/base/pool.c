/* Parallel loop on short-lived pthreads. Chosen before OpenMP because ThreadSanitizer understands
 * it and the worker count is the context's; starting a thread costs about 20 us, far below the
 * loops that use it. See docs/decisions/0003. */
#include "guotu/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/messages.h"

typedef struct loop {
    size_t n;
    gt_task_fn task;
    void *user;
    atomic_size_t next, finished;
    atomic_bool stop;
    pthread_mutex_t lock; /* guards the two below */
    size_t failed_task;   /* lowest task that failed */
    gt_status failed_status;
} loop;

typedef struct worker {
    loop *loop;
    gt_ctx *ctx;      /* child context, owned */
    gt_ctx *reporter; /* the caller's context on worker 0, else NULL */
    size_t failed_task;
    int index;
    pthread_t thread;
} worker;

static void note_failure(worker *w, size_t task, gt_status st)
{
    loop *l = w->loop;
    atomic_store(&l->stop, true);
    w->failed_task = task;
    (void)pthread_mutex_lock(&l->lock);
    if (task < l->failed_task) {
        l->failed_task = task;
        l->failed_status = st;
    }
    (void)pthread_mutex_unlock(&l->lock);
}

static void *work(void *arg)
{
    worker *w = arg;
    loop *l = w->loop;
    while (!atomic_load_explicit(&l->stop, memory_order_relaxed)) {
        size_t task = atomic_fetch_add_explicit(&l->next, 1, memory_order_relaxed);
        if (task >= l->n) {
            break;
        }
        gt_status st = gt_check_cancel(w->ctx);
        if (st == GT_OK) {
            st = l->task(w->ctx, l->user, task, w->index);
        }
        if (st != GT_OK) {
            note_failure(w, task, st);
            break;
        }
        size_t done = atomic_fetch_add_explicit(&l->finished, 1, memory_order_relaxed) + 1;
        if (w->reporter != NULL) {
            gt_progress_step(w->reporter, done);
        }
    }
    return NULL;
}

/* Joins the children; the error of the lowest failed task goes to the caller's context. */
static void gather(gt_ctx *ctx, loop *l, worker *workers, int n)
{
    for (int i = 0; i < n; i++) {
        if (l->failed_status != GT_OK && workers[i].failed_task == l->failed_task) {
            gt_ctx_join(ctx, workers[i].ctx);
            workers[i].ctx = NULL;
        }
    }
    for (int i = 0; i < n; i++) {
        gt_ctx_free(workers[i].ctx);
    }
}

gt_status gt_parallel_for(gt_ctx *ctx, size_t n, gt_task_fn task, void *user)
{
    loop l;
    memset(&l, 0, sizeof l);
    l.n = n;
    l.task = task;
    l.user = user;
    l.failed_task = SIZE_MAX;
    if (n == 0) {
        return gt_check_cancel(ctx);
    }
    int threads = gt_ctx_threads(ctx);
    if ((size_t)threads > n) {
        threads = (int)n;
    }
    gt_status st = GT_OK;
    int made = 0, started = 0;
    worker *workers = gt_zalloc(ctx, (size_t)threads, sizeof *workers);
    if (workers == NULL) {
        return GT_E_MEMORY;
    }
    (void)pthread_mutex_init(&l.lock, NULL);
    for (; made < threads; made++) {
        worker *w = &workers[made];
        w->loop = &l;
        w->index = made;
        w->failed_task = SIZE_MAX;
        w->reporter = made == 0 ? ctx : NULL;
        w->ctx = gt_ctx_fork(ctx);
        if (w->ctx == NULL) {
            st = gt_fail(ctx, GT_E_MEMORY, &GT_MSG_NO_MEMORY, GT_NOWHERE,
                         GT_ARGS(GT_INT("bytes", sizeof *w)));
            goto done;
        }
    }
    for (started = 1; started < threads; started++) {
        worker *w = &workers[started];
        int err = pthread_create(&w->thread, NULL, work, w);
        if (err != 0) {
            atomic_store(&l.stop, true);
            st = gt_fail(ctx, GT_E_ENV, &GT_MSG_THREAD, GT_NOWHERE,
                         GT_ARGS(GT_TEXT("reason", strerrordesc_np(err))));
            break;
        }
    }
    (void)work(&workers[0]);
    for (int i = 1; i < started; i++) {
        (void)pthread_join(workers[i].thread, NULL);
    }
    if (st == GT_OK) {
        st = l.failed_status;
    }
done:
    gather(ctx, &l, workers, made);
    (void)pthread_mutex_destroy(&l.lock);
    gt_free(ctx, workers);
    return st;
}

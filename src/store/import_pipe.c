/* The pipeline: a ring of batches between workers and the writer.
 *
 * A worker takes the reading lock, takes the next number and waits until that batch's slot is free,
 * reads the rows, gives the lock back, checks the batch and marks it ready. The writer takes the
 * slots in order. So the file's order is kept whatever the workers' number and speed, reading is
 * done by one thread at a time, and never more than n batches are held. Lock order: reading before
 * lock. */
#include <pthread.h>
#include <string.h>

#include "store/import.h"
#include "store/qc_messages.h"

enum { MAX_WORKERS = 4, MAX_BATCHES = MAX_WORKERS + 2 };

typedef struct imp_pipe {
    gt_source *source;
    const imp_rules *rules;
    imp_batch batch[MAX_BATCHES];
    size_t n_batches;
    pthread_mutex_t reading; /* guards source, next, ended */
    uint64_t next;
    bool ended;
    pthread_mutex_t lock; /* guards state of the batches, stop */
    pthread_cond_t changed;
    bool stop;
} imp_pipe;

typedef struct worker {
    imp_pipe *pipe;
    imp_checker *checker;
    pthread_t thread;
} worker;

/* Waits until the batch is in `state` and takes it: nobody else may before it is given on. */
static bool take(imp_pipe *p, imp_batch *b, int state)
{
    (void)pthread_mutex_lock(&p->lock);
    while ((int)b->state != state && !p->stop) {
        (void)pthread_cond_wait(&p->changed, &p->lock);
    }
    bool go = !p->stop;
    if (go) {
        b->state = IMP_BUSY;
    }
    (void)pthread_mutex_unlock(&p->lock);
    return go;
}

static void give(imp_pipe *p, imp_batch *b, int state)
{
    (void)pthread_mutex_lock(&p->lock);
    b->state = state == IMP_READY ? IMP_READY : IMP_FREE;
    (void)pthread_cond_broadcast(&p->changed);
    (void)pthread_mutex_unlock(&p->lock);
}

static imp_batch *slot(imp_pipe *p, uint64_t number)
{
    return &p->batch[p->n_batches > 1 ? number % p->n_batches : 0];
}

static void stop_all(imp_pipe *p)
{
    (void)pthread_mutex_lock(&p->lock);
    p->stop = true;
    (void)pthread_cond_broadcast(&p->changed);
    (void)pthread_mutex_unlock(&p->lock);
}

static imp_batch *read_next(imp_pipe *p)
{
    imp_batch *b = NULL;
    (void)pthread_mutex_lock(&p->reading);
    if (!p->ended) {
        b = slot(p, p->next);
        if (take(p, b, IMP_FREE)) {
            p->next++;
            b->status = imp_batch_read(p->source, p->rules->map, b);
            p->ended = b->last || b->status != GT_OK;
        } else {
            b = NULL;
        }
    }
    (void)pthread_mutex_unlock(&p->reading);
    return b;
}

static void *work(void *arg)
{
    worker *w = arg;
    imp_batch *b;
    while ((b = read_next(w->pipe)) != NULL) {
        if (b->status == GT_OK) {
            b->status = imp_check(w->checker, b);
        }
        give(w->pipe, b, IMP_READY);
    }
    return NULL;
}

/* *failed: the batch whose error ends the run. */
static gt_status write_all(gt_ctx *ctx, imp_pipe *p, imp_checker *in_line, imp_consume consume,
                           void *user, const imp_batch **failed)
{
    bool stop = false;
    gt_status st = GT_OK;
    for (uint64_t i = 0; st == GT_OK && !stop; i++) {
        imp_batch *b = slot(p, i);
        if (in_line != NULL) {
            b->status = imp_batch_read(p->source, p->rules->map, b);
            b->status = b->status == GT_OK ? imp_check(in_line, b) : b->status;
        } else {
            (void)take(p, b, IMP_READY);
        }
        st = b->status;
        if (st != GT_OK) {
            *failed = b;
            break;
        }
        st = consume(user, b, &stop);
        stop = stop || b->last;
        if (in_line == NULL) {
            give(p, b, IMP_FREE);
        }
        if (st == GT_OK) {
            st = gt_check_cancel(ctx);
        }
    }
    return st;
}

static gt_status start(gt_ctx *ctx, imp_pipe *p, worker *workers, size_t n, size_t *started)
{
    gt_status st = GT_OK;
    for (size_t i = 0; i < n && st == GT_OK; i++) {
        workers[i].pipe = p;
        int err = pthread_create(&workers[i].thread, NULL, work, &workers[i]);
        if (err == 0) {
            *started = i + 1;
        } else if (i == 0) {
            st = gt_fail_errno(ctx, err, "start a thread", NULL);
        } else {
            break; /* fewer workers do the same work */
        }
    }
    return st;
}

gt_status imp_pipe_run(gt_ctx *ctx, gt_source *source, const imp_rules *rules, imp_consume consume,
                       void *user)
{
    worker workers[MAX_WORKERS] = {0};
    int wanted = gt_ctx_threads(ctx) - 1;
    size_t n = wanted <= 0 ? 0 : wanted > MAX_WORKERS ? MAX_WORKERS : (size_t)(unsigned)wanted;
    size_t started = 0, checkers = n == 0 ? 1 : n;
    gt_status st = GT_OK;
    const imp_batch *failed = NULL;
    imp_pipe *p = gt_zalloc(ctx, 1, sizeof *p);
    if (p == NULL) {
        return GT_E_MEMORY;
    }
    p->source = source;
    p->rules = rules;
    p->n_batches = n == 0 ? 1 : n + 2;
    (void)pthread_mutex_init(&p->reading, NULL);
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_cond_init(&p->changed, NULL);
    for (size_t i = 0; i < p->n_batches && st == GT_OK; i++) {
        st = imp_batch_init(ctx, rules->map, &p->batch[i]);
        failed = st == GT_OK ? NULL : &p->batch[i];
    }
    for (size_t i = 0; i < checkers && st == GT_OK; i++) {
        st = imp_checker_new(ctx, rules, &workers[i].checker);
    }
    if (st == GT_OK) {
        st = start(ctx, p, workers, n, &started);
    }
    if (st == GT_OK) {
        st = write_all(ctx, p, n == 0 ? workers[0].checker : NULL, consume, user, &failed);
    }
    stop_all(p);
    for (size_t i = 0; i < started; i++) {
        (void)pthread_join(workers[i].thread, NULL);
    }
    for (size_t i = 0; i < checkers; i++) {
        imp_checker_free(ctx, workers[i].checker);
    }
    for (size_t i = 0; i < p->n_batches; i++) {
        imp_batch_free(failed == &p->batch[i] ? ctx : NULL, &p->batch[i]);
    }
    (void)pthread_cond_destroy(&p->changed);
    (void)pthread_mutex_destroy(&p->lock);
    (void)pthread_mutex_destroy(&p->reading);
    gt_free(ctx, p);
    return st;
}

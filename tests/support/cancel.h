/* Cancels a run at points spread over all where it can be cancelled, and says what must then hold.
 * Work is counted in questions (gt_check_cancel) and in processor time as a share of the whole
 * run's, never in seconds, so that the speed and load of the machine do not matter. */
#ifndef GT_TESTS_SUPPORT_CANCEL_H
#define GT_TESTS_SUPPORT_CANCEL_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "support/support.h"

typedef gt_status (*cancel_run_fn)(gt_ctx *ctx, void *user);

typedef struct cancel_count {
    atomic_long asked;
    long at; /* cancels at this question; < 0: never */
} cancel_count;

static inline bool cancel_asked(void *user)
{
    cancel_count *c = user;
    long n = atomic_fetch_add(&c->asked, 1) + 1;
    return c->at >= 0 && n >= c->at;
}

/* The run must end as cancelled wherever it is asked to, leave no memory behind, and the last of
 * its questions must be followed by its end. *questions: of a whole run. */
static inline void cancel_everywhere(int threads, cancel_run_fn run, void *user, int points,
                                     long *questions)
{
    cancel_count c = {.at = -1};
    gt_ctx *ctx = test_ctx_threads(threads);
    gt_ctx_on_check(ctx, cancel_asked, &c);
    assert_ok(ctx, run(ctx, user));
    *questions = atomic_load(&c.asked);
    gt_ctx_free(ctx);
    for (int i = 0; i <= points; i++) {
        long at = 1 + (long)((double)(*questions - 1) * i / points);
        if (threads > 1 && i == points) {
            break; /* the count of a run on threads may vary by a few */
        }
        c.at = at;
        atomic_store(&c.asked, 0);
        ctx = test_ctx_threads(threads);
        gt_ctx_on_check(ctx, cancel_asked, &c);
        gt_status st = run(ctx, user);
        if (st != GT_E_CANCELLED) {
            print_message("cancelled at question %ld of %ld: status %d\n", at, *questions, (int)st);
        }
        assert_fails(ctx, st, GT_E_CANCELLED, "base.cancelled");
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        assert_true(atomic_load(&c.asked) <= at + threads);
        gt_ctx_free(ctx);
    }
}

/* ---- a signal ---------------------------------------------------------------------------------
 */

static inline double cancel_work(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct cancel_signal {
    double from, at;   /* processor time of the start and of the signal */
    atomic_bool ended; /* the run is over */
} cancel_signal;

static gt_ctx *_Atomic cancel_target; /* a handler has no other way */

static inline void cancel_handler(int signal)
{
    (void)signal;
    gt_cancel(atomic_load(&cancel_target));
}

static inline void *cancel_sender(void *arg)
{
    cancel_signal *s = arg;
    const struct timespec nap = {.tv_nsec = 1000000};
    while (cancel_work() - s->from < s->at && !atomic_load(&s->ended)) {
        (void)nanosleep(&nap, NULL);
    }
    s->at = cancel_work();
    (void)kill(getpid(), SIGUSR1);
    return NULL;
}

/* A signal at `share` of the whole work: what is still done after it is at most a quarter of the
 * whole. The run should take more than a tenth of a second of processor time. */
static inline void cancel_by_signal(cancel_run_fn run, void *user, double share)
{
    const struct sigaction act = {.sa_handler = cancel_handler, .sa_flags = SA_RESTART};
    struct sigaction old;
    pthread_t sender;
    gt_ctx *ctx = test_ctx_threads(2);
    double from = cancel_work();
    assert_ok(ctx, run(ctx, user));
    double whole = cancel_work() - from;
    gt_ctx_free(ctx);
    ctx = test_ctx_threads(2);
    atomic_store(&cancel_target, ctx);
    assert_int_equal(sigaction(SIGUSR1, &act, &old), 0);
    cancel_signal s = {.from = cancel_work(), .at = whole * share};
    assert_int_equal(pthread_create(&sender, NULL, cancel_sender, &s), 0);
    gt_status st = run(ctx, user);
    double end = cancel_work();
    atomic_store(&s.ended, true);
    assert_int_equal(pthread_join(sender, NULL), 0);
    assert_int_equal(sigaction(SIGUSR1, &old, NULL), 0);
    print_message("signal at %.2f of the work: %.3f of it came after\n", share,
                  (end - s.at) / whole);
    assert_fails(ctx, st, GT_E_CANCELLED, "base.cancelled");
    assert_true(end - s.at < whole / 4);
    gt_ctx_free(ctx);
}

#endif

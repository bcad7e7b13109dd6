/* Keeps the pyramids of all large layers up to date, at the lowest priority: after the start, and
 * whenever something was committed. */
#include "serve/keeper.h"

#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "guotu/serve.h"
#include "serve/messages.h"
#include "serve/tiles.h"

struct gt_keeper {
    gt_ctx *parent, *ctx;
    gt_desk_setup setup;
    pthread_t thread;
    atomic_bool stop;
};

static gt_status prepare_all(gt_desk *desk, size_t *n)
{
    gt_status st = gt_store_refresh(desk->ctx, desk->store, NULL);
    *n = 0;
    for (size_t i = 0; st == GT_OK && i < gt_store_n_layers(desk->store); i++) {
        gt_layer_info info;
        int64_t parts = 0;
        st = gt_store_layer(desk->ctx, desk->store, i, &info);
        if (st == GT_OK && gt_desk_publishes(desk, &info)) {
            gt_arena_reset(desk->arena);
            st = gt_tile_prepare(desk, &info, &parts);
            *n += parts > 0 ? 1 : 0;
        }
    }
    return st;
}

/* What fails is left to the request that needs it, which can say so. */
static void *keep(void *user)
{
    gt_keeper *k = user;
    gt_desk desk;
    const struct timespec fifth = {.tv_nsec = 200 * 1000 * 1000};
    int64_t done = -1;
    size_t n = 0;
    (void)setpriority(PRIO_PROCESS, 0, 19); /* of this thread alone, on Linux */
    gt_status st = gt_desk_open(k->ctx, &k->setup, &desk);
    desk.stop = &k->stop;
    while (st == GT_OK && !atomic_load(&k->stop)) {
        int64_t now = gt_glance_look(k->setup.glance);
        if (now != done) {
            done = prepare_all(&desk, &n) == GT_OK ? now : -1;
            gt_error_clear(k->ctx);
        }
        (void)nanosleep(&fifth, NULL);
    }
    gt_error_clear(k->ctx);
    if (st == GT_OK) {
        gt_desk_close(&desk);
    }
    return NULL;
}

gt_status gt_keeper_start(gt_ctx *ctx, const gt_desk_setup *setup, gt_keeper **out)
{
    *out = NULL;
    gt_keeper *k = gt_zalloc(ctx, 1, sizeof *k);
    if (k == NULL) {
        return GT_E_MEMORY;
    }
    k->parent = ctx;
    k->setup = *setup;
    k->setup.accounts = false;
    k->setup.tiles = NULL; /* it brings files up to date, not the cache in memory */
    k->ctx = gt_ctx_fork(ctx);
    atomic_init(&k->stop, false);
    int code = k->ctx == NULL ? 0 : pthread_create(&k->thread, NULL, keep, k);
    gt_status st = k->ctx == NULL ? GT_E_MEMORY
                   : code != 0    ? gt_fail_errno(ctx, code, "pthread_create", NULL)
                                  : GT_OK;
    if (st != GT_OK) {
        gt_ctx_free(k->ctx);
        gt_free(ctx, k);
        return st;
    }
    *out = k;
    return GT_OK;
}

void gt_keeper_stop(gt_keeper *k)
{
    if (k != NULL) {
        atomic_store(&k->stop, true);
        (void)pthread_join(k->thread, NULL);
        gt_ctx_free(k->ctx);
        gt_free(k->parent, k);
    }
}

gt_status gt_serve_prepare(gt_ctx *ctx, const char *workspace, const gt_package *package, size_t *n)
{
    const gt_web none = {0};
    const gt_desk_setup setup = {.workspace = workspace, .package = package, .web = &none};
    gt_desk desk;
    size_t made = 0;
    gt_status st = gt_desk_open(ctx, &setup, &desk);
    if (st == GT_OK) {
        gt_progress_begin(ctx, &GT_MSG_SERVE_MERGING, 0);
        st = prepare_all(&desk, &made);
        gt_progress_end(ctx);
        gt_desk_close(&desk);
    }
    if (n != NULL) {
        *n = made;
    }
    return st;
}

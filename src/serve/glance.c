/* PRAGMA data_version on a connection of its own, under a lock. */
#include "serve/glance.h"

#include <pthread.h>
#include <stdio.h>

#include "store/db.h"

struct gt_glance {
    gt_ctx *ctx;
    sqlite3 *db;
    sqlite3_stmt *ask;
    pthread_mutex_t lock;
};

gt_status gt_glance_open(gt_ctx *ctx, const char *workspace, gt_glance **out)
{
    char path[4096];
    *out = NULL;
    gt_glance *g = gt_zalloc(ctx, 1, sizeof *g);
    if (g == NULL) {
        return GT_E_MEMORY;
    }
    g->ctx = ctx;
    (void)pthread_mutex_init(&g->lock, NULL);
    (void)snprintf(path, sizeof path, "%.4000s/onemap.gpkg", workspace);
    gt_status st = gt_db_open(ctx, path, GT_DB_READ, &g->db);
    st = st == GT_OK ? gt_db_prepare(ctx, g->db, "PRAGMA data_version", &g->ask) : st;
    if (st != GT_OK) {
        gt_glance_close(g);
        return st;
    }
    *out = g;
    return GT_OK;
}

void gt_glance_close(gt_glance *g)
{
    if (g != NULL) {
        (void)sqlite3_finalize(g->ask);
        gt_db_close(g->db);
        (void)pthread_mutex_destroy(&g->lock);
        gt_free(g->ctx, g);
    }
}

int64_t gt_glance_look(gt_glance *g)
{
    int64_t version = -1;
    bool row = false;
    (void)pthread_mutex_lock(&g->lock);
    gt_status st = gt_db_step(g->ctx, g->ask, &row);
    version = st == GT_OK && row ? sqlite3_column_int64(g->ask, 0) : -1;
    (void)sqlite3_reset(g->ask);
    gt_error_clear(g->ctx);
    (void)pthread_mutex_unlock(&g->lock);
    return version;
}

/* Token buckets in a table of fixed size: memory is bounded whatever addresses come. */
#include "serve/rate.h"

#include <pthread.h>

enum { PLACES = 4096 };

typedef struct bucket {
    double left, since;
} bucket;

struct gt_rate {
    gt_ctx *ctx;
    double per_s, most;
    pthread_mutex_t lock;
    bucket list[PLACES];
};

gt_status gt_rate_new(gt_ctx *ctx, double per_s, double most, gt_rate **out)
{
    gt_rate *r = gt_zalloc(ctx, 1, sizeof *r);
    *out = r;
    if (r == NULL) {
        return GT_E_MEMORY;
    }
    r->ctx = ctx;
    r->per_s = per_s;
    r->most = most;
    (void)pthread_mutex_init(&r->lock, NULL);
    for (int i = 0; i < PLACES; i++) {
        r->list[i].left = most;
    }
    return GT_OK;
}

void gt_rate_free(gt_rate *r)
{
    if (r != NULL) {
        (void)pthread_mutex_destroy(&r->lock);
        gt_free(r->ctx, r);
    }
}

bool gt_rate_take(gt_rate *r, const char *address, double now)
{
    uint64_t h = 0xcbf29ce484222325ULL; /* FNV-1a */
    if (r == NULL) {
        return true;
    }
    for (const char *c = address; *c != '\0'; c++) {
        h = (h ^ (unsigned char)*c) * 0x100000001b3ULL;
    }
    (void)pthread_mutex_lock(&r->lock);
    bucket *b = &r->list[(h ^ h >> 32) % PLACES];
    double left = b->left + (now - b->since) * r->per_s;
    left = left > r->most ? r->most : left;
    bool good = left >= 1;
    *b = (bucket){good ? left - 1 : left, now};
    (void)pthread_mutex_unlock(&r->lock);
    return good;
}

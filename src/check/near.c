#include "check/near.h"

#include <string.h>

typedef struct kept {
    const char *layer;
    gt_box box;
    gt_near near;
    size_t cap;
    struct kept *next;
} kept;

struct gt_nears {
    gt_ctx *ctx;
    gt_store *store;
    gt_picker *picker;
    const gt_nearby *nearby;
    gt_date as_of;
    int64_t as_of_rev;
    gt_arena *arena;
    kept *list;
};

gt_status gt_nears_new(gt_ctx *ctx, gt_store *store, gt_picker *picker, const gt_nearby *nearby,
                       gt_date as_of, int64_t as_of_rev, gt_nears **out)
{
    gt_nears *n = gt_zalloc(ctx, 1, sizeof *n);
    if (n == NULL) {
        return GT_E_MEMORY;
    }
    *n = (gt_nears){.ctx = ctx,
                    .store = store,
                    .picker = as_of == GT_DATE_NONE && as_of_rev == 0 ? picker : NULL,
                    .nearby = nearby,
                    .as_of = as_of,
                    .as_of_rev = as_of_rev};
    gt_status st = gt_arena_new(ctx, 16 * 1024, &n->arena);
    if (st != GT_OK) {
        gt_free(ctx, n);
        return st;
    }
    *out = n;
    return GT_OK;
}

void gt_nears_free(gt_nears *n)
{
    if (n == NULL) {
        return;
    }
    for (kept *k = n->list; k != NULL; k = k->next) {
        for (size_t i = 0; n->nearby == NULL && i < k->near.n; i++) {
            gt_geom_free(n->ctx, &k->near.list[i].shape);
        }
        gt_free(n->ctx, k->near.list);
    }
    gt_arena_free(n->arena);
    gt_free(n->ctx, n);
}

typedef struct taker {
    gt_nears *nears;
    kept *to;
} taker;

static gt_status take(gt_ctx *ctx, void *user, const gt_feature *f)
{
    taker *t = user;
    kept *k = t->to;
    gt_arena *arena = t->nears->arena;
    void *block = k->near.list;
    gt_status st = gt_grow(ctx, &block, &k->cap, k->near.n + 1, sizeof *k->near.list);
    if (st != GT_OK) {
        return st;
    }
    k->near.list = block;
    gt_near_feature *to = &k->near.list[k->near.n];
    gt_geom_init(&to->shape);
    to->box = f->box;
    to->id = gt_arena_strdup(arena, f->id);
    gt_value *values = gt_arena_alloc(arena, f->n_values + 1, sizeof *values);
    if (to->id == NULL || values == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < f->n_values; i++) {
        values[i] = f->values[i];
        if (values[i].kind == GT_VAL_TEXT) {
            values[i].text = gt_arena_strndup(arena, values[i].text, values[i].len);
            if (values[i].text == NULL) {
                return GT_E_MEMORY;
            }
        }
    }
    to->values = values;
    k->near.n++; /* from here on its shape is freed with the rest */
    st = gt_geom_from_gpkg(ctx, f->blob, f->blob_len, NULL, &to->shape);
    if (st != GT_OK) {
        gt_fail_at(ctx, GT_PLACE(.layer = k->layer, .feature = f->id));
    }
    return st;
}

static gt_status scan(gt_ctx *ctx, taker *t)
{
    const gt_nears *n = t->nears;
    gt_scan *scan = NULL;
    gt_query q;
    bool more = true;
    gt_query_init(&q, t->to->layer);
    q.as_of_date = n->as_of;
    q.as_of_rev = n->as_of_rev;
    q.has_box = true;
    q.box = t->to->box;
    gt_status st = gt_scan_open(ctx, n->store, &q, &scan);
    while (st == GT_OK && more) {
        gt_feature f;
        st = gt_scan_next(ctx, scan, &f, &more);
        if (st == GT_OK && more && f.blob != NULL) {
            st = take(ctx, t, &f);
        }
    }
    gt_scan_close(scan);
    return st;
}

static bool same_box(gt_box a, gt_box b)
{
    return a.xmin == b.xmin && a.ymin == b.ymin && a.xmax == b.xmax && a.ymax == b.ymax;
}

gt_status gt_nears_of(gt_ctx *ctx, gt_nears *n, const char *layer, gt_box box, const gt_near **out)
{
    for (kept *k = n->list; k != NULL; k = k->next) {
        if (strcmp(k->layer, layer) == 0 && same_box(k->box, box)) {
            *out = &k->near;
            return GT_OK;
        }
    }
    kept *k = gt_arena_zalloc(n->arena, 1, sizeof *k);
    char *name = gt_arena_strdup(n->arena, layer);
    if (k == NULL || name == NULL) {
        return GT_E_MEMORY;
    }
    k->layer = name;
    k->box = box;
    k->next = n->list;
    n->list = k;
    taker t = {n, k};
    gt_status st = GT_OK;
    if (n->nearby != NULL) {
        st = n->nearby->find(ctx, n->nearby->user, layer, box, &k->near.list, &k->cap, &k->near.n);
    } else if (n->picker != NULL) {
        st = gt_picker_find(ctx, n->picker, layer, box, take, &t);
    } else {
        st = scan(ctx, &t);
    }
    if (st != GT_OK) {
        gt_fail_at(ctx, GT_PLACE(.layer = layer));
        return st;
    }
    *out = &k->near;
    return GT_OK;
}

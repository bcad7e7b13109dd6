#include "coverage/load.h"

#include <math.h>
#include <string.h>

#include "coverage/messages.h"
#include "coverage/stored.h"

static gt_status keep_values(gt_ctx *ctx, gt_loading *l, const gt_feature *f, size_t index)
{
    gt_loaded *to = l->to;
    void *block = to->values;
    gt_status st =
        gt_grow(ctx, &block, &to->cap_values, (index + 1) * to->n_keep + 1, sizeof *to->values);
    to->values = block;
    for (size_t i = 0; st == GT_OK && i < to->n_keep; i++) {
        gt_value *v = &to->values[index * to->n_keep + i];
        *v = f->values[to->keep[i]];
        if (v->kind == GT_VAL_TEXT) {
            v->text = gt_arena_strndup(l->arena, v->text, v->len);
            st = v->text == NULL ? GT_E_MEMORY : GT_OK;
        }
    }
    return st;
}

gt_status gt_loading_see(gt_ctx *ctx, gt_loading *l, const gt_feature *f, size_t index, bool *take)
{
    gt_loaded *to = l->to;
    gt_status st = GT_OK;
    if (to->only != NULL && !gt_rows_has(to->only, f->row)) {
        *take = false;
        return GT_OK;
    }
    if (l->where != NULL) {
        gt_truth truth = GT_FALSE;
        st = gt_expr_test(ctx, l->where, f->values, &truth);
        *take = st == GT_OK && truth == GT_TRUE;
        if (!*take) {
            return st;
        }
    }
    void *ids = to->ids, *classes = to->classes;
    st = gt_grow(ctx, &ids, &to->cap_ids, index + 1, sizeof *to->ids);
    to->ids = ids;
    st =
        st == GT_OK ? gt_grow(ctx, &classes, &to->cap_classes, index + 1, sizeof *to->classes) : st;
    to->classes = classes;
    if (st != GT_OK) {
        return st;
    }
    gt_text_clear(&l->text);
    if (to->class.kind == GT_CLASS_FIELD) {
        gt_class_put(&to->class, f, &l->text);
    }
    to->ids[index] = gt_arena_strdup(l->arena, f->id);
    to->classes[index] = gt_arena_strndup(l->arena, gt_text_cstr(&l->text), l->text.len);
    if (to->ids[index] == NULL || to->classes[index] == NULL) {
        return GT_E_MEMORY;
    }
    return keep_values(ctx, l, f, index);
}

/* The filter over the layer's fields; names are the fields' names. */
gt_status gt_filter_compile(gt_ctx *ctx, gt_sql *sql, const gt_standard *s, const char *where,
                            gt_expr **out)
{
    const char **names = gt_alloc(ctx, s->n_fields + 1, sizeof *names);
    if (names == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < s->n_fields; i++) {
        names[i] = s->fields[i].name;
    }
    gt_status st = gt_expr_compile(ctx, sql, where, names, s->n_fields, NULL, out);
    gt_free(ctx, names);
    return st;
}

gt_status gt_loading_open(gt_ctx *ctx, gt_store *store, const gt_package *package,
                          const gt_part *part, int field, gt_arena *arena, gt_loaded *to,
                          gt_loading *l)
{
    gt_layer_info info;
    *l = (gt_loading){.to = to, .arena = arena};
    to->ctx = ctx;
    gt_text_init(&l->text, ctx, 0);
    gt_status st = gt_stored_layer(ctx, store, part->layer, &info);
    if (st == GT_OK && part->where != NULL) {
        st = gt_sql_new(ctx, package, &l->sql);
        st = st == GT_OK ? gt_filter_compile(ctx, l->sql, info.standard, part->where, &l->where)
                         : st;
    }
    if (st == GT_OK) {
        to->standard = info.standard;
        to->class = field < 0 ? gt_class_of(package, &info) : (gt_class){GT_CLASS_FIELD, field};
    }
    return st;
}

void gt_loading_close(gt_loading *l)
{
    gt_sql_free(l->sql);
    gt_text_free(&l->text);
    memset(l, 0, sizeof *l);
}

static gt_status see(gt_ctx *ctx, void *user, const gt_feature *f, size_t index, bool *take)
{
    return gt_loading_see(ctx, user, f, index, take);
}

gt_status gt_load_only(gt_ctx *ctx, gt_store *store, const gt_package *package, const gt_part *part,
                       const gt_rows *only, gt_arena *arena, gt_loaded *out)
{
    gt_loading l;
    gt_query q;
    *out = (gt_loaded){.only = only};
    gt_status st = gt_loading_open(ctx, store, package, part, -1, arena, out, &l);
    if (st == GT_OK) {
        gt_query_init(&q, part->layer);
        q.as_of_date = part->as_of;
        gt_progress_begin(ctx, &GT_PROGRESS_READ_LAYERS, 0);
        st = gt_flat_read(ctx, store, &q, 0, see, &l, &out->flat, NULL);
        gt_progress_end(ctx);
    }
    gt_loading_close(&l);
    return st;
}

void gt_loaded_free(gt_loaded *l)
{
    if (l->ctx != NULL) {
        gt_flat_free(l->ctx, &l->flat);
        gt_free(l->ctx, l->ids);
        gt_free(l->ctx, l->classes);
        gt_free(l->ctx, l->values);
        memset(l, 0, sizeof *l);
    }
}

gt_status gt_loaded_weave(gt_ctx *ctx, gt_store *store, const gt_loaded *layers, size_t n,
                          gt_weave **out)
{
    gt_weave_options o;
    gt_weave_options_init(&o);
    o.scale = gt_flat_scale;
    o.scale_user = gt_store_plane(store);
    o.keep_lines = true;
    gt_weave_batch *batches = gt_alloc(ctx, n + 1, sizeof *batches);
    if (batches == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t k = 0; k < n; k++) {
        batches[k] = gt_flat_batch(&layers[k].flat, (uint32_t)k);
    }
    gt_status st = gt_weave_run(ctx, (uint32_t)n, batches, n, &o, out);
    gt_free(ctx, batches);
    return st;
}

const char *gt_loaded_id(const gt_loaded *l, uint32_t code)
{
    if (code == GT_WEAVE_SEVERAL) {
        return "*";
    }
    size_t at = code == GT_WEAVE_NONE ? SIZE_MAX : gt_flat_find(&l->flat, code);
    return at == SIZE_MAX ? "" : l->ids[at];
}

const char *gt_loaded_class(const gt_loaded *l, uint32_t code)
{
    if (code == GT_WEAVE_SEVERAL) {
        return "*";
    }
    size_t at = code == GT_WEAVE_NONE ? SIZE_MAX : gt_flat_find(&l->flat, code);
    return at == SIZE_MAX ? "" : l->classes[at];
}

void gt_centroid(const gt_geom *g, double *x, double *y)
{
    gt_box b = gt_geom_box(g);
    double sum = 0, sx = 0, sy = 0, ox = b.xmin, oy = b.ymin;
    uint32_t from = 0;
    for (uint32_t r = 0; r < g->n_rings; r++) {
        for (uint32_t i = from; i + 1 < g->ring_end[r]; i++) {
            double ax = g->xy[2 * i] - ox, ay = g->xy[2 * i + 1] - oy;
            double bx = g->xy[2 * i + 2] - ox, by = g->xy[2 * i + 3] - oy;
            double cross = ax * by - bx * ay;
            sum += cross;
            sx += (ax + bx) * cross;
            sy += (ay + by) * cross;
        }
        from = g->ring_end[r];
    }
    *x = sum != 0 ? ox + sx / (3 * sum) : (b.xmin + b.xmax) / 2;
    *y = sum != 0 ? oy + sy / (3 * sum) : (b.ymin + b.ymax) / 2;
}

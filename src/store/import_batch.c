/* Raw rows of one batch: copied from the source, which lends them for one call only. */
#include <string.h>

#include "store/import.h"
#include "store/qc_messages.h"

gt_status imp_batch_init(gt_ctx *ctx, const imp_map *map, imp_batch *b)
{
    size_t n_fields = map->standard->n_fields;
    memset(b, 0, sizeof *b);
    b->ctx = gt_ctx_fork(ctx);
    if (b->ctx == NULL) {
        return gt_fail(ctx, GT_E_MEMORY, &GT_MSG_QC_NO_MEMORY, GT_NOWHERE, GT_NO_ARGS);
    }
    gt_status st = gt_arena_new(b->ctx, 256 * 1024, &b->arena);
    b->coerced = gt_zalloc(b->ctx, n_fields + 1, sizeof *b->coerced);
    b->coerced_row = gt_zalloc(b->ctx, n_fields + 1, sizeof *b->coerced_row);
    b->status = st == GT_OK && (b->coerced == NULL || b->coerced_row == NULL) ? GT_E_MEMORY : st;
    return b->status;
}

void imp_batch_free(gt_ctx *heir, imp_batch *b)
{
    if (b->ctx == NULL) {
        return;
    }
    gt_arena_free(b->arena);
    void *const blocks[] = {b->item,  b->xy,   b->ring,    b->part,
                            b->value, b->blob, b->coerced, b->coerced_row};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        gt_free(b->ctx, blocks[i]);
    }
    qc_hits_free(b->ctx, &b->faults);
    qc_hits_free(b->ctx, &b->hits);
    if (b->status != GT_OK && heir != NULL) {
        gt_ctx_join(heir, b->ctx);
    } else {
        gt_ctx_free(b->ctx);
    }
    memset(b, 0, sizeof *b);
}

static gt_status grow(imp_batch *b, void *slot, size_t *cap, size_t need, size_t size)
{
    void *block;
    memcpy(&block, slot, sizeof block);
    gt_status st = gt_grow(b->ctx, &block, cap, need, size);
    memcpy(slot, &block, sizeof block);
    return st;
}

static gt_status copy_geometry(imp_batch *b, imp_item *item, const gt_geom *g)
{
    gt_status st = grow(b, &b->xy, &b->cap_xy, b->n_xy + 2 * (size_t)g->n_points, sizeof *b->xy);
    if (st == GT_OK) {
        st = grow(b, &b->ring, &b->cap_ring, b->n_ring + g->n_rings, sizeof *b->ring);
    }
    if (st == GT_OK) {
        st = grow(b, &b->part, &b->cap_part, b->n_part + g->n_parts, sizeof *b->part);
    }
    if (st != GT_OK) {
        return st;
    }
    item->has_geom = true;
    item->type = g->type;
    item->n_points = g->n_points;
    item->n_rings = g->n_rings;
    item->n_parts = g->n_parts;
    item->xy_at = b->n_xy;
    item->ring_at = b->n_ring;
    item->part_at = b->n_part;
    if (g->n_points > 0) {
        memcpy(b->xy + b->n_xy, g->xy, 2 * (size_t)g->n_points * sizeof *b->xy);
    }
    if (g->n_rings > 0) {
        memcpy(b->ring + b->n_ring, g->ring_end, g->n_rings * sizeof *b->ring);
    }
    if (g->n_parts > 0) {
        memcpy(b->part + b->n_part, g->part_end, g->n_parts * sizeof *b->part);
    }
    b->n_xy += 2 * (size_t)g->n_points;
    b->n_ring += g->n_rings;
    b->n_part += g->n_parts;
    return GT_OK;
}

static gt_status copy_values(imp_batch *b, const imp_map *map, const gt_value *from)
{
    size_t n = map->standard->n_fields;
    gt_status st = grow(b, &b->value, &b->cap_value, (b->n + 1) * n, sizeof *b->value);
    gt_value *to = st == GT_OK ? b->value + b->n * n : NULL;
    for (size_t i = 0; i < n && st == GT_OK; i++) {
        int column = map->column_of[i];
        to[i] = column < 0 ? (gt_value){.kind = GT_NULL} : from[column];
        if (to[i].kind == GT_VAL_TEXT) {
            to[i].text = gt_arena_strndup(b->arena, to[i].text, to[i].len);
            st = to[i].text == NULL ? GT_E_MEMORY : GT_OK;
        }
    }
    return st;
}

/* What the reader found wrong. A fault in a column that is not taken is a warning. */
static gt_status copy_fault(imp_batch *b, const imp_map *map, const gt_source_info *info,
                            const imp_item *item, const gt_source_fault *f)
{
    bool unused = f->field >= 0 && map->field_of[f->field] < 0;
    qc_hit *h = qc_hits_add(b->ctx, &b->faults, unused ? GT_WARNING : GT_ERROR, f->message);
    if (h == NULL) {
        return GT_E_MEMORY;
    }
    h->row = item->row;
    h->field = f->field < 0 ? NULL
               : unused     ? info->fields[f->field].name
                            : map->standard->fields[map->field_of[f->field]].name;
    for (size_t i = 0; f->args != NULL && f->args[i].name != NULL && i < QC_HIT_ARGS; i++) {
        h->args[i] = f->args[i];
        if (f->args[i].kind == GT_ARG_TEXT && f->args[i].text != NULL) {
            h->args[i].text = gt_arena_strdup(b->arena, f->args[i].text);
            if (h->args[i].text == NULL) {
                return GT_E_MEMORY;
            }
        }
    }
    return GT_OK;
}

static gt_status copy_row(imp_batch *b, const imp_map *map, const gt_source_info *info,
                          const gt_source_feature *f)
{
    gt_status st = grow(b, &b->item, &b->cap_item, b->n + 1, sizeof *b->item);
    if (st != GT_OK) {
        return st;
    }
    imp_item *item = &b->item[b->n];
    memset(item, 0, sizeof *item);
    item->row = f->row;
    item->fault_at = b->faults.n;
    bool geometric = map->standard->geom_type != GT_GEOM_NONE;
    item->broken = geometric && f->geom_fault != NULL && f->geom == NULL;
    item->closed = f->geom_fault != NULL && f->geom != NULL;
    for (size_t i = 0; i < f->n_faults && st == GT_OK; i++) {
        bool shape = f->faults[i].field == GT_FAULT_GEOMETRY;
        if (!shape || (geometric && !item->closed)) {
            st = copy_fault(b, map, info, item, &f->faults[i]);
        }
    }
    item->n_faults = b->faults.n - item->fault_at;
    if (st == GT_OK && f->geom != NULL) {
        st = copy_geometry(b, item, f->geom);
    }
    if (st == GT_OK) {
        st = copy_values(b, map, f->values);
    }
    b->n += st == GT_OK;
    return st;
}

static void reset(imp_batch *b, size_t n_fields)
{
    gt_arena_reset(b->arena);
    b->n = b->n_xy = b->n_ring = b->n_part = b->n_blob = 0;
    b->faults.n = b->faults.n_errors = b->hits.n = b->hits.n_errors = 0;
    memset(b->coerced, 0, n_fields * sizeof *b->coerced);
    b->n_repaired = b->n_geom = b->n_bad_place = 0;
    b->area = 0.0;
    b->box_known = false;
    b->last = false;
    b->status = GT_OK;
}

gt_status imp_batch_read(gt_source *source, const imp_map *map, imp_batch *b)
{
    gt_status st = GT_OK;
    const gt_source_info *info = gt_source_info_of(source);
    reset(b, map->standard->n_fields);
    while (st == GT_OK && b->n < IMP_BATCH_ROWS && b->n_xy < 2 * (size_t)IMP_BATCH_POINTS) {
        gt_source_feature f;
        bool more = false;
        st = gt_source_next(b->ctx, source, &f, &more);
        if (st == GT_OK && !more) {
            b->last = true;
            break;
        }
        if (st == GT_OK) {
            st = copy_row(b, map, info, &f);
        }
    }
    return st;
}

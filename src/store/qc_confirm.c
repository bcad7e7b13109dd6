#include "store/qc_confirm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/qc_messages.h"

enum { MAX_SUSPECTS = 100000 };

static int by_row(const void *a, const void *b)
{
    const qc_suspect *l = a, *r = b;
    if (l->row != r->row) {
        return l->row < r->row ? -1 : 1;
    }
    return l->set < r->set ? -1 : l->set > r->set;
}

static int by_value(const void *a, const void *b)
{
    const qc_suspect *l = a, *r = b;
    if (l->set != r->set) {
        return l->set < r->set ? -1 : 1;
    }
    int order = memcmp(l->digest, r->digest, sizeof l->digest);
    if (order != 0) {
        return order;
    }
    return l->row < r->row ? -1 : l->row > r->row;
}

/* ---- full comparison ------------------------------------------------------------------------- */

typedef struct ring_key {
    unsigned char digest[GT_HASH_BYTES];
} ring_key;

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(ring_key));
}

/* Digest of a ring from its least point in the direction of its lesser neighbour: the same for any
 * start and direction. Repeats are skipped. pts: scratch of 2 * n doubles. */
static void digest_ring(const double *xy, uint32_t n, double *pts, ring_key *out)
{
    uint32_t m = 0, least = 0;
    for (uint32_t i = 0; i < n; i++) {
        const double *p = xy + 2 * (size_t)i;
        if (m == 0 || p[0] != pts[2 * m - 2] || p[1] != pts[2 * m - 1]) {
            pts[2 * m] = p[0] + 0.0; /* -0 to +0 */
            pts[2 * m + 1] = p[1] + 0.0;
            m++;
        }
    }
    if (m > 1 && pts[0] == pts[2 * m - 2] && pts[1] == pts[2 * m - 1]) {
        m--;
    }
    for (uint32_t i = 1; i < m; i++) {
        if (pts[2 * i] < pts[2 * least] ||
            (pts[2 * i] == pts[2 * least] && pts[2 * i + 1] < pts[2 * least + 1])) {
            least = i;
        }
    }
    const double *next = pts + 2 * (size_t)((least + 1) % m);
    const double *prev = pts + 2 * (size_t)((least + m - 1) % m);
    bool ahead = next[0] < prev[0] || (next[0] == prev[0] && next[1] <= prev[1]);
    gt_hash h;
    gt_hash_init(&h);
    for (uint32_t k = 0; k < m; k++) {
        uint32_t i = ahead ? (least + k) % m : (least + m - k) % m;
        gt_hash_add(&h, pts + 2 * (size_t)i, 2 * sizeof *pts);
    }
    gt_hash_final(&h, out->digest);
}

/* Any geometry: sorted digests of its rings (or lines, or the points as one run). */
gt_status qc_digest_geometry(gt_ctx *ctx, const gt_geom *g, unsigned char out[GT_HASH_BYTES])
{
    uint32_t n = g->n_rings > 0 ? g->n_rings : 1;
    double *pts = gt_alloc(ctx, 2 * (size_t)g->n_points + 2, sizeof *pts);
    ring_key *keys = gt_alloc(ctx, n, sizeof *keys);
    if (pts == NULL || keys == NULL) {
        gt_free(ctx, pts);
        gt_free(ctx, keys);
        return GT_E_MEMORY;
    }
    for (uint32_t r = 0, a = 0; r < n; r++) {
        uint32_t z = g->n_rings > 0 ? g->ring_end[r] : g->n_points;
        memset(&keys[r], 0, sizeof keys[r]);
        if (z > a) {
            digest_ring(g->xy + 2 * (size_t)a, z - a, pts, &keys[r]);
        }
        a = z;
    }
    qsort(keys, n, sizeof *keys, by_bytes);
    gt_hash h;
    gt_hash_init(&h);
    gt_hash_add(&h, keys, n * sizeof *keys);
    gt_hash_final(&h, out);
    gt_free(ctx, pts);
    gt_free(ctx, keys);
    return GT_OK;
}

gt_status qc_look_geometry(gt_ctx *ctx, const gt_geom *geom, qc_suspect *s)
{
    if (geom == NULL || geom->n_points == 0) {
        return GT_OK;
    }
    s->seen = true;
    s->text = "";
    s->has_xy = true;
    s->x = geom->xy[0];
    s->y = geom->xy[1];
    return qc_digest_geometry(ctx, geom, s->digest);
}

gt_status qc_look_value(gt_arena *arena, const gt_value *value, qc_suspect *s)
{
    enum { MAX_SHOWN = 200 };
    gt_value v = *value;
    char number[32];
    gt_hash h;
    if (v.kind == GT_NULL) {
        return GT_OK;
    }
    if (v.kind != GT_VAL_TEXT) {
        int n = v.kind == GT_VAL_INT ? snprintf(number, sizeof number, "%lld", (long long)v.integer)
                                     : snprintf(number, sizeof number, "%.17g", v.real);
        v.text = number;
        v.len = (size_t)n;
    }
    gt_hash_init(&h);
    gt_hash_add(&h, v.text, v.len);
    gt_hash_final(&h, s->digest);
    s->seen = true;
    s->text = gt_arena_strndup(arena, v.text, v.len < MAX_SHOWN ? v.len : MAX_SHOWN);
    return s->text == NULL ? GT_E_MEMORY : GT_OK;
}

uint64_t qc_value_hash(const gt_value *v)
{
    if (v->kind == GT_VAL_TEXT) {
        return qc_text_hash(v->text, v->len);
    }
    return v->kind == GT_VAL_INT ? qc_text_hash((const char *)&v->integer, sizeof v->integer)
                                 : qc_text_hash((const char *)&v->real, sizeof v->real);
}

static gt_status note_one(gt_ctx *ctx, const qc_confirm *how, const qc_suspect *s,
                          const qc_suspect *first, gt_notes *notes)
{
    const gt_standard *standard = how->standard;
    int field = how->sets[s->set].field;
    char named[64];
    (void)snprintf(named, sizeof named, gt_ctx_lang(ctx) == GT_LANG_ZH ? "第 %lld 行" : "row %lld",
                   (long long)first->row);
    const char *other = how->file == NULL && first->feature != NULL ? first->feature : named;
    gt_place place = {.file = how->file,
                      .layer = standard->id,
                      .row = how->file == NULL ? 0 : s->row,
                      .feature = s->feature,
                      .has_xy = s->has_xy,
                      .x = s->x,
                      .y = s->y};
    if (field < 0) { /* in a layer without overlaps two equal polygons overlap wholly */
        return gt_notes_add(notes, standard->qc.no_overlap ? GT_ERROR : GT_WARNING,
                            &GT_MSG_QC_DUPLICATE_GEOMETRY, &place,
                            GT_ARGS(GT_TEXT("first", other)));
    }
    place.field = standard->fields[field].name;
    place.feature = field == how->id_field ? s->text : s->feature;
    return gt_notes_add(notes, GT_ERROR, &GT_MSG_QC_DUPLICATE_ID, &place,
                        GT_ARGS(GT_TEXT("value", s->text), GT_TEXT("first", other)));
}

static gt_status note_twins(gt_ctx *ctx, const qc_confirm *how, const qc_suspect *list, size_t n,
                            gt_notes *notes)
{
    gt_status st = GT_OK;
    const qc_suspect *first = NULL;
    for (size_t i = 0; i < n && st == GT_OK; i++) {
        const qc_suspect *s = &list[i];
        if (!s->seen) {
            continue;
        }
        if (first != NULL && first->set == s->set &&
            memcmp(first->digest, s->digest, sizeof s->digest) == 0) {
            st = note_one(ctx, how, s, first, notes);
        } else {
            first = s;
        }
    }
    return st;
}

static gt_status gather(gt_ctx *ctx, const qc_confirm *how, qc_suspect **list, size_t *n)
{
    size_t cap = 0;
    gt_status st = GT_OK;
    for (size_t k = 0; k < how->n_sets && st == GT_OK; k++) {
        qc_twin *twin = NULL;
        size_t n_twin = 0;
        uint64_t total = 0;
        st = qc_twins_finish(ctx, how->sets[k].twins, MAX_SUSPECTS, &twin, &n_twin, &total);
        void *block = *list;
        if (st == GT_OK) {
            st = gt_grow(ctx, &block, &cap, *n + n_twin, sizeof **list);
            *list = block;
        }
        for (size_t i = 0; i < n_twin && st == GT_OK; i++) {
            qc_suspect *s = &(*list)[(*n)++];
            memset(s, 0, sizeof *s);
            s->row = twin[i].row;
            s->set = (int)k;
        }
        gt_free(ctx, twin);
    }
    return st;
}

gt_status qc_confirm_twins(gt_ctx *ctx, const qc_confirm *how, gt_notes *notes)
{
    qc_suspect *list = NULL;
    size_t n = 0;
    gt_arena *arena = NULL;
    gt_status st = gather(ctx, how, &list, &n);
    if (st == GT_OK && n > 0) {
        qsort(list, n, sizeof *list, by_row);
        st = gt_arena_new(ctx, 0, &arena);
        if (st == GT_OK) {
            st = how->look(ctx, how->user, arena, list, n);
        }
        if (st == GT_OK) {
            qsort(list, n, sizeof *list, by_value);
            st = note_twins(ctx, how, list, n, notes);
        }
    }
    gt_arena_free(arena);
    gt_free(ctx, list);
    return st;
}

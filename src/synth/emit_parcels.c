/* Tracks as features: land use in any survey year, and what lies on parcels. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "guotu/pool.h"
#include "synth/dissolve.h"
#include "synth/messages.h"
#include "synth/noise.h"
#include "synth/synth.h"

gt_status sy_parcels_start(gt_ctx *ctx, gt_synth *s)
{
    if (!s->parcels_open) {
        gt_status st = sy_parcels_open(ctx, &s->scene, s->n_parcels, 0, &s->parcels);
        if (st != GT_OK) {
            sy_parcels_free(ctx, &s->parcels);
            return st;
        }
        s->parcels_open = true;
    }
    sy_parcels_rewind(&s->parcels);
    return GT_OK;
}

enum { PIECE_JOINED = 90 }; /* last two digits of the id of a parcel that was split later */

/* Six digits of the district, ten of the cell, two of the piece: eighteen in all, the length the
 * survey database gives its identifier. */
static void parcel_id(const gt_synth *s, const sy_parcel *p, const sy_face *face, bool joined,
                      const char *prefix, char out[64])
{
    unsigned piece = joined ? PIECE_JOINED : face->piece < PIECE_JOINED ? face->piece : 89;
    (void)snprintf(out, 64, "%s%.6s%010llu%02u", prefix, s->codes[face->unit],
                   (unsigned long long)(p->number % 10000000000ULL), piece);
}

static void town_of(const gt_synth *s, uint32_t zone_cell, sy_subject *subject)
{
    int t = sy_zone_at(&s->scene, s->town_zone, zone_cell);
    if (t >= 0) {
        const sy_label *l = &s->scene.recipe->zones[s->town_zone].labels[t];
        subject->town_code = l->code;
        subject->town_name = l->title.zh;
    }
}

/* ---- chunks: geometry is encoded in parallel, features are handed on in order
 * ---------------------- */

enum { CHUNK = 256 };

typedef struct chunk {
    gt_synth *s;
    const sy_batch *batch;
    sy_slot slots[CHUNK];
    size_t parcel[CHUNK]; /* number in the batch */
    uint16_t label[CHUNK];
    bool joined[CHUNK]; /* with the next parcel: they were one then */
    size_t n;
} chunk;

static void chunk_free(gt_ctx *ctx, chunk *c)
{
    for (size_t i = 0; c != NULL && i < CHUNK; i++) {
        sy_slot_free(ctx, &c->slots[i]);
    }
    gt_free(ctx, c);
}

static gt_status joined_geometry(gt_ctx *ctx, const chunk *c, size_t parcel, sy_slot *slot)
{
    const sy_batch *b = c->batch;
    const sy_faces *f = &b->faces[b->parcels[parcel].block];
    sy_faces two = {0}, one = {0};
    static const int32_t group[2] = {0, 0};
    gt_status st = sy_faces_copy(ctx, f, b->parcels[parcel].face, &two);
    if (st == GT_OK) {
        st = sy_faces_copy(ctx, f, b->parcels[parcel + 1].face, &two);
    }
    if (st == GT_OK) {
        st = sy_dissolve(ctx, &two, group, 1, &one);
    }
    for (size_t k = 0; st == GT_OK && k < one.n_faces; k++) {
        st = sy_slot_face(ctx, &c->s->scene.world, slot, &one, k);
    }
    sy_faces_free(ctx, &two);
    sy_faces_free(ctx, &one);
    return st;
}

static gt_status encode_one(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    chunk *c = user;
    sy_slot *slot = &c->slots[task];
    const sy_parcel *p = &c->batch->parcels[c->parcel[task]];
    sy_slot_clear(slot);
    gt_status st = c->joined[task] ? joined_geometry(ctx, c, c->parcel[task], slot)
                                   : sy_slot_face(ctx, &c->s->scene.world, slot,
                                                  &c->batch->faces[p->block], p->face);
    return st == GT_OK ? sy_slot_encode(ctx, c->s, slot) : st;
}

static gt_status flush(gt_ctx *ctx, chunk *c, const sy_entry *e, const char *prefix,
                       const sy_label *labels, sy_writer *w)
{
    gt_status st = gt_parallel_for(ctx, c->n, encode_one, c);
    for (size_t i = 0; st == GT_OK && i < c->n; i++) {
        const sy_parcel *p = &c->batch->parcels[c->parcel[i]];
        const sy_face *face = sy_parcel_face(c->batch, c->parcel[i]);
        char id[64];
        parcel_id(c->s, p, face, c->joined[i], prefix, id);
        sy_subject subject = {.id = id,
                              .unit = face->unit,
                              .label = labels != NULL ? &labels[c->label[i]] : NULL,
                              .year = e->year,
                              .at = face->at,
                              .hash = p->hash,
                              .number = p->number};
        town_of(c->s, p->zone_cell, &subject);
        st = sy_writer_put(ctx, w, &c->slots[i], c->label[i], &subject);
    }
    c->n = 0;
    return st;
}

static gt_status emit_batch(gt_ctx *ctx, chunk *c, const sy_entry *e, const sy_track *track,
                            sy_writer *w)
{
    gt_synth *s = c->s;
    const sy_batch *b = c->batch = &s->parcels.batch;
    bool earlier = track->dated && e->year < s->scene.recipe->base_year;
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < b->n; i++) {
        uint16_t label =
            track->dated ? sy_parcel_class(&s->parcels, i, e->year) : b->label[e->number][i];
        if (label == SY_NO_LABEL) {
            continue;
        }
        bool joined = earlier && b->parcels[i].pair && i + 1 < b->n;
        c->parcel[c->n] = i;
        c->label[c->n] = label;
        c->joined[c->n++] = joined;
        i += joined ? 1 : 0;
        if (c->n == CHUNK) {
            st = flush(ctx, c, e, track->prefix, track->labels, w);
            st = st == GT_OK ? gt_check_cancel(ctx) : st;
        }
    }
    return st == GT_OK ? flush(ctx, c, e, track->prefix, track->labels, w) : st;
}

gt_status sy_emit_track(gt_ctx *ctx, gt_synth *s, const sy_entry *e, gt_synth_put_fn put,
                        void *user)
{
    const sy_track *track = &s->scene.recipe->tracks[e->number];
    sy_writing what = {.standard = e->standard,
                       .attrs = track->attrs,
                       .n_attrs = track->n_attrs,
                       .labels = track->labels,
                       .n_labels = track->n_labels,
                       .put = put,
                       .user = user};
    sy_writer w;
    gt_status st = sy_writer_open(ctx, s, &what, &w);
    if (st != GT_OK) {
        return st;
    }
    if (track->dated) {
        w.valid_from = sy_entry_date(e);
    }
    chunk *c = gt_zalloc(ctx, 1, sizeof *c);
    st = c == NULL ? GT_E_MEMORY : sy_parcels_start(ctx, s);
    if (c != NULL) {
        c->s = s;
    }
    gt_progress_begin(ctx, &GT_MSG_SYNTH_PROGRESS, s->parcels.n_batches);
    for (bool more = true; st == GT_OK && more;) {
        st = sy_parcels_next(ctx, &s->parcels, true, &more);
        if (st == GT_OK && more) {
            st = emit_batch(ctx, c, e, track, &w);
            gt_progress_step(ctx, s->parcels.at + 1);
        }
    }
    gt_progress_end(ctx);
    chunk_free(ctx, c);
    sy_writer_close(ctx, &w);
    return st;
}

/* ---- a further coverage for benchmarks
 * -------------------------------------------------------------- */

/* Leaf codes of the class field's list become the labels. */
static sy_label *code_labels(gt_ctx *ctx, const gt_standard *standard, size_t *n)
{
    *n = 0;
    int f = standard->class_field != NULL ? gt_standard_field(standard, standard->class_field) : -1;
    const gt_codelist *list = f >= 0 ? standard->fields[f].codes : NULL;
    size_t cap = list != NULL ? list->n_codes : 0;
    sy_label *labels = gt_zalloc(ctx, cap, sizeof *labels);
    for (size_t i = 0; labels != NULL && i < cap; i++) {
        bool parent = false;
        for (size_t k = 0; k < cap; k++) {
            const char *of = list->codes[k].parent;
            parent |= of != NULL && strcmp(of, list->codes[i].code) == 0;
        }
        if (!parent) {
            labels[(*n)++] = (sy_label){.code = list->codes[i].code, .title = list->codes[i].title};
        }
    }
    return labels;
}

static gt_status emit_extra_batch(gt_ctx *ctx, chunk *c, const sy_parcels *p,
                                  const sy_label *labels, size_t n_labels, sy_writer *w)
{
    const sy_batch *b = c->batch = &p->batch;
    const sy_entry e = {.year = c->s->scene.recipe->base_year};
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < b->n; i++) {
        const sy_face *face = sy_parcel_face(b, i);
        /* codes change over a few kilometres, so that neighbours often agree */
        double v = 0.5 + 0.5 * sy_fbm(p->mesh.seed, face->at.x / 5e6, face->at.y / 5e6, 3, 0.5);
        v = 3.0 * v + sy_unit(b->parcels[i].hash);
        c->parcel[c->n] = i;
        c->label[c->n] = (uint16_t)(n_labels > 0 ? (size_t)(v * (double)n_labels) % n_labels : 0);
        c->joined[c->n++] = false;
        if (c->n == CHUNK) {
            st = flush(ctx, c, &e, "", n_labels > 0 ? labels : NULL, w);
            st = st == GT_OK ? gt_check_cancel(ctx) : st;
        }
    }
    return st == GT_OK ? flush(ctx, c, &e, "", n_labels > 0 ? labels : NULL, w) : st;
}

gt_status gt_synth_emit_extra(gt_ctx *ctx, gt_synth *synth, const gt_standard *standard,
                              uint64_t salt, gt_synth_put_fn put, void *user)
{
    size_t n_labels = 0;
    sy_parcels parcels = {0};
    sy_writer w = {0};
    chunk *c = gt_zalloc(ctx, 1, sizeof *c);
    sy_label *labels = code_labels(ctx, standard, &n_labels);
    sy_writing what = {
        .standard = standard, .labels = labels, .n_labels = n_labels, .put = put, .user = user};
    gt_status st =
        labels == NULL || c == NULL ? GT_E_MEMORY : sy_writer_open(ctx, synth, &what, &w);
    if (st == GT_OK) {
        c->s = synth;
        st = sy_parcels_open(ctx, &synth->scene, synth->n_parcels, 1 + salt, &parcels);
    }
    for (bool more = true; st == GT_OK && more;) {
        st = sy_parcels_next(ctx, &parcels, false, &more);
        if (st == GT_OK && more) {
            st = emit_extra_batch(ctx, c, &parcels, labels, n_labels, &w);
        }
    }
    chunk_free(ctx, c);
    sy_parcels_free(ctx, &parcels);
    if (w.s != NULL) {
        sy_writer_close(ctx, &w);
    }
    gt_free(ctx, labels);
    return st;
}

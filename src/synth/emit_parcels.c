/* Tracks as features: land use in any survey year, and what lies on parcels. */
#include <math.h>
#include <stdio.h>
#include <string.h>

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

/* Geometry of parcel i, with its pair when they are still one. */
static gt_status take_geometry(gt_ctx *ctx, gt_synth *s, size_t i, bool joined, sy_writer *w)
{
    const sy_batch *b = &s->parcels.batch;
    sy_writer_clear(w);
    const sy_faces *f = &b->faces[b->parcels[i].block];
    if (!joined) {
        return sy_writer_face(ctx, w, f, b->parcels[i].face);
    }
    sy_faces two = {0}, one = {0};
    static const int32_t group[2] = {0, 0};
    gt_status st = sy_faces_copy(ctx, f, b->parcels[i].face, &two);
    if (st == GT_OK) {
        st = sy_faces_copy(ctx, f, b->parcels[i + 1].face, &two);
    }
    if (st == GT_OK) {
        st = sy_dissolve(ctx, &two, group, 1, &one);
    }
    for (size_t k = 0; st == GT_OK && k < one.n_faces; k++) {
        st = sy_writer_face(ctx, w, &one, k);
    }
    sy_faces_free(ctx, &two);
    sy_faces_free(ctx, &one);
    return st;
}

static gt_status emit_batch(gt_ctx *ctx, gt_synth *s, const sy_entry *e, const sy_track *track,
                            sy_writer *w)
{
    const sy_batch *b = &s->parcels.batch;
    bool earlier = track->dated && e->year < s->scene.recipe->base_year;
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < b->n; i++) {
        st = gt_check_cancel(ctx);
        if (st != GT_OK) {
            break;
        }
        uint16_t label =
            track->dated ? sy_parcel_class(&s->parcels, i, e->year) : b->label[e->number][i];
        if (label == SY_NO_LABEL) {
            continue;
        }
        const sy_parcel *p = &b->parcels[i];
        const sy_face *face = sy_parcel_face(b, i);
        bool joined = earlier && p->pair && i + 1 < b->n;
        char id[64];
        parcel_id(s, p, face, joined, track->prefix, id);
        sy_subject subject = {.id = id,
                              .unit = face->unit,
                              .label = &track->labels[label],
                              .year = e->year,
                              .at = face->at,
                              .hash = p->hash,
                              .number = p->number};
        town_of(s, p->zone_cell, &subject);
        st = take_geometry(ctx, s, i, joined, w);
        if (st == GT_OK) {
            st = sy_writer_put(ctx, w, label, &subject);
        }
        i += joined ? 1 : 0;
    }
    return st;
}

gt_status sy_emit_track(gt_ctx *ctx, gt_synth *s, const sy_entry *e, gt_synth_put_fn put,
                        void *user)
{
    const sy_track *track = &s->scene.recipe->tracks[e->number];
    sy_writer w;
    gt_status st = sy_writer_open(ctx, s, e->standard, track->attrs, track->n_attrs, track->labels,
                                  track->n_labels, put, user, &w);
    if (st != GT_OK) {
        return st;
    }
    if (track->dated) {
        w.valid_from = gt_date_from_ymd(e->year, 12, 31);
    }
    st = sy_parcels_start(ctx, s);
    gt_progress_begin(ctx, &GT_MSG_SYNTH_PROGRESS, s->parcels.n_batches);
    for (bool more = true; st == GT_OK && more;) {
        st = sy_parcels_next(ctx, &s->parcels, true, &more);
        if (st == GT_OK && more) {
            st = emit_batch(ctx, s, e, track, &w);
            gt_progress_step(ctx, s->parcels.at + 1);
        }
    }
    gt_progress_end(ctx);
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

static gt_status emit_extra_batch(gt_ctx *ctx, gt_synth *s, const sy_batch *b, sy_writer *w,
                                  const sy_label *labels, size_t n_labels)
{
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < b->n; i++) {
        const sy_parcel *p = &b->parcels[i];
        const sy_face *face = sy_parcel_face(b, i);
        char id[64];
        parcel_id(s, p, face, false, "", id);
        /* codes change over a few kilometres, so that neighbours often agree */
        double v =
            0.5 + 0.5 * sy_fbm(s->parcels.mesh.seed, face->at.x / 5e6, face->at.y / 5e6, 3, 0.5);
        v = 3.0 * v + sy_unit(p->hash);
        size_t label = n_labels > 0 ? (size_t)(v * (double)n_labels) % n_labels : 0;
        sy_subject subject = {.id = id,
                              .unit = face->unit,
                              .label = n_labels > 0 ? &labels[label] : NULL,
                              .year = s->scene.recipe->base_year,
                              .at = face->at,
                              .hash = p->hash,
                              .number = p->number};
        sy_writer_clear(w);
        st = sy_writer_face(ctx, w, &b->faces[p->block], p->face);
        if (st == GT_OK) {
            st = sy_writer_put(ctx, w, label, &subject);
        }
    }
    return st;
}

gt_status gt_synth_emit_extra(gt_ctx *ctx, gt_synth *synth, const gt_standard *standard,
                              uint64_t salt, gt_synth_put_fn put, void *user)
{
    size_t n_labels = 0;
    sy_parcels parcels = {0};
    sy_writer w = {0};
    sy_label *labels = code_labels(ctx, standard, &n_labels);
    gt_status st = labels == NULL ? GT_E_MEMORY
                                  : sy_writer_open(ctx, synth, standard, NULL, 0, labels, n_labels,
                                                   put, user, &w);
    if (st == GT_OK) {
        st = sy_parcels_open(ctx, &synth->scene, synth->n_parcels, 1 + salt, &parcels);
    }
    for (bool more = true; st == GT_OK && more;) {
        st = sy_parcels_next(ctx, &parcels, false, &more);
        if (st == GT_OK && more) {
            st = emit_extra_batch(ctx, synth, &parcels.batch, &w, labels, n_labels);
        }
    }
    sy_parcels_free(ctx, &parcels);
    if (w.s != NULL) {
        sy_writer_close(ctx, &w);
    }
    gt_free(ctx, labels);
    return st;
}

/* Districts, zone layers and river ribbons as features. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "guotu/geos.h"
#include "synth/dissolve.h"
#include "synth/noise.h"
#include "synth/synth.h"

gt_status sy_emit_units(gt_ctx *ctx, gt_synth *s, const sy_entry *e, gt_synth_put_fn put,
                        void *user)
{
    /* the districts' own attributes: code and name, whatever the standard calls them */
    static const sy_attr both[] = {{"code", "@unit"}, {"name", "@unit_name"}};
    sy_attr attrs[2];
    size_t n_attrs = 0;
    for (size_t i = 0; i < 2; i++) {
        if (gt_standard_field(e->standard, both[i].field) >= 0) {
            attrs[n_attrs++] = both[i];
        }
    }
    sy_writing what = {.standard = e->standard,
                       .attrs = attrs,
                       .n_attrs = n_attrs,
                       .labels = s->scene.recipe->unit_labels,
                       .n_labels = s->scene.n_units,
                       .put = put,
                       .user = user};
    sy_writer w;
    gt_status st = sy_writer_open(ctx, s, &what, &w);
    const sy_faces *units = &s->scene.border.units;
    for (size_t i = 0; st == GT_OK && i < units->n_faces;) {
        int unit = units->faces[i].unit;
        sy_slot_clear(&w.slot);
        sy_pt at = units->faces[i].at;
        for (; st == GT_OK && i < units->n_faces && units->faces[i].unit == unit; i++) {
            st = sy_slot_face(ctx, &s->scene.world, &w.slot, units, i);
        }
        st = st == GT_OK ? sy_slot_encode(ctx, s, &w.slot) : st;
        sy_subject subject = {.id = s->codes[unit],
                              .unit = unit,
                              .at = at,
                              .hash = sy_hash(s->scene.seed, 41, (uint64_t)unit)};
        if (st == GT_OK) {
            st = sy_writer_put(ctx, &w, &w.slot, (size_t)unit, &subject);
        }
    }
    if (w.s != NULL) {
        sy_writer_close(ctx, &w);
    }
    return st;
}

/* ---- zones
 * ------------------------------------------------------------------------------------------ */

static gt_status put_zone(gt_ctx *ctx, gt_synth *s, const sy_zone *z, sy_writer *w,
                          const sy_faces *parts, size_t first, size_t n, uint64_t number)
{
    const sy_face *face = &parts->faces[first];
    size_t label = face->leaf % z->n_labels;
    int unit = z->by_unit || z->kind == SY_Z_TOWNS ? face->unit : -1;
    char id[96];
    const char *unit_code = z->by_unit && z->kind != SY_Z_TOWNS ? s->codes[face->unit] : "";
    if (z->whole || z->kind == SY_Z_TOWNS) {
        (void)snprintf(id, sizeof id, "%s%s%s%s", z->prefix, z->labels[label].code,
                       *unit_code != '\0' ? "-" : "", unit_code);
    } else {
        (void)snprintf(id, sizeof id, "%s%s%s%05llu", z->prefix, unit_code,
                       *unit_code != '\0' ? "-" : "", (unsigned long long)number);
    }
    sy_slot_clear(&w->slot);
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        st = sy_slot_face(ctx, &s->scene.world, &w->slot, parts, first + i);
    }
    st = st == GT_OK ? sy_slot_encode(ctx, s, &w->slot) : st;
    sy_subject subject = {.id = id,
                          .unit = unit,
                          .label = &z->labels[label],
                          .at = face->at,
                          .number = number,
                          .year = s->scene.recipe->base_year,
                          .hash = sy_hash(s->scene.seed, 42 + label, number)};
    return st == GT_OK ? sy_writer_put(ctx, w, &w->slot, label, &subject) : st;
}

gt_status sy_emit_zone(gt_ctx *ctx, gt_synth *s, const sy_entry *e, gt_synth_put_fn put, void *user)
{
    const sy_scene *sc = &s->scene;
    const sy_zone *z = &sc->recipe->zones[e->number];
    const int16_t *label = sc->label[e->number];
    size_t n = sc->cells.n_faces;
    sy_writer w = {0};
    sy_faces parts = {0};
    int32_t *group = gt_alloc(ctx, n, sizeof *group);
    sy_writing what = {.standard = e->standard,
                       .attrs = z->attrs,
                       .n_attrs = z->n_attrs,
                       .labels = z->labels,
                       .n_labels = z->n_labels,
                       .put = put,
                       .user = user};
    gt_status st = group == NULL ? GT_E_MEMORY : sy_writer_open(ctx, s, &what, &w);
    for (size_t c = 0; st == GT_OK && c < n; c++) { /* group number = unit * labels + label */
        int32_t unit = z->by_unit ? sc->cells.faces[c].unit : 0;
        group[c] = label[c] < 0 ? -1 : unit * (int32_t)z->n_labels + label[c];
    }
    if (st == GT_OK) {
        size_t units = z->by_unit ? sc->n_units : 1;
        st = sy_dissolve(ctx, &sc->cells, group, units * z->n_labels, &parts);
    }
    uint64_t number = 0;
    for (size_t i = 0; st == GT_OK && i < parts.n_faces;) {
        size_t end = i + 1;
        bool whole = z->whole || z->kind == SY_Z_TOWNS;
        while (whole && end < parts.n_faces && parts.faces[end].leaf == parts.faces[i].leaf) {
            end++;
        }
        st = put_zone(ctx, s, z, &w, &parts, i, end - i, ++number);
        i = end;
        if (st == GT_OK) {
            st = gt_check_cancel(ctx);
        }
    }
    if (w.s != NULL) {
        sy_writer_close(ctx, &w);
    }
    sy_faces_free(ctx, &parts);
    gt_free(ctx, group);
    return st;
}

/* ---- ribbons
 * ---------------------------------------------------------------------------------------- */

/* The territory's outline, for cutting rivers off at it. */
static gt_status outline(gt_ctx *ctx, const gt_synth *s, sy_slot *out)
{
    const sy_scene *sc = &s->scene;
    int32_t *group = gt_zalloc(ctx, sc->border.units.n_faces, sizeof *group);
    sy_faces all = {0};
    gt_status st =
        group == NULL ? GT_E_MEMORY : sy_dissolve(ctx, &sc->border.units, group, 1, &all);
    sy_slot_clear(out);
    for (size_t i = 0; st == GT_OK && i < all.n_faces; i++) {
        st = sy_slot_face(ctx, &sc->world, out, &all, i);
    }
    sy_faces_free(ctx, &all);
    gt_free(ctx, group);
    return st;
}

static gt_status river_line(gt_ctx *ctx, const gt_synth *s, size_t line, gt_geom *out)
{
    const sy_lines *l = &s->scene.fields.rivers;
    gt_geom_reset(out, GT_LINESTRING);
    for (size_t i = line == 0 ? 0 : l->line_end[line - 1]; i < l->line_end[line]; i++) {
        gt_status st = gt_geom_add_point(ctx, out, sy_metres(s->scene.world.ox, l->pts[i].x),
                                         sy_metres(s->scene.world.oy, l->pts[i].y));
        if (st != GT_OK) {
            return st;
        }
    }
    return gt_geom_end_ring(ctx, out);
}

gt_status sy_emit_ribbon(gt_ctx *ctx, gt_synth *s, const sy_entry *e, gt_synth_put_fn put,
                         void *user)
{
    const sy_recipe *r = s->scene.recipe;
    const sy_ribbon *b = &r->ribbons[e->number];
    gt_geos *geos = NULL;
    sy_slot land = {0};
    gt_geom line, strip;
    gt_geom_init(&line);
    gt_geom_init(&strip);
    sy_writer w = {0};
    gt_status st = gt_geos_new(ctx, &geos);
    if (st == GT_OK) {
        st = outline(ctx, s, &land);
    }
    if (st == GT_OK) {
        sy_writing what = {.standard = e->standard,
                           .attrs = b->attrs,
                           .n_attrs = b->n_attrs,
                           .put = put,
                           .user = user};
        st = sy_writer_open(ctx, s, &what, &w);
    }
    for (size_t i = 0; st == GT_OK && i < s->scene.fields.rivers.n_lines; i++) {
        bool named = i < r->n_rivers; /* the recipe's rivers come first, then large streams */
        st = river_line(ctx, s, i, &line);
        if (st == GT_OK) {
            st = gt_geos_buffer(ctx, geos, &line, 0.5 * b->width, &strip);
        }
        if (st == GT_OK) {
            st = gt_geos_intersection(ctx, geos, &strip, &land.geom, &w.slot.geom);
        }
        if (st != GT_OK || w.slot.geom.n_points == 0) {
            continue;
        }
        if (w.slot.geom.type == GT_POLYGON) {
            w.slot.geom.type = GT_MULTIPOLYGON;
        }
        st = sy_slot_encode(ctx, s, &w.slot);
        char id[64];
        (void)snprintf(id, sizeof id, "%s%03zu", b->prefix, i + 1);
        sy_label label = {.code = named ? r->rivers[i].code : "stream",
                          .title = named ? r->rivers[i].title : (gt_title){"", ""}};
        sy_subject subject = {.id = id,
                              .unit = -1,
                              .label = &label,
                              .number = i + 1,
                              .hash = sy_hash(s->scene.seed, 43, i)};
        st = st == GT_OK ? sy_writer_put(ctx, &w, &w.slot, 0, &subject) : st;
    }
    if (w.s != NULL) {
        sy_writer_close(ctx, &w);
    }
    sy_slot_free(ctx, &land);
    gt_geom_free(ctx, &line);
    gt_geom_free(ctx, &strip);
    gt_geos_free(geos);
    return st;
}

/* ---- lines drawn by hand
 * ---------------------------------------------------------------------------- */

static gt_status draw_course(gt_ctx *ctx, const gt_synth *s, const sy_course *course, gt_geom *out)
{
    gt_geom_reset(out, GT_LINESTRING);
    for (size_t i = 0; i < course->n_pts; i++) {
        gt_status st = gt_geom_add_point(ctx, out, sy_metres(s->scene.world.ox, course->pts[i].x),
                                         sy_metres(s->scene.world.oy, course->pts[i].y));
        if (st != GT_OK) {
            return st;
        }
    }
    return gt_geom_end_ring(ctx, out);
}

gt_status sy_emit_lines(gt_ctx *ctx, gt_synth *s, const sy_entry *e, gt_synth_put_fn put,
                        void *user)
{
    const sy_drawn *d = &s->scene.recipe->lines[e->number];
    sy_writer w = {0};
    sy_writing what = {.standard = e->standard,
                       .attrs = d->attrs,
                       .n_attrs = d->n_attrs,
                       .labels = d->labels,
                       .n_labels = d->n_labels,
                       .put = put,
                       .user = user};
    gt_status st = sy_writer_open(ctx, s, &what, &w);
    for (size_t i = 0; st == GT_OK && i < d->n_labels; i++) {
        st = draw_course(ctx, s, &d->courses[i], &w.slot.geom);
        st = st == GT_OK ? sy_slot_encode(ctx, s, &w.slot) : st;
        char id[64];
        (void)snprintf(id, sizeof id, "%s%03zu", d->prefix, i + 1);
        sy_subject subject = {.id = id,
                              .unit = -1,
                              .label = &d->labels[i],
                              .at = d->courses[i].pts[0],
                              .number = i + 1,
                              .year = s->scene.recipe->base_year,
                              .hash = sy_hash(s->scene.seed, 44, i)};
        st = st == GT_OK ? sy_writer_put(ctx, &w, &w.slot, i, &subject) : st;
    }
    if (w.s != NULL) {
        sy_writer_close(ctx, &w);
    }
    return st;
}

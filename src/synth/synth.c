/* The room's front: options, the list of layers, figures and their report. */
#include "synth/synth.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "synth/messages.h"

void gt_synth_options_init(gt_synth_options *options)
{
    *options = (gt_synth_options){
        .size = sizeof *options, .seed = 1, .n_parcels = GT_SYNTH_PARCELS_DEFAULT};
}

static gt_status out_of_range(gt_ctx *ctx, const char *option, double value, double min, double max)
{
    return gt_fail(ctx, GT_E_USAGE, &GT_MSG_SYNTH_OPTION, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("option", option), GT_REAL("value", value), GT_REAL("min", min),
                           GT_REAL("max", max)));
}

static gt_status check_options(gt_ctx *ctx, const gt_synth_options *o)
{
    if (!(o->n_parcels >= GT_SYNTH_PARCELS_MIN && o->n_parcels <= GT_SYNTH_PARCELS_MAX)) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_SYNTH_SCALE, GT_NOWHERE,
                       GT_ARGS(GT_REAL("n", o->n_parcels), GT_REAL("min", GT_SYNTH_PARCELS_MIN),
                               GT_REAL("max", GT_SYNTH_PARCELS_MAX)));
    }
    if (o->grid != 0 && (o->grid < 64 || o->grid > 2048 || (o->grid & (o->grid - 1)) != 0)) {
        return out_of_range(ctx, "grid", o->grid, 64, 2048);
    }
    if (o->zone_cells != 0 && !(o->zone_cells >= 100 && o->zone_cells <= 1e6)) {
        return out_of_range(ctx, "zone_cells", o->zone_cells, 100, 1e6);
    }
    return GT_OK;
}

/* ---- input
 * ------------------------------------------------------------------------------------------ */

static gt_status take_units(gt_ctx *ctx, gt_synth *s, const gt_synth_data *data)
{
    size_t n = data->n_units;
    if (n == 0 || data->units == NULL) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SYNTH_NO_UNITS, GT_PLACE(.layer = "districts"),
                       GT_NO_ARGS);
    }
    s->rings = gt_zalloc(ctx, n, sizeof *s->rings);
    s->codes = gt_zalloc(ctx, n, sizeof *s->codes);
    s->names = gt_zalloc(ctx, n, sizeof *s->names);
    s->towns = gt_zalloc(ctx, n, sizeof *s->towns);
    s->town_codes = gt_zalloc(ctx, n, sizeof *s->town_codes);
    if (s->rings == NULL || s->codes == NULL || s->names == NULL || s->towns == NULL ||
        s->town_codes == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        const gt_synth_unit *u = &data->units[i];
        const gt_geom *g = u->geom;
        bool surface = g != NULL && (g->type == GT_POLYGON || g->type == GT_MULTIPOLYGON);
        if (!surface || g->n_parts == 0) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SYNTH_UNIT_EMPTY,
                           GT_PLACE(.layer = "districts", .row = (long long)i + 1),
                           GT_ARGS(GT_TEXT("unit", u->name)));
        }
        s->rings[i] =
            (sy_unit_rings){u->name, g->xy, g->ring_end, g->part_end, g->n_rings, g->n_parts};
        s->codes[i] = u->code;
        s->names[i] = u->name;
        s->towns[i] = u->towns;
        s->town_codes[i] = u->town_codes;
    }
    return GT_OK;
}

static gt_status build_scene(gt_ctx *ctx, gt_synth *s, const gt_synth_data *data,
                             const gt_synth_options *o)
{
    char path[4096];
    const char *recipe = o->recipe;
    if (recipe == NULL) {
        int len = snprintf(path, sizeof path, "%s/synth.yaml", gt_package_dir(s->package));
        if (len < 0 || (size_t)len >= sizeof path) {
            return gt_fail_errno(ctx, 36 /* ENAMETOOLONG */, "open", gt_package_dir(s->package));
        }
        recipe = path;
    }
    const gt_synth_relief *r = &data->relief;
    sy_relief relief = {r->n_cols, r->n_rows, r->x0,      r->y0,   r->dx,
                        r->dy,     r->z,      r->degrees, s->plane};
    sy_scene_input in = {
        .units = s->rings,
        .unit_codes = s->codes,
        .unit_names = s->names,
        .n_units = data->n_units,
        .towns = s->towns,
        .town_codes = s->town_codes,
        .relief = &relief,
        .plane = s->plane,
        .recipe_path = recipe,
        .seed = o->seed,
        .grid = o->grid != 0 ? o->grid : 1024,
        .zone_cells = o->zone_cells != 0 ? o->zone_cells : 24000,
    };
    return sy_scene_build(ctx, &in, &s->scene);
}

/* ---- layers
 * ----------------------------------------------------------------------------------------- */

static gt_status add_entry(gt_ctx *ctx, gt_synth *s, sy_entry_kind kind, size_t number, int year,
                           const char *layer)
{
    const gt_standard *standard = gt_package_find_layer(s->package, layer);
    if (standard == NULL) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SYNTH_NO_LAYER, GT_PLACE(.layer = layer),
                       GT_ARGS(GT_TEXT("layer", layer)));
    }
    const sy_recipe *r = s->scene.recipe;
    int since = kind == SY_E_ZONE    ? r->zones[number].since
                : kind == SY_E_TRACK ? r->tracks[number].since
                                     : 0;
    s->entries[s->n_entries++] = (sy_entry){kind, number, year, since, standard};
    return GT_OK;
}

gt_date sy_entry_date(const sy_entry *entry)
{
    return gt_date_from_ymd(entry->since != 0 ? entry->since : entry->year, 12, 31);
}

static gt_status list_layers(gt_ctx *ctx, gt_synth *s)
{
    const sy_recipe *r = s->scene.recipe;
    size_t most = 1 + r->n_zones + r->n_ribbons + r->n_lines + r->n_tracks * (r->n_years + 1);
    s->entries = gt_zalloc(ctx, most, sizeof *s->entries);
    if (s->entries == NULL) {
        return GT_E_MEMORY;
    }
    s->town_zone = -1;
    gt_status st = add_entry(ctx, s, SY_E_UNITS, 0, 0, gt_package_unit_layer(s->package));
    for (size_t i = 0; st == GT_OK && i < r->n_zones; i++) {
        if (r->zones[i].kind == SY_Z_TOWNS) {
            s->town_zone = (int)i;
        }
        if (!r->zones[i].hidden) {
            st = add_entry(ctx, s, SY_E_ZONE, i, r->base_year, r->zones[i].layer);
        }
    }
    for (size_t i = 0; st == GT_OK && i < r->n_ribbons; i++) {
        st = add_entry(ctx, s, SY_E_RIBBON, i, r->base_year, r->ribbons[i].layer);
    }
    for (size_t i = 0; st == GT_OK && i < r->n_lines; i++) {
        st = add_entry(ctx, s, SY_E_LINES, i, r->base_year, r->lines[i].layer);
    }
    for (size_t t = 0; st == GT_OK && t < r->n_tracks; t++) {
        if (!r->tracks[t].dated) {
            st = add_entry(ctx, s, SY_E_TRACK, t, r->base_year, r->tracks[t].layer);
            continue;
        }
        for (size_t y = 0; st == GT_OK && y < r->n_years; y++) {
            st = add_entry(ctx, s, SY_E_TRACK, t, r->years[y], r->tracks[t].layer);
        }
    }
    return st;
}

gt_status gt_synth_new(gt_ctx *ctx, const gt_package *package, const gt_synth_data *data,
                       const gt_synth_options *options, gt_synth **out)
{
    gt_status st = check_options(ctx, options);
    if (st != GT_OK) {
        return st;
    }
    gt_synth *s = gt_zalloc(ctx, 1, sizeof *s);
    if (s == NULL) {
        return GT_E_MEMORY;
    }
    gt_crs *crs = NULL;
    s->ctx = ctx;
    s->package = package;
    s->relief = data->relief;
    s->n_parcels = options->n_parcels;
    s->seed = options->seed;
    st = take_units(ctx, s, data);
    if (st == GT_OK) {
        st = gt_crs_new(ctx, gt_package_crs(package), &crs);
    }
    if (st == GT_OK) {
        s->srs_id = gt_crs_epsg(crs);
        st = gt_plane_new(ctx, crs, &s->plane);
    }
    if (st == GT_OK) {
        st = build_scene(ctx, s, data, options);
    }
    if (st == GT_OK) {
        st = list_layers(ctx, s);
    }
    gt_crs_free(ctx, crs);
    if (st != GT_OK) {
        gt_synth_free(ctx, s);
        return st;
    }
    *out = s;
    return GT_OK;
}

void gt_synth_free(gt_ctx *ctx, gt_synth *s)
{
    if (s == NULL) {
        return;
    }
    if (s->parcels_open) {
        sy_parcels_free(ctx, &s->parcels);
    }
    if (s->scene.recipe != NULL) {
        sy_scene_free(ctx, &s->scene);
    }
    gt_plane_free(ctx, s->plane);
    gt_free(ctx, s->rings);
    gt_free(ctx, s->codes);
    gt_free(ctx, s->names);
    gt_free(ctx, s->towns);
    gt_free(ctx, s->town_codes);
    gt_free(ctx, s->entries);
    gt_free(ctx, s->made);
    gt_free(ctx, s);
}

size_t gt_synth_n_layers(const gt_synth *s)
{
    return s->n_entries;
}

gt_synth_layer gt_synth_layer_at(const gt_synth *s, size_t i)
{
    const sy_entry *e = &s->entries[i];
    const sy_recipe *r = s->scene.recipe;
    gt_synth_layer out = {.standard = e->standard,
                          .origin = GT_ORIGIN_GENERATED,
                          .valid_from = gt_date_from_ymd(r->base_year, 12, 31)};
    switch (e->kind) {
    case SY_E_UNITS:
        out.origin = GT_ORIGIN_OPEN;
        out.note = "district outlines from open data, rounded to 1 mm";
        break;
    case SY_E_ZONE:
        out.valid_from = sy_entry_date(e);
        out.note = "generated: cells of a seeded coverage, picked by rule; not a survey";
        break;
    case SY_E_RIBBON:
        out.note = "generated: strips along schematic river courses; not a survey";
        break;
    case SY_E_LINES:
        out.note = "generated: courses drawn by hand, schematic; not a survey";
        break;
    case SY_E_TRACK:
        out.valid_from = sy_entry_date(e);
        out.note = "generated: parcels of a seeded coverage, classed by rule; not a survey";
        break;
    }
    return out;
}

gt_status gt_synth_emit(gt_ctx *ctx, gt_synth *s, size_t i, gt_synth_put_fn put, void *user)
{
    if (i >= s->n_entries) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_SYNTH_OUT_OF_LAYERS, GT_NOWHERE,
                       GT_ARGS(GT_INT("i", i), GT_INT("n", s->n_entries)));
    }
    const sy_entry *e = &s->entries[i];
    switch (e->kind) {
    case SY_E_UNITS:
        return sy_emit_units(ctx, s, e, put, user);
    case SY_E_ZONE:
        return sy_emit_zone(ctx, s, e, put, user);
    case SY_E_RIBBON:
        return sy_emit_ribbon(ctx, s, e, put, user);
    case SY_E_LINES:
        return sy_emit_lines(ctx, s, e, put, user);
    case SY_E_TRACK:
        return sy_emit_track(ctx, s, e, put, user);
    }
    return GT_E_INTERNAL;
}

/* ---- figures
 * ---------------------------------------------------------------------------------------- */

static bool counts(const sy_scene *s, const sy_total *t, int unit, uint32_t cell)
{
    if (t->in_units != NULL && (unit < 0 || !t->in_units[unit])) {
        return false;
    }
    if (t->in_zone < 0) {
        return true;
    }
    int at = sy_zone_at(s, t->in_zone, cell);
    return at >= 0 && (t->in_label < 0 || at == t->in_label);
}

static void measure_zones(const sy_scene *s, const sy_total *t, double *made)
{
    for (size_t k = 0; k < t->n_of; k++) {
        if (t->of[k].zone < 0) {
            continue;
        }
        const int16_t *label = s->label[t->of[k].zone];
        for (size_t c = 0; c < s->cells.n_faces; c++) {
            if (label[c] == t->of[k].label && counts(s, t, s->cells.faces[c].unit, (uint32_t)c)) {
                *made += s->cell_km2[c];
            }
        }
    }
}

static void measure_batch(gt_synth *s)
{
    const sy_scene *sc = &s->scene;
    const sy_batch *b = &s->parcels.batch;
    for (size_t k = 0; k < sc->recipe->n_totals; k++) {
        const sy_total *t = &sc->recipe->totals[k];
        for (size_t j = 0; j < t->n_of; j++) {
            if (t->of[j].track < 0) {
                continue;
            }
            const uint16_t *label = b->label[t->of[j].track];
            for (size_t i = 0; i < b->n; i++) {
                if (label[i] == (uint16_t)t->of[j].label &&
                    counts(sc, t, sy_parcel_face(b, i)->unit, b->parcels[i].zone_cell)) {
                    s->made[k] += (double)b->parcels[i].km2;
                }
            }
        }
    }
}

gt_status gt_synth_measure(gt_ctx *ctx, gt_synth *s)
{
    const sy_recipe *r = s->scene.recipe;
    if (s->made != NULL) {
        return GT_OK;
    }
    s->made = gt_zalloc(ctx, r->n_totals, sizeof *s->made);
    if (s->made == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t k = 0; k < r->n_totals; k++) {
        measure_zones(&s->scene, &r->totals[k], &s->made[k]);
    }
    gt_status st = sy_parcels_start(ctx, s);
    for (bool more = true; st == GT_OK && more;) {
        st = sy_parcels_next(ctx, &s->parcels, true, &more);
        if (st == GT_OK && more) {
            measure_batch(s);
        }
    }
    if (st != GT_OK) {
        gt_free(ctx, s->made);
        s->made = NULL;
    }
    return st;
}

size_t gt_synth_n_totals(const gt_synth *s)
{
    return s->scene.recipe->n_totals;
}

gt_synth_total gt_synth_total_at(const gt_synth *s, size_t i)
{
    const sy_total *t = &s->scene.recipe->totals[i];
    return (gt_synth_total){.id = t->id,
                            .clause = t->clause,
                            .title = t->title,
                            .published_km2 = t->km2,
                            .made_km2 = s->made != NULL ? s->made[i] : NAN,
                            .tolerance = t->tolerance};
}

static void pad(gt_text *out, const char *text, size_t columns)
{
    gt_text_puts(out, text);
    for (size_t n = gt_text_columns(text); n < columns; n++) {
        gt_text_putc(out, ' ');
    }
}

void gt_synth_report(const gt_synth *s, gt_lang lang, gt_text *out)
{
    static const char *const heads[2][5] = {
        {"figure", "published km2", "generated km2", "off by", "clause"},
        {"指标", "规划值 km2", "生成值 km2", "偏差", "条款"}};
    const char *const *head = heads[lang == GT_LANG_ZH];
    pad(out, head[0], 52);
    pad(out, head[1], 15);
    pad(out, head[2], 15);
    pad(out, head[3], 9);
    gt_text_printf(out, "  %s\n", head[4]);
    for (size_t i = 0; i < gt_synth_n_totals(s); i++) {
        gt_synth_total t = gt_synth_total_at(s, i);
        double off = t.made_km2 / t.published_km2 - 1;
        char number[64];
        pad(out, lang == GT_LANG_ZH ? t.title.zh : t.title.en, 52);
        (void)snprintf(number, sizeof number, "%.2f", t.published_km2);
        pad(out, number, 15);
        (void)snprintf(number, sizeof number, "%.2f", t.made_km2);
        pad(out, number, 15);
        (void)snprintf(number, sizeof number, "%+.2f %%", 100 * off);
        pad(out, number, 9);
        gt_text_printf(out, "%s %s\n", fabs(off) <= t.tolerance ? " " : "!", t.clause);
    }
}

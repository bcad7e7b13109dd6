/* The one-page picture of a verdict: wires check's findings to report's page. */
#include <math.h>
#include <string.h>

#include "cli.h"
#include "guotu/arena.h"
#include "guotu/map.h"

static void joined_clauses(const gt_rule *rule, gt_text *out)
{
    gt_text_clear(out);
    for (size_t i = 0; rule->clauses[i] != NULL; i++) {
        gt_text_printf(out, "%s%s", i > 0 ? ", " : "", rule->clauses[i]);
    }
}

/* The measure whose overlap is shown: the one to cut out, else the first with an overlap. */
static const gt_measured *shown_measure(const gt_finding *f)
{
    const gt_measured *best = NULL;
    for (size_t i = 0; i < f->rule->n_measures; i++) {
        const gt_measured *m = f->measured[i];
        bool cut =
            f->rule->comply_cut_out != NULL && strcmp(m->measure->id, f->rule->comply_cut_out) == 0;
        if (m->m2 > 0 && (best == NULL || cut)) {
            best = m;
        }
    }
    return best;
}

static gt_status undecided_text(const gt_verdict *verdict, const gt_finding *f, gt_text *scratch,
                                gt_arena *arena, gt_map_finding *out)
{
    gt_title missing = gt_verdict_missing_title(verdict, f);
    gt_text_clear(scratch);
    gt_text_printf(scratch, "缺少%s", missing.zh);
    out->text.zh = gt_arena_strdup(arena, gt_text_cstr(scratch));
    gt_text_clear(scratch);
    gt_text_printf(scratch, "%s is missing", missing.en);
    out->text.en = gt_arena_strdup(arena, gt_text_cstr(scratch));
    return out->text.zh == NULL || out->text.en == NULL ? GT_E_MEMORY : GT_OK;
}

static gt_status fill_one(const gt_verdict *verdict, const gt_finding *f, int number,
                          gt_text *scratch, gt_arena *arena, gt_map_finding *out)
{
    const gt_measured *m = shown_measure(f);
    joined_clauses(f->rule, scratch);
    memset(out, 0, sizeof *out);
    out->number = number;
    out->rule = f->rule->title;
    out->clauses = gt_arena_strdup(arena, gt_text_cstr(scratch));
    out->effect = f->rule->effect;
    out->result = f->result;
    out->m2 = m != NULL ? m->m2 : (double)NAN;
    out->share = m != NULL ? m->share : (double)NAN;
    out->overlap = m != NULL ? m->overlap : NULL;
    if (f->result == GT_UNDECIDABLE) {
        return undecided_text(verdict, f, scratch, arena, out);
    }
    gt_title text = {f->comply[GT_LANG_ZH] != NULL ? f->comply[GT_LANG_ZH] : f->said[GT_LANG_ZH],
                     f->comply[GT_LANG_EN] != NULL ? f->comply[GT_LANG_EN] : f->said[GT_LANG_EN]};
    out->text = text;
    return out->clauses == NULL ? GT_E_MEMORY : GT_OK;
}

/* The ground under the subject: land use and units, as far as the workspace holds them. */
static gt_status ground(cli *app, gt_store *store, const gt_package *package,
                        const gt_verdict *verdict, gt_store_map **out)
{
    const char *wanted[] = {gt_package_land_layer(package), gt_package_unit_layer(package)};
    const char *ids[3] = {NULL, NULL, NULL};
    size_t n = 0;
    for (size_t i = 0; i < 2; i++) {
        gt_layer_info info;
        if (wanted[i] == NULL) {
            continue;
        }
        if (gt_store_find_layer(app->ctx, store, wanted[i], &info) != GT_OK) {
            gt_error_clear(app->ctx); /* a picture without that ground is still a picture */
        } else if (info.n_features > 0) {
            ids[n++] = wanted[i];
        }
    }
    gt_store_map_options o;
    gt_store_map_options_init(&o);
    gt_box box = gt_geom_box(gt_verdict_geom(verdict));
    o.ids = ids;
    o.ground_width = 3 * (box.xmax - box.xmin);
    return gt_store_map_new(app->ctx, store, package, &o, out);
}

static gt_status list_findings(const gt_verdict *verdict, gt_text *scratch, gt_arena *arena,
                               gt_map_verdict_options *o)
{
    size_t n = gt_verdict_n_findings(verdict), used = 0;
    gt_map_finding *list = gt_arena_alloc(arena, n + 1, sizeof *list);
    if (list == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        const gt_finding *f = gt_verdict_finding(verdict, i);
        if (f->result == GT_PASS) {
            o->n_passed++;
            continue;
        }
        gt_status st = fill_one(verdict, f, (int)used + 1, scratch, arena, &list[used]);
        if (st != GT_OK) {
            return st;
        }
        used++;
    }
    o->findings = list;
    o->n_findings = used;
    return GT_OK;
}

/* What the warning names: the generated layers that were measured, whatever lies beneath. */
static gt_status list_generated(const gt_verdict *verdict, gt_arena *arena,
                                gt_map_verdict_options *o)
{
    size_t n = 0;
    while (gt_verdict_generated(verdict, n) != NULL) {
        n++;
    }
    gt_title *titles = gt_arena_alloc(arena, n + 1, sizeof *titles);
    for (size_t i = 0; titles != NULL && i < n; i++) {
        titles[i] = gt_verdict_generated(verdict, i)->title;
    }
    o->generated = n > 0 ? titles : NULL;
    o->n_generated = n;
    return titles == NULL ? GT_E_MEMORY : GT_OK;
}

gt_status cli_verdict_picture(cli *app, gt_store *store, const gt_package *package,
                              const gt_verdict *verdict, const char *subject_name,
                              const char *subject_kind, const char *path)
{
    gt_arena *arena = NULL;
    gt_store_map *map = NULL;
    gt_text scratch;
    gt_map_verdict_options o;
    gt_map_verdict_options_init(app->ctx, &o);
    gt_text_init(&scratch, app->ctx, 0);
    gt_status st = gt_arena_new(app->ctx, 0, &arena);
    if (st == GT_OK) {
        st = list_findings(verdict, &scratch, arena, &o);
    }
    if (st == GT_OK) {
        st = list_generated(verdict, arena, &o);
    }
    if (st == GT_OK) {
        st = ground(app, store, package, verdict, &map);
    }
    if (st == GT_OK) {
        const gt_subject_kind *kind = gt_package_find_subject_kind(package, subject_kind);
        o.lang = app->lang;
        o.subject = subject_name;
        o.subject_kind = kind != NULL ? kind->title : (gt_title){subject_kind, subject_kind};
        o.geom = gt_verdict_geom(verdict);
        o.m2 = gt_verdict_area_m2(verdict);
        o.result = gt_verdict_result(verdict);
        o.note = gt_store_map_note(map);
        o.layers = gt_store_map_layers(map, &o.n_layers);
        st = gt_map_verdict(app->ctx, gt_store_map_source(map), &o, path);
    }
    gt_store_map_free(map);
    gt_text_free(&scratch);
    gt_arena_free(arena);
    return st;
}

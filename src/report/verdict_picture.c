/* A verdict of check as a page: its findings, the clauses they cite, the ground below. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "guotu/arena.h"
#include "guotu/map.h"

void gt_verdict_picture_options_init(gt_ctx *ctx, gt_verdict_picture_options *options)
{
    *options = (gt_verdict_picture_options){
        .size = sizeof *options, .dpi = 150, .lang = gt_ctx_lang(ctx), .day = GT_DATE_NONE};
}

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

/* The ground under the subject: land use and units, as far as the workspace holds them and they may
 * be seen. */
static gt_status ground(gt_ctx *ctx, gt_store *store, const gt_package *package,
                        const gt_verdict *verdict, const gt_verdict_picture_options *options,
                        gt_store_map **out)
{
    const char *wanted[] = {gt_package_land_layer(package), gt_package_unit_layer(package)};
    const char *ids[3] = {NULL, NULL, NULL};
    size_t n = 0;
    for (size_t i = 0; i < 2; i++) {
        gt_layer_info info;
        if (wanted[i] == NULL ||
            (options->may_draw != NULL && !options->may_draw(options->user, wanted[i]))) {
            continue;
        }
        if (gt_store_find_layer(ctx, store, wanted[i], &info) != GT_OK) {
            gt_error_clear(ctx); /* a picture without that ground is still a picture */
        } else if (info.n_features > 0) {
            ids[n++] = wanted[i];
        }
    }
    gt_store_map_options o;
    gt_store_map_options_init(&o);
    gt_box box = gt_geom_box(gt_verdict_geom(verdict));
    o.ids = ids;
    o.ground_width = 3 * (box.xmax - box.xmin);
    return gt_store_map_new(ctx, store, package, &o, out);
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

/* "Plan, section" and what is asked; in Chinese the plan's own terms, then the register's reading.
 */
static gt_status fill_clause(const gt_package *package, const gt_clause *c, gt_text *scratch,
                             gt_arena *arena, gt_map_clause *out)
{
    const gt_plan *plan = gt_package_find_plan(package, c->plan);
    gt_title title = plan == NULL ? (gt_title){c->plan, c->plan} : plan->title;
    const char *const zh[] = {title.zh, "，", c->section, "：", c->title_en};
    const char *const en[] = {title.en, ", ", c->section, ": ", c->title_en};
    gt_title *where = &out->where;
    out->id = c->id;
    for (int lang = 0; lang < 2; lang++) {
        gt_text_clear(scratch);
        for (size_t i = 0; i < sizeof zh / sizeof *zh; i++) {
            const char *part = lang == 0 ? zh[i] : en[i];
            gt_text_puts(scratch, part == NULL ? "" : part);
        }
        *(lang == 0 ? &where->zh : &where->en) = gt_arena_strdup(arena, gt_text_cstr(scratch));
    }
    gt_text_clear(scratch);
    gt_text_printf(scratch, "%s\n%s", c->terms_zh, c->requirement_en);
    out->text.zh = gt_arena_strdup(arena, gt_text_cstr(scratch));
    out->text.en = c->requirement_en;
    return where->zh == NULL || where->en == NULL || out->text.zh == NULL ? GT_E_MEMORY : GT_OK;
}

/* Clauses of the rules listed, each once, in the order of the table. */
static gt_status list_clauses(const gt_package *package, const gt_verdict *verdict,
                              gt_text *scratch, gt_arena *arena, gt_map_verdict_options *o)
{
    size_t most = 0, used = 0;
    for (size_t i = 0; i < gt_verdict_n_findings(verdict); i++) {
        const gt_finding *f = gt_verdict_finding(verdict, i);
        for (size_t k = 0; f->rule->clauses[k] != NULL; k++) {
            most += f->result != GT_PASS ? 1 : 0;
        }
    }
    gt_map_clause *list = gt_arena_alloc(arena, most + 1, sizeof *list);
    for (size_t i = 0; list != NULL && i < gt_verdict_n_findings(verdict); i++) {
        const gt_finding *f = gt_verdict_finding(verdict, i);
        for (size_t k = 0; f->result != GT_PASS && f->rule->clauses[k] != NULL; k++) {
            const gt_clause *c = gt_package_find_clause(package, f->rule->clauses[k]);
            bool known = c == NULL;
            for (size_t j = 0; j < used && !known; j++) {
                known = strcmp(list[j].id, c->id) == 0;
            }
            if (known) {
                continue;
            }
            gt_status st = fill_clause(package, c, scratch, arena, &list[used++]);
            if (st != GT_OK) {
                return st;
            }
        }
    }
    o->clauses = list;
    o->n_clauses = used;
    return list == NULL ? GT_E_MEMORY : GT_OK;
}

/* Revision and package, the day of the check, and the hash that says which package it was. */
static gt_status make_note(const gt_package *package, gt_title base, gt_date day, gt_text *scratch,
                           gt_arena *arena, gt_title *out)
{
    char on[GT_DATE_TEXT] = "";
    gt_date_format(day, on);
    gt_text_clear(scratch);
    gt_text_printf(scratch, "%s（%.12s）%s%s", base.zh, gt_package_hash(package),
                   *on == '\0' ? "" : "；审查日期 ", on);
    out->zh = gt_arena_strdup(arena, gt_text_cstr(scratch));
    gt_text_clear(scratch);
    gt_text_printf(scratch, "%s (%.12s)%s%s", base.en, gt_package_hash(package),
                   *on == '\0' ? "" : "; checked on ", on);
    out->en = gt_arena_strdup(arena, gt_text_cstr(scratch));
    return out->zh == NULL || out->en == NULL ? GT_E_MEMORY : GT_OK;
}

gt_status gt_verdict_picture(gt_ctx *ctx, gt_store *store, const gt_package *package,
                             const gt_verdict *verdict, const gt_verdict_picture_options *options,
                             const char *path)
{
    gt_arena *arena = NULL;
    gt_store_map *map = NULL;
    gt_text scratch;
    gt_map_verdict_options o;
    gt_map_verdict_options_init(ctx, &o);
    gt_text_init(&scratch, ctx, 0);
    gt_status st = gt_arena_new(ctx, 0, &arena);
    st = st == GT_OK ? list_findings(verdict, &scratch, arena, &o) : st;
    st = st == GT_OK ? list_clauses(package, verdict, &scratch, arena, &o) : st;
    st = st == GT_OK ? list_generated(verdict, arena, &o) : st;
    st = st == GT_OK ? ground(ctx, store, package, verdict, options, &map) : st;
    st = st == GT_OK
             ? make_note(package, gt_store_map_note(map), options->day, &scratch, arena, &o.note)
             : st;
    if (st == GT_OK) {
        const char *id = options->kind == NULL ? "" : options->kind;
        const gt_subject_kind *kind = gt_package_find_subject_kind(package, id);
        o.dpi = options->dpi;
        o.lang = options->lang;
        o.subject = gt_verdict_name(verdict);
        o.subject_kind = kind != NULL ? kind->title : (gt_title){id, id};
        o.geom = gt_verdict_geom(verdict);
        o.m2 = gt_verdict_area_m2(verdict);
        o.result = gt_verdict_result(verdict);
        o.layers = gt_store_map_layers(map, &o.n_layers);
        st = gt_map_verdict(ctx, gt_store_map_source(map), &o, path);
    }
    gt_store_map_free(map);
    gt_text_free(&scratch);
    gt_arena_free(arena);
    return st;
}

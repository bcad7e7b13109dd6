/* Who may change a feature, whether it is good enough, and whether the plan allows it. */
#include <stdio.h>
#include <string.h>

#include "guotu/qc.h"
#include "guotu/weave.h"
#include "ledger/place.h"
#include "serve/access.h"
#include "serve/edit.h"
#include "serve/messages.h"

static const double LEAST_OVERLAP_M2 = 0.01; /* as gt_qc_options: 1 cm by 1 m */

/* ---- rights and quality -----------------------------------------------------------------------
 */

/* Needs "write" on "layer:ID" in the unit that holds the place. */
static gt_status may_write(gt_edit *e, const gt_geom *geom)
{
    gt_book *book = NULL;
    const char *unit = NULL;
    char ledger[128];
    (void)snprintf(ledger, sizeof ledger, "layer:%.100s", e->layer);
    gt_status st = gt_desk_book(e->desk, &book);
    st = st == GT_OK
             ? gt_place_unit(e->desk->ctx, book, e->desk->package, geom, e->desk->arena, &unit)
             : st;
    e->unit = unit;
    return st == GT_OK ? gt_access_must(e->desk, ledger, "write", unit) : st;
}

static gt_status check_shape(gt_edit *e)
{
    gt_ctx *ctx = e->desk->ctx;
    gt_qc *qc = NULL;
    gt_qc_result result;
    gt_status st = gt_qc_new(ctx, e->standard->geom_type, &e->standard->qc, 0, &qc);
    st = st == GT_OK ? gt_qc_geometry(ctx, qc, &e->geom, &result) : st;
    for (size_t i = 0; st == GT_OK && result.error && i < result.n; i++) {
        const gt_qc_finding *f = &result.findings[i];
        if (gt_qc_severity(f->kind) == GT_ERROR) {
            st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_SERVE_SHAPE,
                         GT_PLACE(.layer = e->layer, .feature = e->id, .has_xy = f->has_xy,
                                  .x = f->x, .y = f->y),
                         GT_ARGS(GT_TEXT("fault", gt_qc_kind_name(f->kind))));
        }
    }
    gt_qc_free(ctx, qc);
    return st;
}

/* Ends of a geometry's arrays as one feature of a batch. */
static gt_weave_batch batch_of(const gt_geom *geom, uint32_t layer, const uint32_t *end)
{
    return (gt_weave_batch){.layer = layer,
                            .n_features = 1,
                            .xy = geom->xy,
                            .ring_end = geom->ring_end,
                            .part_end = geom->part_end,
                            .feature_end = end};
}

/* Does `other` lie over the new geometry? */
static gt_status overlap(gt_edit *e, const gt_geom *other, const char *id)
{
    gt_ctx *ctx = e->desk->ctx;
    gt_account *account = NULL;
    gt_weave_options options;
    gt_weave_options_init(&options);
    const uint32_t end[2] = {e->geom.n_parts, other->n_parts};
    const gt_weave_batch a = batch_of(&e->geom, 0, &end[0]), b = batch_of(other, 1, &end[1]);
    gt_status st = gt_weave_pair_areas(ctx, &a, 1, &b, 1, &options, &account);
    double m2 = st == GT_OK ? gt_account_total(account) : 0;
    gt_account_free(ctx, account);
    if (st == GT_OK && m2 > LEAST_OVERLAP_M2) {
        gt_box box = gt_geom_box(other);
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_SERVE_OVERLAP,
                     GT_PLACE(.layer = e->layer, .feature = e->id, .has_xy = true,
                              .x = (box.xmin + box.xmax) / 2, .y = (box.ymin + box.ymax) / 2),
                     GT_ARGS(GT_TEXT("other", id), GT_REAL("area", m2)));
    }
    return st;
}

static bool same_layer(const gt_edit *a, const gt_edit *b)
{
    return strcmp(a->layer, b->layer) == 0;
}

/* Is the feature one of those that the transaction changes? */
static bool is_changed(const gt_edits *all, const gt_edit *e, const char *id)
{
    bool found = false;
    for (size_t i = 0; !found && i < all->n; i++) {
        found = same_layer(&all->list[i], e) && strcmp(all->list[i].id, id) == 0;
    }
    return found;
}

/* The new ones among each other. */
static gt_status check_among(const gt_edits *all, gt_edit *e)
{
    gt_status st = GT_OK;
    gt_box box = gt_geom_box(&e->geom);
    for (const gt_edit *o = all->list; st == GT_OK && o < e; o++) {
        gt_box b = gt_geom_box(&o->geom);
        bool near =
            b.xmin <= box.xmax && b.xmax >= box.xmin && b.ymin <= box.ymax && b.ymax >= box.ymin;
        if (same_layer(o, e) && o->values != NULL && near) {
            st = overlap(e, &o->geom, o->id);
        }
    }
    return st;
}

/* Layers that are coverages: nothing may lie over a neighbour. */
static gt_status check_neighbours(const gt_edits *all, gt_edit *e, gt_store *store)
{
    gt_ctx *ctx = e->desk->ctx;
    gt_scan *scan = NULL;
    gt_query query;
    gt_feature f;
    bool more = true;
    if (!e->standard->qc.no_overlap || e->geom.n_parts == 0) {
        return GT_OK;
    }
    gt_query_init(&query, e->layer);
    query.has_box = true;
    query.box = gt_geom_box(&e->geom);
    gt_status st = gt_scan_open(ctx, store, &query, &scan);
    while (st == GT_OK) {
        st = gt_scan_next(ctx, scan, &f, &more);
        if (st != GT_OK || !more) {
            break;
        }
        if (!is_changed(all, e, f.id)) {
            st = gt_geom_from_gpkg(ctx, f.blob, f.blob_len, NULL, &e->other);
            st = st == GT_OK ? overlap(e, &e->other, f.id) : st;
        }
        st = st == GT_OK ? gt_desk_time(e->desk) : st;
    }
    gt_scan_close(scan);
    return st == GT_OK ? check_among(all, e) : st;
}

gt_status gt_edit_check(const gt_edits *all, gt_edit *e, gt_store *store)
{
    if (e->values == NULL) {
        return GT_OK;
    }
    gt_status st = check_shape(e);
    st = st == GT_OK ? may_write(e, &e->geom) : st;
    return st == GT_OK ? check_neighbours(all, e, store) : st;
}

/* ---- rules ------------------------------------------------------------------------------------
 */

/* Attributes that bear the name of a fact are that fact. */
static gt_status read_facts(gt_edit *e, const gt_subject_kind *kind, gt_fact *facts, size_t *n)
{
    gt_status st = GT_OK;
    gt_text line;
    gt_text_init(&line, e->desk->ctx, 65536);
    *n = 0;
    for (size_t i = 0; st == GT_OK && i < kind->n_fields; i++) {
        int field = gt_standard_field(e->info.standard, kind->fields[i].name);
        const gt_value *v = field < 0 ? NULL : &e->values[field];
        if (v == NULL || v->kind == GT_NULL || (v->kind == GT_VAL_TEXT && v->len == 0)) {
            continue;
        }
        gt_text_clear(&line);
        gt_text_printf(&line, "%s=", kind->fields[i].name);
        if (v->kind == GT_VAL_TEXT) {
            gt_text_add(&line, v->text, v->len);
        } else if (v->kind == GT_VAL_INT) {
            gt_text_printf(&line, "%lld", (long long)v->integer);
        } else {
            gt_text_printf(&line, "%.17g", v->real);
        }
        st = gt_fact_parse(e->desk->ctx, e->desk->package, kind->id, gt_text_cstr(&line),
                           e->desk->arena, &facts[(*n)++]);
    }
    gt_text_free(&line);
    return st;
}

/* Middle of the first overlap measured, where there is one. */
static bool where_of(const gt_finding *f, double *x, double *y)
{
    for (size_t k = 0; k < f->rule->n_measures; k++) {
        const gt_geom *o = f->measured[k]->overlap;
        if (o != NULL && o->n_points > 0) {
            gt_box b = gt_geom_box(o);
            *x = (b.xmin + b.xmax) / 2;
            *y = (b.ymin + b.ymax) / 2;
            return true;
        }
    }
    return false;
}

/* A rule is kept by everybody; what it measured is told to those who may read the layers. */
static bool may_tell(gt_desk *desk, const gt_finding *f)
{
    bool may = true;
    for (size_t k = 0; may && k < f->rule->n_measures; k++) {
        may = gt_desk_may_read(desk, f->rule->measures[k].layer);
    }
    return may;
}

static const char *said(gt_desk *desk, const gt_finding *f, gt_lang lang)
{
    const char *title = lang == GT_LANG_ZH ? f->rule->title.zh : f->rule->title.en;
    return may_tell(desk, f) ? f->said[lang] : title;
}

/* Every rule that denies it, for the problem document. */
static const char *denials(gt_edit *e, const gt_verdict *verdict)
{
    gt_desk *desk = e->desk;
    gt_text o;
    double x = 0, y = 0;
    gt_text_init(&o, desk->ctx, 1 << 20);
    gt_text_putc(&o, '[');
    for (size_t i = 0, n = 0; i < gt_verdict_n_findings(verdict); i++) {
        const gt_finding *f = gt_verdict_finding(verdict, i);
        if (f->result != GT_FAIL || f->rule->effect != GT_DENY) {
            continue;
        }
        gt_text_puts(&o, n++ > 0 ? ",{\"rule\":" : "{\"rule\":");
        gt_text_json_string(&o, f->rule->id);
        gt_text_puts(&o, ",\"clauses\":[");
        for (size_t k = 0; f->rule->clauses[k] != NULL; k++) {
            gt_text_puts(&o, k > 0 ? "," : "");
            gt_text_json_string(&o, f->rule->clauses[k]);
        }
        gt_text_puts(&o, "],\"said\":");
        gt_text_json_string(&o, said(desk, f, desk->lang));
        gt_text_puts(&o, ",\"comply\":");
        gt_text_json_string(&o, may_tell(desk, f) ? f->comply[desk->lang] : NULL);
        if (may_tell(desk, f) && where_of(f, &x, &y)) {
            gt_text_printf(&o, ",\"x\":%.3f,\"y\":%.3f", x, y);
        }
        gt_text_putc(&o, '}');
    }
    gt_text_putc(&o, ']');
    const char *kept = o.failed ? NULL : gt_arena_strdup(desk->arena, gt_text_cstr(&o));
    gt_text_free(&o);
    return kept;
}

static gt_status deny(gt_edit *e, const gt_verdict *verdict)
{
    gt_desk *desk = e->desk;
    const gt_finding *f = gt_verdict_finding(verdict, 0); /* denials come first */
    gt_place place = {
        .layer = e->layer, .feature = e->id, .rule = f->rule->id, .clause = f->rule->clauses[0]};
    place.has_xy = may_tell(desk, f) && where_of(f, &place.x, &place.y);
    desk->clauses = f->rule->clauses;
    desk->findings = denials(e, verdict);
    return gt_fail(desk->ctx, GT_E_INPUT, &GT_MSG_SERVE_RULE, &place,
                   GT_ARGS(GT_TEXT("said", said(desk, f, GT_LANG_EN)),
                           GT_TEXT("said_zh", said(desk, f, GT_LANG_ZH))));
}

gt_status gt_edit_rules(const gt_edits *all, gt_edit *e)
{
    gt_desk *desk = e->desk;
    const char *id = e->standard->subject;
    const gt_subject_kind *kind =
        id == NULL ? NULL : gt_package_find_subject_kind(desk->package, id);
    gt_fact *facts = NULL;
    gt_checker *checker = NULL;
    gt_verdict *verdict = NULL;
    gt_check_options options;
    if (kind == NULL || e->values == NULL) {
        return GT_OK;
    }
    gt_check_options_init(&options);
    facts = gt_arena_zalloc(desk->arena, kind->n_fields + 1, sizeof *facts);
    gt_subject subject = {.kind = kind->id, .name = e->id, .geom = &e->geom, .facts = facts};
    gt_status st = facts == NULL ? GT_E_MEMORY : read_facts(e, kind, facts, &subject.n_facts);
    st = st == GT_OK ? gt_desk_checker(desk, &checker) : st;
    st = st == GT_OK ? gt_checker_run(desk->ctx, checker, &subject, &options, &verdict) : st;
    if (st == GT_OK && gt_verdict_result(verdict) == GT_FAIL) {
        st =
            all->override ? gt_access_must(desk, "verdict", "override", e->unit) : deny(e, verdict);
    }
    gt_verdict_free(verdict);
    return st;
}

/* ---- what is there ----------------------------------------------------------------------------
 */

/* What an UPDATE does not give stays. */
static gt_status complete(gt_edit *e, const gt_feature *old)
{
    gt_status st = e->has_geom ? GT_OK : gt_geom_copy(e->desk->ctx, &e->other, &e->geom);
    for (size_t i = 0; st == GT_OK && i < e->info.standard->n_fields && i < old->n_values; i++) {
        if (e->given[i]) {
            continue;
        }
        e->values[i] = old->values[i];
        if (old->values[i].kind == GT_VAL_TEXT) {
            char *kept = gt_arena_strndup(e->desk->arena, old->values[i].text, old->values[i].len);
            e->values[i].text = kept;
            st = kept == NULL ? GT_E_MEMORY : GT_OK;
        }
    }
    return st;
}

/* The feature as it is: may it be changed by whom, and is it the one he saw? */
gt_status gt_edit_look(gt_edit *e, gt_store *store)
{
    gt_ctx *ctx = e->desk->ctx;
    gt_scan *scan = NULL;
    gt_query query;
    gt_feature f;
    gt_reply tag = {0};
    e->there = false;
    gt_query_init(&query, e->layer);
    query.id = e->id;
    gt_status st = gt_scan_open(ctx, store, &query, &scan);
    st = st == GT_OK ? gt_scan_next(ctx, scan, &f, &e->there) : st;
    if (st == GT_OK && e->there) {
        gt_request held = {.if_none_match = e->if_match};
        e->old_revision = f.rev_from;
        gt_item_tag(e->desk, f.rev_from, &tag);
        bool other = e->seen > 0 && e->seen != f.rev_from;
        if (other || (e->if_match != NULL && !gt_request_has(&held, tag.etag))) {
            st = gt_fail(ctx, GT_E_CONFLICT, &GT_MSG_SERVE_MATCH, GT_NOWHERE,
                         GT_ARGS(GT_TEXT("id", e->id), GT_INT("revision", f.rev_from)));
        }
        st = st == GT_OK && f.blob != NULL
                 ? gt_geom_from_gpkg(ctx, f.blob, f.blob_len, NULL, &e->other)
                 : st;
        st = st == GT_OK ? may_write(e, &e->other) : st;
        st = st == GT_OK && e->change == GT_UPDATE ? complete(e, &f) : st;
    }
    gt_scan_close(scan);
    return st;
}

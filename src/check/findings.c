/* Findings as a GeoPackage: one table, so that a GIS shows it with one click, told apart by `role`.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check/messages.h"
#include "check/verdict.h"
#include "guotu/gpkg_write.h"

enum { MAX_PATH = 4096 };

typedef enum column {
    C_ROLE = 0,
    C_RULE,
    C_TITLE_ZH,
    C_TITLE_EN,
    C_CLAUSES,
    C_STRENGTH,
    C_EFFECT,
    C_RESULT,
    C_MISSING,
    C_MEASURE,
    C_LAYER,
    C_ORIGIN,
    C_M2,
    C_SHARE,
    C_COUNT,
    C_PIECES,
    C_LENGTH_M,
    C_DISTANCE_M,
    C_MESSAGE_ZH,
    C_MESSAGE_EN,
    C_COMPLY_ZH,
    C_COMPLY_EN,
    C_EXCEPTED_BY,
    C_SUBJECT,
    C_SUBJECT_TYPE,
    C_UNIT,
    C_AS_OF,
    C_REVISION,
    C_PACKAGE,
    C_PROJECT,
    C_TOGETHER,
    C_TOGETHER_M2,
    COLUMNS
} column;

static const gt_gpkg_column columns[COLUMNS] = {
    {"role", GT_GPKG_TEXT},         {"rule", GT_GPKG_TEXT},        {"title_zh", GT_GPKG_TEXT},
    {"title_en", GT_GPKG_TEXT},     {"clauses", GT_GPKG_TEXT},     {"strength", GT_GPKG_TEXT},
    {"effect", GT_GPKG_TEXT},       {"result", GT_GPKG_TEXT},      {"missing", GT_GPKG_TEXT},
    {"measure", GT_GPKG_TEXT},      {"layer", GT_GPKG_TEXT},       {"origin", GT_GPKG_TEXT},
    {"m2", GT_GPKG_REAL},           {"share", GT_GPKG_REAL},       {"n_features", GT_GPKG_INTEGER},
    {"pieces", GT_GPKG_INTEGER},    {"length_m", GT_GPKG_REAL},    {"distance_m", GT_GPKG_REAL},
    {"message_zh", GT_GPKG_TEXT},   {"message_en", GT_GPKG_TEXT},  {"comply_zh", GT_GPKG_TEXT},
    {"comply_en", GT_GPKG_TEXT},    {"excepted_by", GT_GPKG_TEXT}, {"subject", GT_GPKG_TEXT},
    {"subject_type", GT_GPKG_TEXT}, {"unit", GT_GPKG_TEXT},        {"as_of", GT_GPKG_TEXT},
    {"revision", GT_GPKG_INTEGER},  {"package", GT_GPKG_TEXT},     {"project", GT_GPKG_TEXT},
    {"together", GT_GPKG_INTEGER},  {"together_m2", GT_GPKG_REAL},
};

typedef struct output {
    gt_ctx *ctx;
    const gt_verdict *verdict;
    gt_gpkg_writer *writer;
    gt_gpkg_value row[COLUMNS];
    gt_text package, list, exceptions;
    char day[GT_DATE_TEXT];
} output;

const gt_measured *gt_finding_shown(const gt_finding *f)
{
    const gt_measured *best = NULL;
    for (size_t i = 0; i < f->rule->n_measures; i++) {
        const gt_measured *m = f->measured[i];
        bool cut =
            f->rule->comply_cut_out != NULL && strcmp(m->measure->id, f->rule->comply_cut_out) == 0;
        if (m->m2 > 0 && m->overlap->n_points > 0 && (best == NULL || cut)) {
            best = m;
        }
    }
    return best;
}

/* The overlap that a failing, denying rule says to leave out, or NULL. */
static const gt_geom *to_leave_out(const gt_finding *f)
{
    if (f->result != GT_FAIL || f->rule->effect != GT_DENY || f->rule->comply_cut_out == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < f->rule->n_measures; i++) {
        const gt_measured *m = f->measured[i];
        if (strcmp(m->measure->id, f->rule->comply_cut_out) == 0 && m->overlap->n_points > 0) {
            return m->overlap;
        }
    }
    return NULL;
}

gt_status gt_verdict_complying(gt_ctx *ctx, const gt_verdict *v, gt_geom *out, bool *any)
{
    const gt_geom **cuts = gt_alloc(ctx, v->n_findings + 1, sizeof(const gt_geom *));
    gt_geom all;
    size_t n = 0;
    gt_status st = cuts == NULL ? GT_E_MEMORY : GT_OK;
    gt_geom_init(&all);
    gt_geom_reset(out, GT_MULTIPOLYGON);
    for (size_t i = 0; st == GT_OK && i < v->n_findings; i++) {
        const gt_geom *cut = to_leave_out(&v->findings[i]);
        if (cut != NULL) {
            cuts[n++] = cut;
        }
    }
    *any = n > 0;
    if (st == GT_OK && n > 0) {
        st = gt_geos_union(ctx, v->geos, cuts, n, &all);
    }
    if (st == GT_OK && n > 0) {
        st = gt_geos_difference(ctx, v->geos, gt_verdict_geom(v), &all, out);
    }
    gt_geom_free(ctx, &all);
    gt_free(ctx, cuts);
    return st;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void set_text(output *o, column c, const char *text)
{
    bool none = text == NULL || *text == '\0';
    o->row[c] = (gt_gpkg_value){.null = none, .text = none ? NULL : text};
}

static void set_real(output *o, column c, double value)
{
    o->row[c] = (gt_gpkg_value){.null = isnan(value), .real = value};
}

static void set_int(output *o, column c, int64_t value)
{
    o->row[c] = (gt_gpkg_value){.integer = value};
}

static void set_list(output *o, column c, const char *const *list, gt_text *text)
{
    gt_text_clear(text);
    for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
        gt_text_printf(text, "%s%s", i > 0 ? " " : "", list[i]);
    }
    set_text(o, c, gt_text_cstr(text));
}

static void set_common(output *o, const char *role)
{
    const gt_verdict *v = o->verdict;
    for (int c = 0; c < COLUMNS; c++) {
        o->row[c] = (gt_gpkg_value){.null = true};
    }
    set_text(o, C_ROLE, role);
    set_text(o, C_SUBJECT, v->name);
    set_text(o, C_SUBJECT_TYPE, v->kind);
    set_text(o, C_UNIT, v->unit);
    set_text(o, C_AS_OF, o->day);
    set_int(o, C_REVISION, v->revision);
    set_text(o, C_PACKAGE, gt_text_cstr(&o->package));
    set_text(o, C_PROJECT, v->project);
}

static void set_finding(output *o, const gt_finding *f)
{
    static const char *const strengths[] = {"binding", "guidance", "descriptive"};
    set_text(o, C_RULE, f->rule->id);
    set_text(o, C_TITLE_ZH, f->rule->title.zh);
    set_text(o, C_TITLE_EN, f->rule->title.en);
    set_list(o, C_CLAUSES, f->rule->clauses, &o->list);
    set_text(o, C_STRENGTH, strengths[f->rule->strength]);
    set_text(o, C_EFFECT, gt_effect_key(f->rule->effect));
    set_text(o, C_RESULT, gt_result_key(f->result));
    set_text(o, C_MISSING, f->missing);
    set_text(o, C_MESSAGE_ZH, f->said[GT_LANG_ZH]);
    set_text(o, C_MESSAGE_EN, f->said[GT_LANG_EN]);
    set_text(o, C_COMPLY_ZH, f->comply[GT_LANG_ZH]);
    set_text(o, C_COMPLY_EN, f->comply[GT_LANG_EN]);
    set_int(o, C_TOGETHER, (int64_t)f->n_together);
    set_real(o, C_TOGETHER_M2, f->n_together > 0 ? f->together_m2 : (double)NAN);
    set_list(o, C_EXCEPTED_BY, f->exempt == NULL ? NULL : f->exempt->clauses, &o->exceptions);
}

static void set_measured(output *o, const gt_measured *m)
{
    set_text(o, C_MEASURE, m->measure->id);
    set_text(o, C_LAYER, m->measure->layer);
    set_text(o, C_ORIGIN, m->known ? gt_origin_key(m->origin) : NULL);
    set_real(o, C_M2, m->known ? m->m2 : (double)NAN);
    set_real(o, C_SHARE, m->known ? m->share : (double)NAN);
    set_int(o, C_COUNT, m->count);
    set_int(o, C_PIECES, m->pieces);
    set_real(o, C_LENGTH_M, m->length_m);
    set_real(o, C_DISTANCE_M, m->distance_m);
}

/* One row for the finding; one more for each further measure that has an overlap. */
static gt_status write_finding(output *o, const gt_finding *f)
{
    const gt_measured *shown = gt_finding_shown(f);
    const gt_measured *first = shown != NULL             ? shown
                               : f->rule->n_measures > 0 ? f->measured[0]
                                                         : NULL;
    set_common(o, "finding");
    set_finding(o, f);
    if (first != NULL) {
        set_measured(o, first);
    }
    gt_status st = gt_gpkg_add(o->ctx, o->writer, shown == NULL ? NULL : shown->overlap, o->row);
    for (size_t i = 0; st == GT_OK && i < f->rule->n_measures; i++) {
        const gt_measured *m = f->measured[i];
        if (m != shown && m->overlap->n_points > 0) {
            set_text(o, C_ROLE, "also_measured");
            set_measured(o, m);
            st = gt_gpkg_add(o->ctx, o->writer, m->overlap, o->row);
        }
    }
    return st;
}

static gt_status write_subject(output *o)
{
    const gt_verdict *v = o->verdict;
    set_common(o, "subject");
    set_text(o, C_RESULT, gt_result_key(gt_verdict_result(v)));
    set_real(o, C_M2, gt_verdict_area_m2(v));
    return gt_gpkg_add(o->ctx, o->writer, gt_verdict_geom(v), o->row);
}

static gt_status write_complying(output *o)
{
    gt_geom rest;
    bool any = false;
    gt_geom_init(&rest);
    gt_status st = gt_verdict_complying(o->ctx, o->verdict, &rest, &any);
    if (st == GT_OK && any) {
        double m2 = gt_area_survey(gt_store_plane(o->verdict->store), &rest, o->verdict->densify_m);
        set_common(o, "complying");
        set_real(o, C_M2, rest.n_points > 0 ? m2 : 0);
        set_real(o, C_SHARE, rest.n_points > 0 ? m2 / gt_verdict_area_m2(o->verdict) : 0);
        set_int(o, C_PIECES, rest.n_parts);
        st = gt_gpkg_add(o->ctx, o->writer, rest.n_points > 0 ? &rest : NULL, o->row);
    }
    gt_geom_free(o->ctx, &rest);
    return st;
}

static gt_status write_rows(output *o)
{
    gt_status st = write_subject(o);
    for (size_t i = 0; st == GT_OK && i < o->verdict->n_findings; i++) {
        st = write_finding(o, &o->verdict->findings[i]);
    }
    return st == GT_OK ? write_complying(o) : st;
}

gt_status gt_verdict_write_gpkg(gt_ctx *ctx, const gt_verdict *v, const char *path)
{
    output o = {.ctx = ctx, .verdict = v};
    char map[MAX_PATH + 16];
    gt_text_init(&o.package, ctx, 0);
    gt_text_init(&o.list, ctx, 0);
    gt_text_init(&o.exceptions, ctx, 0);
    gt_date_format(v->as_of, o.day);
    gt_text_printf(&o.package, "%s %s %s", gt_package_id(v->package),
                   gt_package_version(v->package), gt_package_hash(v->package));
    (void)snprintf(map, sizeof map, "%.4000s/onemap.gpkg", gt_store_dir(v->store));
    gt_status st = gt_gpkg_create(ctx, path, "findings", columns, COLUMNS,
                                  gt_store_srs_id(v->store), map, &o.writer);
    if (st == GT_OK) {
        st = write_rows(&o);
        if (st == GT_OK) {
            st = gt_gpkg_finish(ctx, o.writer);
        } else {
            gt_gpkg_abandon(ctx, o.writer);
        }
    }
    gt_text_free(&o.package);
    gt_text_free(&o.list);
    gt_text_free(&o.exceptions);
    return st;
}

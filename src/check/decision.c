/* Decisions on verdicts, kept as a layer of the map, and the parts of a project they add up to. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check/messages.h"
#include "check/verdict.h"

static const char layer_id[] = "decisions";

typedef enum field {
    F_PROJECT = 0,
    F_PART,
    F_KIND,
    F_DECISION,
    F_RESULT,
    F_ACTOR,
    F_ROLE,
    F_REASON,
    F_DECIDED,
    F_AS_OF,
    F_REVISION,
    F_PACKAGE,
    F_FACTS,
    F_VERDICT,
    FIELDS
} field;

static const gt_field fields[FIELDS] = {
    {.name = "project", .title = {"项目", "Project"}, .type = GT_FIELD_TEXT},
    {.name = "part", .title = {"部分", "Part"}, .type = GT_FIELD_TEXT},
    {.name = "kind", .title = {"对象类型", "Kind of subject"}, .type = GT_FIELD_TEXT},
    {.name = "decision", .title = {"决定", "Decision"}, .type = GT_FIELD_TEXT},
    {.name = "result", .title = {"原审查结论", "Verdict as it was"}, .type = GT_FIELD_TEXT},
    {.name = "actor", .title = {"作出人", "Made by"}, .type = GT_FIELD_TEXT},
    {.name = "role", .title = {"角色", "Role"}, .type = GT_FIELD_TEXT},
    {.name = "reason", .title = {"理由", "Reason"}, .type = GT_FIELD_TEXT},
    {.name = "decided", .title = {"决定日期", "Decided on"}, .type = GT_FIELD_DATE},
    {.name = "as_of", .title = {"审查时点", "Judged as of"}, .type = GT_FIELD_DATE},
    {.name = "map_revision", .title = {"地图修订", "Map revision"}, .type = GT_FIELD_INT},
    {.name = "package", .title = {"规划包", "Plan package"}, .type = GT_FIELD_TEXT},
    {.name = "facts", .title = {"事实", "Facts"}, .type = GT_FIELD_TEXT},
    {.name = "verdict", .title = {"原审查结果", "Findings as they were"}, .type = GT_FIELD_TEXT},
};

static const gt_standard standard = {.id = layer_id,
                                     .title = {"审查决定", "Decisions"},
                                     .theme = "decisions",
                                     .geom_type = GT_MULTIPOLYGON,
                                     .fields = fields,
                                     .n_fields = FIELDS,
                                     .source = "guotu check --decide"};

const gt_standard *gt_decision_standard(void)
{
    return &standard;
}

const char *gt_decision_name(gt_decision_kind kind)
{
    static const char *const names[] = {"accept", "override", "refuse"};
    return names[kind];
}

/* ---- recording ------------------------------------------------------------------------------- */

static bool lacks(const char *text)
{
    return text == NULL || *text == '\0';
}

static gt_status allowed(gt_ctx *ctx, const gt_verdict *v, const gt_decision *d)
{
    gt_result result = gt_verdict_result(v);
    if (lacks(d->actor)) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_DECIDE_ACTOR, GT_NOWHERE, GT_NO_ARGS);
    }
    if (d->kind != GT_DECIDE_ACCEPT && lacks(d->reason)) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_DECIDE_REASON, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("decision", gt_decision_name(d->kind))));
    }
    switch (d->kind) {
    case GT_DECIDE_ACCEPT:
        if (result != GT_PASS) {
            return gt_fail(ctx, GT_E_CONFLICT, &GT_MSG_DECIDE_ACCEPT, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("result", gt_result_key(result))));
        }
        break;
    case GT_DECIDE_OVERRIDE:
        if (!d->may_override || lacks(d->role)) {
            return gt_fail(ctx, GT_E_CONFLICT, &GT_MSG_DECIDE_POWER, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("actor", d->actor),
                                   GT_TEXT("role", lacks(d->role) ? "-" : d->role)));
        }
        if (result == GT_PASS) {
            return gt_fail(ctx, GT_E_CONFLICT, &GT_MSG_DECIDE_PASSES, GT_NOWHERE, GT_NO_ARGS);
        }
        break;
    case GT_DECIDE_REFUSE:
        break;
    }
    return GT_OK;
}

static void set_text(gt_value *value, const char *text)
{
    *value = lacks(text) ? (gt_value){.kind = GT_NULL}
                         : (gt_value){.kind = GT_VAL_TEXT, .text = text, .len = strlen(text)};
}

typedef struct record {
    char decided[GT_DATE_TEXT], as_of[GT_DATE_TEXT];
    gt_text package, verdict;
    gt_value values[FIELDS];
} record;

static gt_status fill(gt_ctx *ctx, const gt_verdict *v, const gt_decision *d, gt_date day,
                      record *r)
{
    gt_text_init(&r->package, ctx, 0);
    gt_text_init(&r->verdict, ctx, 0);
    gt_date_format(day, r->decided);
    gt_date_format(v->as_of, r->as_of);
    gt_text_printf(&r->package, "%s %s %s", gt_package_id(v->package),
                   gt_package_version(v->package), gt_package_hash(v->package));
    gt_verdict_render_json(v, &r->verdict);
    set_text(&r->values[F_PROJECT], v->project);
    set_text(&r->values[F_PART], v->name);
    set_text(&r->values[F_KIND], v->kind);
    set_text(&r->values[F_DECISION], gt_decision_name(d->kind));
    set_text(&r->values[F_RESULT], gt_result_key(gt_verdict_result(v)));
    set_text(&r->values[F_ACTOR], d->actor);
    set_text(&r->values[F_ROLE], d->role);
    set_text(&r->values[F_REASON], d->reason);
    set_text(&r->values[F_DECIDED], r->decided);
    set_text(&r->values[F_AS_OF], r->as_of);
    r->values[F_REVISION] = (gt_value){.kind = GT_VAL_INT, .integer = v->revision};
    set_text(&r->values[F_PACKAGE], gt_text_cstr(&r->package));
    set_text(&r->values[F_FACTS], v->facts);
    set_text(&r->values[F_VERDICT], gt_text_cstr(&r->verdict));
    gt_status st = gt_text_status(&r->package);
    return st == GT_OK ? gt_text_status(&r->verdict) : st;
}

static gt_status commit(gt_ctx *ctx, gt_store *store, const gt_verdict *v, const gt_decision *d,
                        const record *r, gt_date day, const char *id, int64_t *revision)
{
    uint8_t *blob = NULL;
    size_t cap = 0, len = 0;
    gt_commit *c = NULL;
    gt_text message;
    gt_text_init(&message, ctx, 0);
    gt_text_printf(&message, "decision: %s %s", gt_decision_name(d->kind), id);
    const gt_commit_info info = {.author = d->actor,
                                 .message = gt_text_cstr(&message),
                                 .reason = d->reason,
                                 .expect_revision = -1};
    gt_status st =
        gt_geom_to_gpkg(ctx, gt_verdict_geom(v), gt_store_srs_id(store), &blob, &cap, &len);
    if (st == GT_OK) {
        st = gt_commit_begin(ctx, store, &info, &c);
    }
    if (st == GT_OK) {
        st = gt_commit_define_layer(ctx, c, &standard, GT_ORIGIN_SURVEY);
    }
    if (st == GT_OK) {
        const gt_feature f = {.id = id,
                              .valid_from = day,
                              .valid_to = GT_DATE_NONE,
                              .blob = blob,
                              .blob_len = len,
                              .box = gt_geom_box(gt_verdict_geom(v)),
                              .values = r->values,
                              .n_values = FIELDS};
        st = gt_commit_put(ctx, c, layer_id, &f, gt_verdict_area_m2(v));
    }
    if (st == GT_OK) {
        st = gt_commit_finish(ctx, c, revision);
    } else if (c != NULL) {
        gt_commit_abort(c);
    }
    gt_text_free(&message);
    gt_free(ctx, blob);
    return st;
}

enum { PART_KEPT = 100, PART_TEXT = 124 };

static uint64_t sum_of(const char *text) /* FNV-1a, 64 bits */
{
    uint64_t h = 0xCBF29CE484222325ULL;
    for (const char *p = text; *p != '\0'; p++) {
        h = (h ^ (unsigned char)*p) * 0x100000001B3ULL;
    }
    return h;
}

/* One half of an id: the text without ':' (so that A:B and C are not A and B:C); where it is long,
 * what fits of it and a sum of the whole. */
static void put_half(const char *text, char out[PART_TEXT])
{
    size_t n = 0, whole = 0; /* whole: where the present character starts */
    for (const char *p = text; *p != '\0'; p++) {
        bool coded = *p == ':' || *p == '%';
        whole = ((unsigned char)*p & 0xC0) != 0x80 ? n : whole;
        if (n + (coded ? 3 : 1) > PART_KEPT) {
            (void)snprintf(out + whole, PART_TEXT - whole, "~%016llX",
                           (unsigned long long)sum_of(text));
            return;
        }
        n += (size_t)snprintf(out + n, PART_TEXT - n, coded ? "%%%02X" : "%c", *p);
    }
    out[n] = '\0';
}

gt_status gt_verdict_decide(gt_ctx *ctx, gt_store *store, const gt_verdict *v, const gt_decision *d,
                            int64_t *revision, char id[GT_DECISION_ID])
{
    record r;
    gt_date day = d->day == GT_DATE_NONE ? gt_date_today() : d->day;
    gt_status st = allowed(ctx, v, d);
    if (st != GT_OK) {
        return st;
    }
    memset(&r, 0, sizeof r);
    char project[PART_TEXT], name[PART_TEXT];
    put_half(lacks(v->project) ? "" : v->project, project);
    put_half(lacks(v->name) ? "" : v->name, name);
    if (*project != '\0' && *name != '\0') {
        (void)snprintf(id, GT_DECISION_ID, "%s:%s", project, name);
    } else {
        (void)snprintf(id, GT_DECISION_ID, "%s%s%lld", project, *project == '\0' ? "D-" : ":D-",
                       (long long)gt_store_revision(store) + 1);
    }
    st = fill(ctx, v, d, day, &r);
    if (st == GT_OK) {
        st = commit(ctx, store, v, d, &r, day, id, revision);
    }
    gt_text_free(&r.package);
    gt_text_free(&r.verdict);
    return st;
}

/* ---- parts of a project ---------------------------------------------------------------------- */

static bool is(const gt_value *value, const char *text)
{
    return value->kind == GT_VAL_TEXT && strcmp(value->text, text) == 0;
}

static const char *text_of(const gt_value *value)
{
    return value->kind == GT_VAL_TEXT ? value->text : "";
}

gt_status gt_decisions_each(gt_ctx *ctx, gt_store *store, const char *of, gt_date as_of,
                            gt_decided_fn fn, void *user)
{
    char prefix[PART_TEXT + 1] = "";
    gt_layer_info layer;
    gt_scan *scan = NULL;
    gt_query q;
    gt_geom outline;
    bool more = true;
    gt_geom_init(&outline);
    gt_status st = gt_store_find_layer(ctx, store, layer_id, &layer);
    if (st == GT_E_NOT_FOUND) {
        gt_error_clear(ctx);
        return GT_OK; /* nothing was decided yet */
    }
    int project = st == GT_OK ? gt_standard_field(layer.standard, "project") : -1;
    int part = st == GT_OK ? gt_standard_field(layer.standard, "part") : -1;
    int decision = st == GT_OK ? gt_standard_field(layer.standard, "decision") : -1;
    if (st == GT_OK && (project < 0 || part < 0 || decision < 0)) {
        return GT_OK; /* somebody else's layer of that name */
    }
    gt_query_init(&q, layer_id);
    q.as_of_date = as_of;
    if (of != NULL) {
        put_half(of, prefix);
        (void)snprintf(prefix + strlen(prefix), 2, ":");
        q.id_prefix = prefix;
    }
    st = st == GT_OK ? gt_scan_open(ctx, store, &q, &scan) : st;
    while (st == GT_OK && more) {
        gt_feature f;
        st = gt_check_cancel(ctx);
        st = st == GT_OK ? gt_scan_next(ctx, scan, &f, &more) : st;
        bool counts = st == GT_OK && more && f.blob != NULL &&
                      f.values[project].kind == GT_VAL_TEXT && !is(&f.values[decision], "refuse");
        if (counts) {
            st = gt_geom_from_gpkg(ctx, f.blob, f.blob_len, NULL, &outline);
            st = st == GT_OK
                     ? fn(ctx, user, f.values[project].text, text_of(&f.values[part]), &outline)
                     : st;
        }
        if (counts && st != GT_OK) {
            gt_fail_at(ctx, GT_PLACE(.layer = layer_id, .feature = f.id));
        }
    }
    gt_scan_close(scan);
    gt_geom_free(ctx, &outline);
    return st;
}

typedef struct parts {
    gt_geos *geos;
    const gt_subject *subject;
    gt_geom *all;
    size_t n;
} parts;

/* Adds an outline to the union so far, if it is of the same project and not the subject itself. */
static gt_status unite(gt_ctx *ctx, void *user, const char *project, const char *part,
                       const gt_geom *outline)
{
    parts *p = user;
    gt_geom sum;
    const gt_geom *both[] = {p->all, outline};
    if (lacks(p->subject->project) || strcmp(project, p->subject->project) != 0 ||
        (!lacks(p->subject->name) && strcmp(part, p->subject->name) == 0)) {
        return GT_OK;
    }
    gt_geom_init(&sum);
    gt_status st = gt_geos_union(ctx, p->geos, both, 2, &sum);
    st = st == GT_OK ? gt_geom_copy(ctx, &sum, p->all) : st;
    p->n += st == GT_OK;
    gt_geom_free(ctx, &sum);
    return st;
}

gt_status gt_decisions_gather(gt_ctx *ctx, gt_store *store, gt_geos *geos,
                              const gt_subject *subject, gt_date as_of, gt_geom *out, size_t *n)
{
    parts p = {geos, subject, out, 0};
    gt_status st = gt_geom_copy(ctx, subject->geom, out);
    st = st == GT_OK ? gt_decisions_each(ctx, store, subject->project, as_of, unite, &p) : st;
    *n = p.n;
    return st;
}

/* What a feature must be before a row is written: names the layer, feature and field of the first
 * fault. Quality (code lists, ranges, topology) is the business of QC, not of the store. */
#include <math.h>
#include <string.h>

#include "guotu/area.h"
#include "store/blob.h"
#include "store/commit.h"
#include "store/messages.h"

/* Densification step of the survey area (LA-1: 70 m is quoted in practice). */
static const double SURVEY_STEP_M = 70.0;

typedef struct spot {
    gt_ctx *ctx;
    const char *layer, *feature, *field;
} spot;

#define FAIL(spot, message, ...)                                                                   \
    gt_fail((spot)->ctx, GT_E_INPUT, (message),                                                    \
            GT_PLACE(.layer = (spot)->layer, .feature = (spot)->feature, .field = (spot)->field),  \
            GT_ARGS(__VA_ARGS__))

static const char *kind_name(gt_value_kind kind, bool zh)
{
    switch (kind) {
    case GT_NULL:
        return zh ? "空值" : "nothing";
    case GT_VAL_TEXT:
        return zh ? "文本" : "text";
    case GT_VAL_INT:
        return zh ? "整数" : "a whole number";
    case GT_VAL_REAL:
        return zh ? "实数" : "a number";
    }
    return "";
}

static const char *type_name(gt_field_type type, bool zh)
{
    switch (type) {
    case GT_FIELD_TEXT:
        return zh ? "文本" : "text";
    case GT_FIELD_INT:
        return zh ? "整数" : "a whole number";
    case GT_FIELD_REAL:
        return zh ? "实数" : "a number";
    case GT_FIELD_BOOL:
        return zh ? "是否值（0 或 1）" : "yes or no (0 or 1)";
    case GT_FIELD_DATE:
        return zh ? "日期" : "a date";
    }
    return "";
}

static gt_status wrong_type(const spot *at, const gt_field *field, gt_value_kind got)
{
    bool zh = gt_ctx_lang(at->ctx) == GT_LANG_ZH;
    return FAIL(at, &GT_MSG_STORE_TYPE, GT_TEXT("want", type_name(field->type, zh)),
                GT_TEXT("got", kind_name(got, zh)));
}

static gt_status check_text(const spot *at, const gt_field *field, const gt_value *v)
{
    size_t bad = 0;
    const char *nul = memchr(v->text, 0, v->len);
    if (nul != NULL) {
        return FAIL(at, &GT_MSG_STORE_NUL, GT_INT("at", nul - v->text + 1));
    }
    if (!gt_utf8_valid(v->text, v->len, &bad)) {
        return FAIL(at, &GT_MSG_STORE_UTF8, GT_INT("at", bad + 1));
    }
    if (field->type == GT_FIELD_DATE) {
        gt_date date = GT_DATE_NONE;
        char copy[GT_DATE_TEXT] = "";
        if (v->len < sizeof copy) {
            memcpy(copy, v->text, v->len);
        }
        if (!gt_date_parse(copy, &date)) {
            return FAIL(at, &GT_MSG_STORE_DATE, GT_TEXT("text", v->text));
        }
    } else if (field->max_length > 0 && v->len > (size_t)field->max_length) {
        long long n = 0;
        for (size_t i = 0; i < v->len; i++) {
            n += ((unsigned char)v->text[i] & 0xC0U) != 0x80U;
        }
        if (n > field->max_length) {
            return FAIL(at, &GT_MSG_STORE_LONG, GT_INT("n", n), GT_INT("max", field->max_length));
        }
    }
    return GT_OK;
}

/* Puts the value in the type the column holds; a whole number is welcome in a real column. */
static gt_status check_value(const spot *at, const gt_field *field, const gt_value *in,
                             gt_value *out)
{
    *out = *in;
    if (in->kind == GT_NULL) {
        return field->required ? FAIL(at, &GT_MSG_STORE_REQUIRED, GT_INT("n", 0)) : GT_OK;
    }
    switch (field->type) {
    case GT_FIELD_TEXT:
    case GT_FIELD_DATE:
        return in->kind == GT_VAL_TEXT && in->text != NULL ? check_text(at, field, in)
                                                           : wrong_type(at, field, in->kind);
    case GT_FIELD_INT:
        return in->kind == GT_VAL_INT ? GT_OK : wrong_type(at, field, in->kind);
    case GT_FIELD_BOOL:
        return in->kind == GT_VAL_INT && (in->integer == 0 || in->integer == 1)
                   ? GT_OK
                   : wrong_type(at, field, in->kind);
    case GT_FIELD_REAL:
        if (in->kind == GT_VAL_INT) {
            *out = (gt_value){.kind = GT_VAL_REAL, .real = (double)in->integer};
            return GT_OK;
        }
        if (in->kind != GT_VAL_REAL) {
            return wrong_type(at, field, in->kind);
        }
        return isfinite(in->real) ? GT_OK : FAIL(at, &GT_MSG_STORE_NOT_FINITE, GT_INT("n", 0));
    }
    return GT_OK;
}

static gt_status check_values(spot *at, gt_commit *commit, const gt_standard *s,
                              const gt_feature *feature)
{
    gt_status st = GT_OK;
    if (feature->n_values != s->n_fields) {
        return FAIL(at, &GT_MSG_STORE_N_VALUES, GT_INT("n", feature->n_values),
                    GT_INT("want", s->n_fields));
    }
    for (size_t i = 0; st == GT_OK && i < s->n_fields; i++) {
        at->field = s->fields[i].name;
        st = check_value(at, &s->fields[i], &feature->values[i], &commit->values[i]);
    }
    at->field = NULL;
    return st;
}

static gt_status check_id(const spot *at, const char *id, size_t *len)
{
    size_t n = 0;
    bool control = false;
    for (; id[n] != '\0' && n <= GT_STORE_MAX_ID; n++) {
        control |= (unsigned char)id[n] < 0x20 || id[n] == 0x7f;
    }
    if (n == 0 || n > GT_STORE_MAX_ID || control || !gt_utf8_valid(id, n, NULL)) {
        const spot nameless = {.ctx = at->ctx, .layer = at->layer};
        return FAIL(&nameless, &GT_MSG_STORE_ID, GT_INT("n", n));
    }
    *len = n;
    return GT_OK;
}

/* Single geometries become their multi kind where the column holds that. */
static gt_status to_column_type(const spot *at, gt_commit *commit, const gt_layer_work *work,
                                const gt_feature *feature, const gt_blob_info *info,
                                gt_checked *out)
{
    gt_geom_type want = work->rec.column_type;
    if (info->type == want) {
        return GT_OK;
    }
    if (want < GT_MULTIPOINT || info->type != want - 3) {
        return FAIL(at, &GT_MSG_STORE_GEOM_TYPE, GT_TEXT("want", gt_geom_type_name(want)),
                    GT_TEXT("got", gt_geom_type_name(info->type)));
    }
    size_t len = feature->blob_len + GT_BLOB_MULTI_EXTRA;
    void *block = commit->blob;
    gt_status st = gt_grow(at->ctx, &block, &commit->cap_blob, len, 1);
    commit->blob = block;
    if (st == GT_OK) {
        gt_blob_to_multi(feature->blob, feature->blob_len, info, commit->blob);
        out->blob = commit->blob;
        out->blob_len = len;
    }
    return st;
}

static gt_status check_geometry(const spot *at, gt_commit *commit, const gt_layer_work *work,
                                const gt_feature *feature, gt_checked *out)
{
    gt_blob_info info;
    out->box = GT_BOX_EMPTY;
    if (feature->blob == NULL || feature->blob_len == 0) {
        return GT_OK;
    }
    if (work->rec.column_type == GT_GEOM_NONE) {
        return FAIL(at, &GT_MSG_STORE_GEOM_TYPE, GT_TEXT("want", gt_geom_type_name(GT_GEOM_NONE)),
                    GT_TEXT("got", "geometry"));
    }
    const char *reason = gt_blob_look(feature->blob, feature->blob_len, &info);
    reason = reason == NULL ? gt_blob_whole(feature->blob, feature->blob_len, &info) : reason;
    if (reason != NULL) {
        return FAIL(at, &GT_MSG_STORE_BLOB, GT_TEXT("reason", reason));
    }
    if (info.srs_id != commit->store->srs_id) {
        return FAIL(at, &GT_MSG_STORE_SRS, GT_INT("got", info.srs_id),
                    GT_INT("want", commit->store->srs_id));
    }
    out->blob = feature->blob;
    out->blob_len = feature->blob_len;
    out->box = gt_box_is_empty(info.box) ? GT_BOX_EMPTY : info.box;
    return to_column_type(at, commit, work, feature, &info, out);
}

static gt_status fill_area(gt_ctx *ctx, gt_commit *commit, const gt_layer_work *work, double area,
                           gt_checked *out)
{
    out->has_area = work->rec.column_type == GT_MULTIPOLYGON && out->blob != NULL;
    out->area = area;
    if (!out->has_area || isfinite(area)) {
        return GT_OK;
    }
    gt_status st = gt_geom_from_gpkg(ctx, out->blob, out->blob_len, NULL, &commit->geom);
    if (st == GT_OK) {
        out->area = gt_area_survey(commit->store->plane, &commit->geom, SURVEY_STEP_M);
    }
    return st;
}

gt_status gt_feature_check(gt_ctx *ctx, gt_commit *commit, const gt_layer_work *work,
                           const gt_feature *feature, double area, gt_checked *out)
{
    spot at = {.ctx = ctx, .layer = work->rec.standard.id, .feature = feature->id};
    memset(out, 0, sizeof *out);
    gt_status st = feature->id == NULL ? GT_OK : check_id(&at, feature->id, &out->id_len);
    st = st == GT_OK ? check_values(&at, commit, &work->rec.standard, feature) : st;
    st = st == GT_OK ? check_geometry(&at, commit, work, feature, out) : st;
    st = st == GT_OK ? fill_area(ctx, commit, work, area, out) : st;
    if (st != GT_OK) {
        gt_fail_at(ctx, GT_PLACE(.layer = at.layer, .feature = at.feature));
    }
    return st;
}

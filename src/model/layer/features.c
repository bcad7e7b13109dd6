/* Features of a file for kernels: see features.h. */
#include "model/layer/features.h"

#include <string.h>

#include "model/messages.h"

static const char *text_of(const gt_model_call *call, const char *param)
{
    const gt_model_value *v = gt_model_with(call, param);
    return v == NULL || *v->text == '\0' ? NULL : v->text;
}

static gt_status find_field(gt_ctx *ctx, const gt_source_info *info, const char *path,
                            const char *name, size_t *out)
{
    for (size_t i = 0; i < info->n_fields; i++) {
        if (strcmp(info->fields[i].name, name) == 0) {
            *out = i;
            return GT_OK;
        }
    }
    gt_text names;
    gt_text_init(&names, ctx, 0);
    for (size_t i = 0; i < info->n_fields; i++) {
        gt_text_printf(&names, "%s%s", i == 0 ? "" : ", ", info->fields[i].name);
    }
    gt_status st = gt_fail(
        ctx, GT_E_NOT_FOUND, &GT_MSG_MODEL_NO_FIELD, GT_PLACE(.file = path, .layer = info->layer),
        GT_ARGS(GT_TEXT("field", name), GT_TEXT("fields", gt_text_cstr(&names))));
    gt_text_free(&names);
    return st;
}

static bool kind_fits(gt_geom_type type, gt_features_kind kind)
{
    bool point = type == GT_POINT || type == GT_MULTIPOINT;
    bool line = type == GT_LINESTRING || type == GT_MULTILINESTRING;
    bool area = type == GT_POLYGON || type == GT_MULTIPOLYGON;
    return point || (line && kind != GT_FEATURES_POINTS) || (area && kind == GT_FEATURES_ALL);
}

static gt_status check_feature(gt_ctx *ctx, const gt_source_feature *f, const char *path,
                               gt_features_kind kind)
{
    static const char *const wanted[] = {"points", "points or lines", "points, lines or areas"};
    static const char *const wanted_zh[] = {"点", "点或线", "点、线或面"};
    if (f->geom_fault == NULL && (f->geom == NULL || kind_fits(f->geom->type, kind))) {
        return GT_OK;
    }
    const char *what = f->geom_fault != NULL ? f->geom_fault : gt_geom_type_name(f->geom->type);
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_GEOMETRY, GT_PLACE(.file = path, .row = f->row),
                   GT_ARGS(GT_TEXT("what", what), GT_TEXT("wanted", wanted[kind]),
                           GT_TEXT("wanted_zh", wanted_zh[kind])));
}

gt_status gt_features_each(gt_ctx *ctx, const gt_model_call *call, const char *input,
                           const char *field_param, const gt_crs *crs, gt_features_kind kind,
                           gt_feature_fn fn, void *user)
{
    const char *path = gt_model_in(call, input);
    const char *name = field_param == NULL ? NULL : text_of(call, field_param);
    gt_source_options o;
    gt_source *source = NULL;
    size_t field = 0;
    gt_source_options_init(&o);
    o.layer = text_of(call, "layer");
    o.target_crs = crs == NULL ? NULL : gt_crs_wkt(crs);
    gt_status st = gt_source_open(ctx, path, &o, &source);
    if (st == GT_OK && name != NULL) {
        st = find_field(ctx, gt_source_info_of(source), path, name, &field);
    }
    for (bool more = true; st == GT_OK && more;) {
        gt_source_feature f;
        st = gt_source_next(ctx, source, &f, &more);
        if (st != GT_OK || !more) {
            break;
        }
        st = check_feature(ctx, &f, path, kind);
        if (st == GT_OK && f.geom != NULL) {
            st = fn(ctx, user, &f, name == NULL ? NULL : &f.values[field]);
        }
    }
    gt_source_close(source);
    return st;
}

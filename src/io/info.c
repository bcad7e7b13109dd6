#include "io/info.h"

#include "io/batch.h"

void gt_read_ask_put(gt_wire *w, gt_task task, const gt_read_ask *a)
{
    gt_wire_u8(w, (uint8_t)task);
    gt_wire_text(w, a->path);
    gt_wire_text(w, a->layer);
    gt_wire_text(w, a->encoding);
    gt_wire_text(w, a->crs);
    gt_wire_text(w, a->target_crs);
    gt_wire_text(w, a->where);
    gt_wire_text(w, a->temp_dir);
    gt_wire_u8(w, (uint8_t)a->datum);
    gt_wire_u8(w, a->plain ? 1 : 0);
}

bool gt_read_ask_get(gt_wire_in *in, gt_read_ask *a)
{
    memset(a, 0, sizeof *a);
    a->path = gt_wire_get_text(in, NULL);
    a->layer = gt_wire_get_text(in, NULL);
    a->encoding = gt_wire_get_text(in, NULL);
    a->crs = gt_wire_get_text(in, NULL);
    a->target_crs = gt_wire_get_text(in, NULL);
    a->where = gt_wire_get_text(in, NULL);
    a->temp_dir = gt_wire_get_text(in, NULL);
    const uint8_t datum = gt_wire_get_u8(in);
    a->plain = gt_wire_get_u8(in) != 0;
    in->bad = in->bad || datum > GT_DATUM_BD09 || a->path == NULL || a->temp_dir == NULL;
    a->datum = in->bad ? GT_DATUM_AS_STATED : (gt_datum_shift)datum;
    return gt_wire_done(in);
}

/* ---- layer header ---------------------------------------------------------------------------- */

void gt_info_put(gt_wire *w, const gt_source_info *info)
{
    gt_wire_text(w, info->driver);
    gt_wire_text(w, info->layer);
    gt_wire_text(w, info->crs_name);
    gt_wire_text(w, info->crs_wkt);
    gt_wire_text(w, info->encoding_used);
    gt_wire_i32(w, info->crs_epsg);
    gt_wire_i64(w, info->n_features);
    gt_wire_u8(w, (uint8_t)info->geom_type);
    gt_wire_u8(w, info->has_geometry ? 1 : 0);
    gt_wire_u8(w, info->encoding_assumed ? 1 : 0);
    gt_wire_u8(w, info->crs_assumed ? 1 : 0);
    gt_wire_u32(w, (uint32_t)info->n_fields);
    for (size_t i = 0; i < info->n_fields; i++) {
        gt_wire_text(w, info->fields[i].name);
        gt_wire_u8(w, (uint8_t)info->fields[i].type);
        gt_wire_i32(w, info->fields[i].width);
    }
}

/* Copy in the arena. A text that must be there and is not makes the input bad. */
static const char *keep_text(gt_arena *arena, gt_wire_in *in, bool needed, gt_status *st)
{
    size_t len = 0;
    const char *text = gt_wire_get_text(in, &len);
    if (text == NULL || *st != GT_OK) {
        in->bad = in->bad || needed;
        return NULL;
    }
    const char *copy = gt_arena_strndup(arena, text, len);
    *st = copy == NULL ? GT_E_MEMORY : GT_OK;
    return copy;
}

static bool get_flag(gt_wire_in *in)
{
    const uint8_t v = gt_wire_get_u8(in);
    in->bad = in->bad || v > 1;
    return v == 1;
}

static gt_geom_type get_geom_type(gt_wire_in *in)
{
    const uint8_t v = gt_wire_get_u8(in);
    in->bad = in->bad || v > GT_MULTIPOLYGON;
    return in->bad ? GT_GEOM_NONE : (gt_geom_type)v;
}

gt_status gt_info_get(gt_ctx *ctx, gt_arena *arena, gt_wire_in *in, gt_source_info *out)
{
    gt_status st = GT_OK;
    memset(out, 0, sizeof *out);
    out->driver = keep_text(arena, in, true, &st);
    out->layer = keep_text(arena, in, true, &st);
    out->crs_name = keep_text(arena, in, false, &st);
    out->crs_wkt = keep_text(arena, in, false, &st);
    out->encoding_used = keep_text(arena, in, true, &st);
    out->crs_epsg = gt_wire_get_i32(in);
    out->n_features = gt_wire_get_i64(in);
    out->geom_type = get_geom_type(in);
    out->has_geometry = get_flag(in);
    out->encoding_assumed = get_flag(in);
    out->crs_assumed = get_flag(in);
    const uint32_t n = gt_wire_get_count(in, 10); /* empty name, type, width */
    gt_source_field *fields = gt_arena_zalloc(arena, n, sizeof *fields);
    if (fields == NULL) {
        return GT_E_MEMORY;
    }
    for (uint32_t i = 0; i < n && st == GT_OK && !in->bad; i++) {
        fields[i].name = keep_text(arena, in, true, &st);
        const uint8_t type = gt_wire_get_u8(in);
        fields[i].width = gt_wire_get_i32(in);
        in->bad = in->bad || type < GT_FIELD_TEXT || type > GT_FIELD_DATE || fields[i].width < 0;
        fields[i].type = in->bad ? GT_FIELD_TEXT : (gt_field_type)type;
    }
    out->fields = fields;
    out->n_fields = n;
    if (st == GT_OK && (!gt_wire_done(in) || out->n_features < -1)) {
        st = gt_io_nonsense(ctx, "layer header");
    }
    return st;
}

/* ---- list of layers -------------------------------------------------------------------------- */

void gt_layers_put(gt_wire *w, const gt_source_layers *list)
{
    gt_wire_text(w, list->driver);
    gt_wire_u32(w, (uint32_t)list->n_layers);
    for (size_t i = 0; i < list->n_layers; i++) {
        const gt_source_layer *l = &list->layers[i];
        gt_wire_text(w, l->name);
        gt_wire_text(w, l->crs_name);
        gt_wire_u8(w, (uint8_t)l->geom_type);
        gt_wire_u8(w, l->has_geometry ? 1 : 0);
        gt_wire_i64(w, l->n_features);
        gt_wire_u32(w, (uint32_t)l->n_fields);
    }
}

gt_status gt_layers_get(gt_ctx *ctx, gt_arena *arena, gt_wire_in *in, gt_source_layers *out)
{
    gt_status st = GT_OK;
    memset(out, 0, sizeof *out);
    out->driver = keep_text(arena, in, true, &st);
    const uint32_t n = gt_wire_get_count(in, 23);
    gt_source_layer *layers = gt_arena_zalloc(arena, n, sizeof *layers);
    if (layers == NULL) {
        return GT_E_MEMORY;
    }
    for (uint32_t i = 0; i < n && st == GT_OK && !in->bad; i++) {
        layers[i].name = keep_text(arena, in, true, &st);
        layers[i].crs_name = keep_text(arena, in, false, &st);
        layers[i].geom_type = get_geom_type(in);
        layers[i].has_geometry = get_flag(in);
        layers[i].n_features = gt_wire_get_i64(in);
        layers[i].n_fields = gt_wire_get_u32(in);
    }
    out->layers = layers;
    out->n_layers = n;
    if (st == GT_OK && !gt_wire_done(in)) {
        st = gt_io_nonsense(ctx, "list of layers");
    }
    return st;
}

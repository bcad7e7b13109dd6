#include "io/sink_wire.h"

void gt_write_ask_put(gt_wire *w, const gt_write_ask *a)
{
    gt_wire_text(w, a->path);
    gt_wire_text(w, a->staging_dir);
    gt_wire_text(w, a->driver);
    gt_wire_text(w, a->layer);
    gt_wire_text(w, a->crs);
    gt_wire_text(w, a->out_crs);
    gt_wire_text(w, a->encoding);
    gt_wire_text(w, a->temp_dir);
    gt_wire_text(w, a->id_name);
    gt_wire_u8(w, (uint8_t)a->geom_type);
    gt_wire_u8(w, a->with_id ? 1 : 0);
    gt_wire_u8(w, a->with_dates ? 1 : 0);
    gt_wire_u32(w, (uint32_t)a->n_fields);
    for (size_t i = 0; i < a->n_fields; i++) {
        gt_wire_text(w, a->fields[i].name);
        gt_wire_u8(w, (uint8_t)a->fields[i].type);
        gt_wire_i32(w, a->fields[i].max_length);
    }
}

bool gt_write_ask_get(gt_wire_in *in, gt_arena *arena, gt_write_ask *a)
{
    memset(a, 0, sizeof *a);
    a->path = gt_wire_get_text(in, NULL);
    a->staging_dir = gt_wire_get_text(in, NULL);
    a->driver = gt_wire_get_text(in, NULL);
    a->layer = gt_wire_get_text(in, NULL);
    a->crs = gt_wire_get_text(in, NULL);
    a->out_crs = gt_wire_get_text(in, NULL);
    a->encoding = gt_wire_get_text(in, NULL);
    a->temp_dir = gt_wire_get_text(in, NULL);
    a->id_name = gt_wire_get_text(in, NULL);
    const uint8_t type = gt_wire_get_u8(in);
    a->with_id = gt_wire_get_u8(in) != 0;
    a->with_dates = gt_wire_get_u8(in) != 0;
    a->n_fields = gt_wire_get_count(in, 10);
    gt_write_field *fields = gt_arena_zalloc(arena, a->n_fields, sizeof *fields);
    in->bad = in->bad || fields == NULL || type > GT_MULTIPOLYGON || a->path == NULL ||
              a->staging_dir == NULL || a->driver == NULL || a->layer == NULL ||
              a->id_name == NULL || a->temp_dir == NULL;
    for (size_t i = 0; i < a->n_fields && !in->bad; i++) {
        fields[i].name = gt_wire_get_text(in, NULL);
        const uint8_t kind = gt_wire_get_u8(in);
        fields[i].max_length = gt_wire_get_i32(in);
        in->bad = in->bad || fields[i].name == NULL || kind < GT_FIELD_TEXT || kind > GT_FIELD_DATE;
        fields[i].type = in->bad ? GT_FIELD_TEXT : (gt_field_type)kind;
    }
    a->fields = fields;
    a->geom_type = in->bad ? GT_GEOM_NONE : (gt_geom_type)type;
    return gt_wire_done(in);
}

void gt_value_put(gt_wire *w, const gt_value *v)
{
    gt_wire_u8(w, (uint8_t)v->kind);
    switch (v->kind) {
    case GT_NULL:
        break;
    case GT_VAL_TEXT:
        gt_wire_text_n(w, v->text, v->len);
        break;
    case GT_VAL_INT:
        gt_wire_i64(w, v->integer);
        break;
    case GT_VAL_REAL:
        gt_wire_f64(w, v->real);
        break;
    }
}

bool gt_value_get(gt_wire_in *in, gt_value *v)
{
    memset(v, 0, sizeof *v);
    const uint8_t kind = gt_wire_get_u8(in);
    if (kind > GT_VAL_REAL) {
        in->bad = true;
        return false;
    }
    v->kind = (gt_value_kind)kind;
    switch (v->kind) {
    case GT_NULL:
        break;
    case GT_VAL_TEXT:
        v->text = gt_wire_get_text(in, &v->len);
        in->bad = in->bad || v->text == NULL;
        break;
    case GT_VAL_INT:
        v->integer = gt_wire_get_i64(in);
        break;
    case GT_VAL_REAL:
        v->real = gt_wire_get_f64(in);
        break;
    }
    return !in->bad;
}

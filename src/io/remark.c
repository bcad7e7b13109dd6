#include "io/remark.h"

#include "io/messages.h"

static void put_arg(gt_wire *w, const gt_arg *arg)
{
    gt_wire_text(w, arg->name);
    gt_wire_u8(w, (uint8_t)arg->kind);
    switch (arg->kind) {
    case GT_ARG_TEXT:
        gt_wire_text(w, arg->text == NULL ? "" : arg->text);
        break;
    case GT_ARG_INT:
        gt_wire_i64(w, arg->integer);
        break;
    case GT_ARG_REAL:
        gt_wire_f64(w, arg->real);
        break;
    case GT_ARG_END:
        break;
    }
}

void gt_remark_put(gt_wire *w, gt_status status, const gt_message *message, const gt_place *place,
                   const gt_arg *args)
{
    const gt_place nowhere = {0};
    const gt_place *p = place == NULL ? &nowhere : place;
    gt_wire_i32(w, status);
    gt_wire_text(w, message->id);
    uint8_t n = 0;
    while (args != NULL && n < GT_RECORD_ARGS && args[n].name != NULL) {
        n++;
    }
    gt_wire_u8(w, n);
    for (uint8_t i = 0; i < n; i++) {
        put_arg(w, &args[i]);
    }
    gt_wire_text(w, p->layer);
    gt_wire_text(w, p->feature);
    gt_wire_text(w, p->field);
    gt_wire_i64(w, p->row);
    gt_wire_u8(w, p->has_xy ? 1 : 0);
    gt_wire_f64(w, p->x);
    gt_wire_f64(w, p->y);
}

void gt_remark_put_error(gt_wire *w, gt_ctx *ctx)
{
    gt_remark_put(w, gt_error_status(ctx), gt_error_message(ctx), gt_error_place(ctx),
                  gt_error_args(ctx));
    gt_error_clear(ctx);
}

static void get_arg(gt_wire_in *in, gt_arg *out)
{
    memset(out, 0, sizeof *out);
    out->name = gt_wire_get_text(in, NULL);
    out->kind = (gt_arg_kind)gt_wire_get_u8(in);
    switch (out->kind) {
    case GT_ARG_TEXT:
        out->text = gt_wire_get_text(in, NULL);
        in->bad = in->bad || out->text == NULL;
        break;
    case GT_ARG_INT:
        out->integer = gt_wire_get_i64(in);
        break;
    case GT_ARG_REAL:
        out->real = gt_wire_get_f64(in);
        break;
    case GT_ARG_END:
        in->bad = true;
        break;
    }
    in->bad = in->bad || out->name == NULL || out->kind > GT_ARG_REAL;
}

bool gt_remark_get(gt_wire_in *in, gt_remark *out)
{
    memset(out, 0, sizeof *out);
    out->status = (gt_status)gt_wire_get_i32(in);
    const char *id = gt_wire_get_text(in, NULL);
    out->message = id == NULL ? NULL : gt_io_message_find(id);
    const uint8_t n = gt_wire_get_u8(in);
    if (n > GT_RECORD_ARGS || out->message == NULL || out->status >= GT_OK ||
        out->status < GT_E_INTERNAL) {
        in->bad = true;
    }
    for (uint8_t i = 0; i < n && !in->bad; i++) {
        get_arg(in, &out->args[i]);
    }
    out->place.layer = gt_wire_get_text(in, NULL);
    out->place.feature = gt_wire_get_text(in, NULL);
    out->place.field = gt_wire_get_text(in, NULL);
    out->place.row = gt_wire_get_i64(in);
    const uint8_t has_xy = gt_wire_get_u8(in);
    out->place.has_xy = has_xy == 1;
    out->place.x = gt_wire_get_f64(in);
    out->place.y = gt_wire_get_f64(in);
    in->bad = in->bad || has_xy > 1;
    return !in->bad;
}

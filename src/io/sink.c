/* The parent's side of writing: features collected into frames, a child that writes them into a
 * staging folder, and the move into place. */
#include <string.h>
#include <strings.h>

#include "guotu/source.h"
#include "io/batch.h"
#include "io/info.h"
#include "io/messages.h"
#include "io/process.h"
#include "io/sink_wire.h"
#include "io/staging.h"

enum { FRAME_BYTES = 256 * 1024, FRAME_FEATURES = 1000 };

struct gt_sink {
    gt_ctx *ctx;
    gt_process *process;
    gt_staging *staging;
    char *path, *layer;
    gt_notes *notes; /* borrowed */
    gt_wire wire;
    char **fields; /* names, for places of errors */
    size_t n_fields;
    uint32_t n_in_frame;
    bool failed;
};

void gt_sink_options_init(gt_sink_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

/* ---- format ---------------------------------------------------------------------------------- */

static const char *driver_of(const char *path)
{
    static const char *const table[][2] = {
        {"gpkg", "GPKG"},
        {"shp", "ESRI Shapefile"},
        {"geojson", "GeoJSON"},
        {"json", "GeoJSON"},
        {"geojsonl", "GeoJSONSeq"},
        {"ndjson", "GeoJSONSeq"},
        {"fgb", "FlatGeobuf"},
        {"csv", "CSV"},
        {"xlsx", "XLSX"},
        {"ods", "ODS"},
        {"gml", "GML"},
        {"kml", "LIBKML"},
        {"kmz", "LIBKML"},
        {"dxf", "DXF"},
        {"gdb", "OpenFileGDB"},
        {"sqlite", "SQLite"},
        {"tab", "MapInfo File"},
        {"mif", "MapInfo File"},
        {"gpx", "GPX"},
    };
    const char *dot = strrchr(path, '.');
    if (dot == NULL || strchr(dot, '/') != NULL) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcasecmp(dot + 1, table[i][0]) == 0) {
            return table[i][1];
        }
    }
    return NULL;
}

/* Formats that are WGS 84 by their definition. */
static bool is_wgs84_only(const char *driver)
{
    static const char *const names[] = {"GeoJSON", "GeoJSONSeq", "LIBKML", "KML", "GPX"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcasecmp(driver, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- open ------------------------------------------------------------------------------------ */

static gt_status copy_field_names(gt_sink *k, const gt_standard *standard)
{
    k->fields = gt_zalloc(k->ctx, standard->n_fields, sizeof *k->fields);
    if (k->fields == NULL) {
        return GT_E_MEMORY;
    }
    k->n_fields = standard->n_fields;
    for (size_t i = 0; i < k->n_fields; i++) {
        k->fields[i] = gt_strdup(k->ctx, standard->fields[i].name);
        if (k->fields[i] == NULL) {
            return GT_E_MEMORY;
        }
    }
    return GT_OK;
}

static bool has_field(const gt_standard *standard, const char *name)
{
    for (size_t i = 0; i < standard->n_fields; i++) {
        if (strcasecmp(standard->fields[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static gt_status send_ask(gt_ctx *ctx, gt_sink *k, const gt_standard *standard, const char *crs,
                          const gt_sink_options *o, const char *driver)
{
    gt_write_field *fields = gt_zalloc(ctx, standard->n_fields, sizeof *fields);
    if (fields == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < standard->n_fields; i++) {
        const gt_field *f = &standard->fields[i];
        fields[i] = (gt_write_field){f->name, f->type, f->max_length};
    }
    const gt_write_ask a = {.path = gt_staging_path(k->staging),
                            .staging_dir = gt_staging_dir(k->staging),
                            .driver = driver,
                            .layer = k->layer,
                            .crs = crs,
                            .out_crs = o->out_crs != NULL || !is_wgs84_only(driver) ? o->out_crs
                                                                                    : "EPSG:4326",
                            .encoding = o->encoding,
                            .temp_dir = gt_process_temp_dir(k->process),
                            .geom_type = standard->geom_type,
                            .with_id = standard->id_field == NULL,
                            .with_dates = o->with_dates,
                            .id_name = has_field(standard, "id") ? "feature_id" : "id",
                            .fields = fields,
                            .n_fields = standard->n_fields};
    gt_wire_u8(&k->wire, GT_TASK_WRITE);
    gt_write_ask_put(&k->wire, &a);
    gt_status st = gt_process_send(ctx, k->process, GT_FRAME_ASK, &k->wire);
    gt_wire_clear(&k->wire);
    gt_free(ctx, fields);
    return st;
}

static gt_status start(gt_ctx *ctx, gt_sink *k, const char *path, const gt_standard *standard,
                       const char *crs, const gt_sink_options *o, const char *driver)
{
    const gt_process_limits limits = {.memory = o->memory_limit,
                                      .cpu_s = o->time_limit_s > 0 ? o->time_limit_s : 86400,
                                      .file_size = UINT64_MAX,
                                      .writes = true};
    k->path = gt_strdup(ctx, path);
    k->layer = gt_strdup(ctx, o->layer != NULL ? o->layer : standard->id);
    gt_status st = k->path == NULL || k->layer == NULL ? GT_E_MEMORY : GT_OK;
    if (st == GT_OK) {
        st = copy_field_names(k, standard);
    }
    if (st == GT_OK) {
        st = gt_staging_new(ctx, path, o->overwrite, &k->staging);
    }
    if (st == GT_OK) {
        st = gt_process_start(ctx, path, &limits, &k->process);
    }
    return st == GT_OK ? send_ask(ctx, k, standard, crs, o, driver) : st;
}

gt_status gt_sink_open_with(gt_ctx *ctx, const char *path, const gt_standard *standard,
                            const char *crs, const gt_sink_options *options, gt_sink **out)
{
    gt_sink_options o;
    gt_sink_options_init(&o);
    if (options != NULL) {
        memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    }
    const char *driver = o.driver != NULL ? o.driver : driver_of(path);
    if (driver == NULL) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_IO_NO_DRIVER, GT_PLACE(.file = path),
                       GT_ARGS(GT_TEXT("name", path)));
    }
    gt_sink *k = gt_zalloc(ctx, 1, sizeof *k);
    if (k == NULL) {
        return GT_E_MEMORY;
    }
    k->ctx = ctx;
    k->notes = o.notes;
    gt_wire_init(&k->wire, ctx);
    gt_status st = start(ctx, k, path, standard, crs, &o, driver);
    if (st != GT_OK) {
        gt_fail_at(ctx, GT_PLACE(.file = path));
        gt_sink_abort(k);
        return st;
    }
    *out = k;
    return GT_OK;
}

gt_status gt_sink_open(gt_ctx *ctx, const char *path, const char *driver, const char *layer,
                       const gt_standard *standard, const char *crs, const char *out_crs,
                       gt_sink **out)
{
    gt_sink_options o;
    gt_sink_options_init(&o);
    o.driver = driver;
    o.layer = layer;
    o.out_crs = out_crs;
    return gt_sink_open_with(ctx, path, standard, crs, &o, out);
}

/* ---- features -------------------------------------------------------------------------------- */

static gt_status failed(gt_ctx *ctx, gt_sink *k, gt_status st)
{
    k->failed = true;
    gt_fail_at(ctx, GT_PLACE(.file = k->path, .layer = k->layer));
    return st;
}

static gt_status flush(gt_ctx *ctx, gt_sink *k)
{
    if (k->n_in_frame == 0) {
        return GT_OK;
    }
    gt_wire_put_u32(&k->wire, 0, k->n_in_frame);
    gt_status st = gt_process_send(ctx, k->process, GT_FRAME_FEATURES, &k->wire);
    gt_wire_clear(&k->wire);
    k->n_in_frame = 0;
    return st;
}

static gt_status check_text(gt_ctx *ctx, const gt_sink *k, const gt_feature *f, size_t i)
{
    const gt_value *v = &f->values[i];
    size_t bad = 0;
    if (v->kind != GT_VAL_TEXT ||
        (gt_utf8_valid(v->text, v->len, &bad) && memchr(v->text, 0, v->len) == NULL)) {
        return GT_OK;
    }
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_IO_TEXT,
                   GT_PLACE(.feature = f->id, .field = k->fields[i]),
                   GT_ARGS(GT_TEXT("encoding", "UTF-8"), GT_INT("byte", bad + 1)));
}

gt_status gt_sink_put(gt_ctx *ctx, gt_sink *k, const gt_feature *f)
{
    gt_wire *w = &k->wire;
    gt_status st = GT_OK;
    if (k->failed || f->n_values != k->n_fields) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_IO_PROTOCOL, GT_PLACE(.file = k->path),
                       GT_ARGS(GT_TEXT("what", k->failed ? "put after failure" : "value count")));
    }
    for (size_t i = 0; i < k->n_fields && st == GT_OK; i++) {
        st = check_text(ctx, k, f, i);
    }
    if (st != GT_OK) {
        return failed(ctx, k, st);
    }
    if (k->n_in_frame++ == 0) {
        gt_wire_u32(w, 0);
    }
    gt_wire_text(w, f->id);
    gt_wire_i32(w, f->valid_from);
    gt_wire_i32(w, f->valid_to);
    gt_wire_u32(w, f->blob == NULL ? GT_WIRE_NULL : (uint32_t)f->blob_len);
    gt_wire_bytes(w, f->blob, f->blob == NULL ? 0 : f->blob_len);
    for (size_t i = 0; i < k->n_fields; i++) {
        gt_value_put(w, &f->values[i]);
    }
    st = gt_wire_status(w);
    if (st == GT_OK && (w->len >= FRAME_BYTES || k->n_in_frame >= FRAME_FEATURES)) {
        st = flush(ctx, k);
    }
    return st == GT_OK ? GT_OK : failed(ctx, k, st);
}

/* ---- end ------------------------------------------------------------------------------------- */

static gt_status take_done(gt_ctx *ctx, gt_sink *k, gt_frame type, const uint8_t *payload,
                           size_t len)
{
    gt_wire_in in = {.data = payload, .len = len};
    gt_status st = GT_OK;
    (void)gt_wire_get_i64(&in);
    const uint32_t n = gt_wire_get_u32(&in);
    if (type != GT_FRAME_DONE || in.bad || n > GT_SINK_REMARKS) {
        return gt_io_nonsense(ctx, "end of writing");
    }
    for (uint32_t i = 0; i < n && st == GT_OK; i++) {
        gt_remark r;
        if (!gt_remark_get(&in, &r)) {
            return gt_io_nonsense(ctx, "remark");
        }
        r.place.file = k->path;
        if (k->notes != NULL) {
            st = gt_notes_add(k->notes, GT_WARNING, r.message, &r.place, r.args);
        }
    }
    return st;
}

gt_status gt_sink_close(gt_ctx *ctx, gt_sink *k)
{
    gt_frame type = GT_FRAME_ERROR;
    uint8_t *payload = NULL;
    size_t len = 0;
    gt_status st = k->failed ? gt_fail(ctx, GT_E_USAGE, &GT_MSG_IO_PROTOCOL, GT_NOWHERE,
                                       GT_ARGS(GT_TEXT("what", "close after failure")))
                             : flush(ctx, k);
    if (st == GT_OK) {
        st = gt_process_send(ctx, k->process, GT_FRAME_FINISH, NULL);
    }
    if (st == GT_OK) {
        st = gt_process_receive(ctx, k->process, &type, &payload, &len);
    }
    if (st == GT_OK) {
        st = take_done(ctx, k, type, payload, len);
    }
    if (st == GT_OK) {
        st = gt_staging_commit(ctx, k->staging);
    }
    if (st != GT_OK) {
        gt_fail_at(ctx, GT_PLACE(.file = k->path, .layer = k->layer));
    }
    gt_sink_abort(k);
    return st;
}

void gt_sink_abort(gt_sink *k)
{
    if (k == NULL) {
        return;
    }
    gt_ctx *ctx = k->ctx;
    gt_process_stop(k->process); /* first: it writes into the staging folder */
    gt_staging_free(k->staging);
    for (size_t i = 0; i < k->n_fields; i++) {
        gt_free(ctx, k->fields[i]);
    }
    gt_free(ctx, k->fields);
    gt_wire_free(&k->wire);
    gt_free(ctx, k->path);
    gt_free(ctx, k->layer);
    gt_free(ctx, k);
}

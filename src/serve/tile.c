/* OGC API Tiles: vector tiles of a layer in WebMercatorQuad, made from the present map. */
#include <math.h>
#include <string.h>

#include "serve/box.h"
#include "serve/desk.h"
#include "serve/messages.h"
#include "serve/mvt.h"

enum { ZOOM_MAX = 22 };
/* Half the side of the Web Mercator square, m: pi times the WGS 84 equatorial radius 6378137. */
static const double HALF = 20037508.342789244;

typedef struct place {
    int z;
    long row, col;
    gt_box box;  /* EPSG:3857 */
    double unit; /* m of a tile unit */
} place;

static bool read_number(const char *text, long most, long *out)
{
    long n = 0;
    if (*text == '\0' || strlen(text) > 8) {
        return false;
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < '0' || *c > '9') {
            return false;
        }
        n = n * 10 + (*c - '0');
    }
    *out = n;
    return n <= most;
}

static gt_status read_place(gt_desk *desk, const gt_request *request, place *out)
{
    long z = 0, row = 0, col = 0;
    bool good = strcmp(request->part[3], "WebMercatorQuad") == 0 &&
                read_number(request->part[4], ZOOM_MAX, &z) &&
                read_number(request->part[5], (1L << z) - 1, &row) &&
                read_number(request->part[6], (1L << z) - 1, &col);
    if (!good) {
        return gt_fail(desk->ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_TILE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("z", request->part[4]), GT_TEXT("y", request->part[5]),
                               GT_TEXT("x", request->part[6])));
    }
    double side = 2 * HALF / (double)(1L << z);
    out->z = (int)z;
    out->row = row;
    out->col = col;
    out->unit = side / GT_MVT_EXTENT;
    out->box = (gt_box){-HALF + side * (double)col, HALF - side * (double)(row + 1),
                        -HALF + side * (double)(col + 1), HALF - side * (double)row};
    return GT_OK;
}

static gt_status to_tile(gt_desk *desk, const place *at, const gt_feature *f, gt_geom *geom)
{
    gt_transform *transform = NULL;
    gt_status st = gt_geom_from_gpkg(desk->ctx, f->blob, f->blob_len, NULL, geom);
    st = st == GT_OK ? gt_desk_out(desk, GT_EPSG_3857, &transform) : st;
    st = st == GT_OK ? gt_transform_points(desk->ctx, transform, geom->xy, geom->n_points) : st;
    for (size_t i = 0; st == GT_OK && i < geom->n_points; i++) {
        geom->xy[2 * i] = (geom->xy[2 * i] - at->box.xmin) / at->unit;
        geom->xy[2 * i + 1] = (at->box.ymax - geom->xy[2 * i + 1]) / at->unit;
    }
    return st;
}

static const char *class_text(const gt_standard *s, const gt_feature *f)
{
    int field = s->class_field == NULL ? -1 : gt_standard_field(s, s->class_field);
    bool text = field >= 0 && f->values[field].kind == GT_VAL_TEXT;
    return text ? f->values[field].text : "";
}

static gt_status put_features(gt_desk *desk, const place *at, const gt_standard *s, gt_mvt *mvt)
{
    gt_scan *scan = NULL;
    gt_feature f;
    gt_query query;
    gt_geom geom;
    bool more = true;
    double margin = at->unit * GT_MVT_BUFFER;
    gt_box wide = {fmax(at->box.xmin - margin, -HALF), fmax(at->box.ymin - margin, -HALF),
                   fmin(at->box.xmax + margin, HALF), fmin(at->box.ymax + margin, HALF)};
    gt_geom_init(&geom);
    gt_query_init(&query, s->id);
    query.has_box = true;
    gt_status st = gt_tile_box(desk, wide, &query.box);
    st = st == GT_OK ? gt_scan_open(desk->ctx, desk->store, &query, &scan) : st;
    while (st == GT_OK) {
        st = gt_scan_next(desk->ctx, scan, &f, &more);
        if (st != GT_OK || !more) {
            break;
        }
        st = gt_desk_time(desk);
        st = st == GT_OK ? to_tile(desk, at, &f, &geom) : st;
        st = st == GT_OK ? gt_mvt_add(mvt, f.id, class_text(s, &f), &geom) : st;
    }
    gt_scan_close(scan);
    gt_geom_free(desk->ctx, &geom);
    return st;
}

gt_status gt_get_tile(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_layer_info info;
    const gt_standard *standard = NULL;
    place at = {0};
    gt_mvt mvt;
    gt_mvt_open(desk->ctx, desk->arena, &mvt);
    gt_status st = gt_desk_layer(desk, request->part[1], &info, &standard);
    st = st == GT_OK ? read_place(desk, request, &at) : st;
    if (st == GT_OK && !gt_desk_unchanged(desk, request, info.revision, reply)) {
        const char *key = info.standard->class_field;
        reply->type = "application/vnd.mapbox-vector-tile";
        st = put_features(desk, &at, info.standard, &mvt);
        st = st == GT_OK
                 ? gt_mvt_finish(&mvt, info.standard->id, key == NULL ? "class" : key, &reply->body)
                 : st;
    }
    gt_mvt_close(&mvt);
    return st;
}

gt_status gt_get_tilesets(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_layer_info info;
    const gt_standard *standard = NULL;
    gt_text *o = &reply->body;
    gt_text path;
    gt_text_init(&path, desk->ctx, 4096);
    gt_status st = gt_desk_layer(desk, request->part[1], &info, &standard);
    if (st == GT_OK) {
        gt_text_puts(o, "{\"tilesets\":[{\"title\":");
        gt_text_json_string(o, gt_desk_title(desk, standard->title));
        gt_text_puts(o, ",\"dataType\":\"vector\",\"crs\":"
                        "\"http://www.opengis.net/def/crs/EPSG/0/3857\",\"tileMatrixSetURI\":"
                        "\"http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad\","
                        "\"links\":[");
        gt_text_printf(&path,
                       "/collections/%s/tiles/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}",
                       standard->id);
        gt_put_link(o, request, gt_text_cstr(&path), "item", "application/vnd.mapbox-vector-tile");
        gt_text_puts(o, "]}],\n\"links\":[");
        gt_text_clear(&path);
        gt_text_printf(&path, "/collections/%s/tiles", standard->id);
        gt_put_link(o, request, gt_text_cstr(&path), "self", "application/json");
        gt_text_puts(o, "]}\n");
    }
    gt_text_free(&path);
    return st;
}
